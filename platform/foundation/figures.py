"""Numbers, shares, amounts and months in the reader's language, with Latin digits: for pages and for sentences."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal
from typing import Any

from babel import Locale
from babel.dates import format_skeleton
from babel.numbers import format_currency, format_decimal, format_percent
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from foundation.rounding import to_cents

NOTHING = "–"

_LEAST = 0.001
_BYTE_UNITS = (
    gettext_lazy("B"),
    gettext_lazy("kB"),
    gettext_lazy("MB"),
    gettext_lazy("GB"),
    gettext_lazy("TB"),
    gettext_lazy("PB"),
)
# From here on figures are written as powers of ten: a metric that diverges, or a column of 128-bit integers.
_MOST = 10**15
_ENGLISH, _ARABIC = Locale.parse("en_GB"), Locale.parse("ar_AE")


def locale() -> Locale:
    """Babel's locale of the page; United Arab Emirates Arabic, which writes Latin digits."""
    return _ARABIC if (get_language() or "en").startswith("ar") else _ENGLISH


def _signed(said: str) -> str:
    """Among words from right to left a minus would be put behind its digits: a mark before it keeps both together."""
    return f"\u200e{said}" if said.startswith("-") and locale() is _ARABIC else said


def figure(value: Any) -> Any:
    """The value where it is a finite number, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    # An integer is finite however long it is; asked as a float it might not be one.
    return value if isinstance(value, int) or math.isfinite(value) else None


def power(value: Any) -> str:
    """A finite figure with its power of ten: 1e30 → 1.00e+30."""
    return _signed(f"{Decimal(value) if isinstance(value, int) else value:.2e}")


def is_huge(value: Any) -> bool:
    """Whether a finite figure has more digits than anybody reads, or than can be written out."""
    return bool(abs(value) >= _MOST)


def whole(text: str | None, *, digits: int = 9) -> int | None:
    """A whole number as somebody sent it: so many ASCII digits at most; None for anything else.

    `isdigit` also holds for signs of which Python makes no number, and of thousands of digits it makes none either.
    """
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= digits else None


def number(value: Any, digits: int = 3) -> str:
    """336776 → 336,776 and 0.73961 → 0.740: at most `digits` decimals, fewer for large figures."""
    found = figure(value)
    if found is None:
        return NOTHING
    if is_huge(found):
        return power(found)
    if isinstance(found, int):
        return _signed(format_decimal(found, locale=locale(), numbering_system="latn"))
    size = abs(found)
    if size and size < 10 ** -int(digits):
        return power(found)
    decimals = 0 if size >= 10_000 else min(1, int(digits)) if size >= 100 else int(digits)
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return _signed(format_decimal(found, format=pattern, locale=locale(), numbering_system="latn"))


def quantity(value: Any) -> str:
    """What was used: as `number`; what is too little to show is not said to be nothing: less than 0.001."""
    found = figure(value)
    if found is not None and 0 < found < _LEAST:
        return _("less than %(amount)s") % {"amount": number(_LEAST)}
    return number(value)


def percent(value: Any, digits: int = 1) -> str:
    """A share: 0.2571 → 25.7 %; what is too little to show is not said to be nothing: less than 0.1 %."""
    found = figure(value)
    if found is None:
        return NOTHING
    if is_huge(found):
        return f"{power(Decimal(found) * 100)}\u202f%"
    least = 10.0 ** -(int(digits) + 2)
    if 0 < found < least / 2:
        return _("less than %(amount)s") % {"amount": percent(least, digits)}
    pattern = "#,##0" + ("." + "0" * int(digits) if int(digits) else "") + "\u202f%"
    return _signed(format_percent(found, format=pattern, locale=locale(), numbering_system="latn"))


def size_in_words(value: Any) -> str:
    """Bytes in decimal units: 8421376 → 8.4 MB."""
    found = figure(value)
    if found is None:
        return NOTHING
    amount, unit = float(found), 0
    while abs(amount) >= 999.5 and unit < len(_BYTE_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    shown = f"{amount:.0f}" if unit == 0 or amount >= 99.95 else f"{amount:.1f}"
    return f"{shown}\u202f{_BYTE_UNITS[unit]}"


def money(value: Any, currency: str = "AED") -> str:
    """12.5 → AED 12.50; what is less than the smallest coin is not said to be nothing: less than AED 0.01."""
    found = figure(value)
    if found is None:
        return NOTHING
    if 0 < found < Decimal("0.01"):
        return _("less than %(amount)s") % {"amount": money(Decimal("0.01"), currency)}
    if is_huge(found):
        return f"{currency}\xa0{power(found)}"
    pattern = "¤¤\xa0#,##0.00;¤¤\xa0-#,##0.00"
    shown = to_cents(Decimal(str(found)))
    return format_currency(shown, currency, format=pattern, locale=locale(), numbering_system="latn")


def month(value: str) -> str:
    """2026-11 → November 2026: a month of bills, which are Gregorian for every reader."""
    return format_skeleton("yMMMM", date.fromisoformat(f"{value}-01"), locale=locale())


def short_digest(value: str | None) -> str:
    """The telling beginning of a digest, without the name of its algorithm."""
    return (value or "").rpartition(":")[2][:12]
