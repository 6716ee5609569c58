"""Numbers, sizes, times and names as a reader wants them, in the page's language and with Latin digits."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from babel import Locale
from babel.dates import format_datetime, format_skeleton, format_timedelta
from babel.numbers import format_compact_decimal, format_currency, format_decimal, format_percent
from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from foundation.clock import now, zone_of
from foundation.rounding import to_cents
from foundation.web.calendars import date_in_words

register = template.Library()
NOTHING = "–"
_BYTE_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


_ENGLISH, _ARABIC = Locale.parse("en_GB"), Locale.parse("ar_AE")


def locale() -> Locale:
    """Babel's locale of the page; United Arab Emirates Arabic, which writes Latin digits."""
    return _ARABIC if (get_language() or "en").startswith("ar") else _ENGLISH


def _figure(value: Any) -> Any:
    """The value where it is a finite number, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    return value if math.isfinite(value) else None


@register.filter
def number(value: Any, digits: int = 3) -> str:
    """336776 → 336,776 and 0.73961 → 0.740: at most `digits` decimals, fewer for large figures."""
    figure = _figure(value)
    if figure is None:
        return NOTHING
    if isinstance(figure, int):
        return format_decimal(figure, locale=locale(), numbering_system="latn")
    size = abs(figure)
    if size and size < 10 ** -int(digits):
        return f"{figure:.2e}"
    decimals = 0 if size >= 10_000 else min(1, int(digits)) if size >= 100 else int(digits)
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return format_decimal(figure, format=pattern, locale=locale(), numbering_system="latn")


@register.filter
def compact(value: Any) -> str:
    """336776 → 337K."""
    figure = _figure(value)
    if figure is None:
        return NOTHING
    return format_compact_decimal(figure, fraction_digits=1, locale=locale(), numbering_system="latn")


@register.filter
def percent(value: Any, digits: int = 1) -> str:
    """A share: 0.2571 → 25.7 %."""
    figure = _figure(value)
    if figure is None:
        return NOTHING
    pattern = "#,##0" + ("." + "0" * int(digits) if int(digits) else "") + "\u202f%"
    return format_percent(figure, format=pattern, locale=locale(), numbering_system="latn")


@register.filter
def filesize(value: Any) -> SafeString | str:
    """Bytes in decimal units: 8421376 → 8.4 MB."""
    figure = _figure(value)
    if figure is None:
        return NOTHING
    amount, unit = float(figure), 0
    while abs(amount) >= 999.5 and unit < len(_BYTE_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    shown = f"{amount:.0f}" if unit == 0 or amount >= 99.95 else f"{amount:.1f}"
    return format_html("<bdi>{}\u202f{}</bdi>", shown, _BYTE_UNITS[unit])


@register.filter
def money(value: Any, currency: str = "AED") -> str:
    """12.5 → AED 12.50; what is less than the smallest coin is not said to be nothing: less than AED 0.01."""
    figure = _figure(value)
    if figure is None:
        return NOTHING
    if 0 < figure < Decimal("0.01"):
        return _("less than %(amount)s") % {"amount": money(Decimal("0.01"), currency)}
    pattern = "¤¤\xa0#,##0.00;¤¤\xa0-#,##0.00"
    shown = to_cents(Decimal(str(figure)))
    return format_currency(shown, currency, format=pattern, locale=locale(), numbering_system="latn")


@register.filter
def price(value: Any) -> str:
    """An amount for one unit, with as many decimals as it has and two at least: 0.4 → 0.40 and 0.0125 → 0.0125."""
    figure = _figure(value)
    if figure is None:
        return NOTHING
    return format_decimal(figure, format="#,##0.00######", locale=locale(), numbering_system="latn")


@register.filter
def duration(value: Any) -> str:
    """Seconds or a timedelta: 0.0042 → 4.2 ms, 75 → 1 min 15 s, 7260 → 2 h 1 min."""
    seconds = value.total_seconds() if isinstance(value, timedelta) else _figure(value)
    if seconds is None:
        return NOTHING
    seconds = float(seconds)
    if seconds < 1:
        return _("%(n)s ms") % {"n": f"{seconds * 1000:.3g}"}
    if seconds < 60:
        return _("%(n)s s") % {"n": f"{seconds:.3g}"}
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return _("%(m)s min %(s)s s") % {"m": minutes, "s": rest} if rest else _("%(m)s min") % {"m": minutes}
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return _("%(h)s h %(m)s min") % {"h": hours, "m": minutes} if minutes else _("%(h)s h") % {"h": hours}
    return ngettext("%(d)s day", "%(d)s days", hours // 24) % {"d": hours // 24}


def exact(moment: datetime) -> str:
    """The moment in the reader's time zone with the zone's name, and in UTC; Gregorian whatever the page says."""
    here = timezone.localtime(moment)
    said = f"{format_datetime(here, 'd MMM y HH:mm:ss', locale=locale())} {zone_of(here)}"
    return f"{said} · {moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


@register.filter
def ago(moment: datetime | None) -> SafeString:
    """“12 minutes ago”, refreshed in the browser, with the exact time behind it."""
    if not moment:
        return format_html("{}", NOTHING)
    said = format_timedelta(moment - now(), add_direction=True, locale=locale())
    return format_html('<time datetime="{}" title="{}" data-ago>{}</time>', moment.isoformat(), exact(moment), said)


@register.filter
def moment(value: datetime | None) -> SafeString:
    """3 Nov 2026 16:00 GMT+4: the date and time in the reader's zone, with seconds and UTC behind it."""
    if not value:
        return format_html("{}", NOTHING)
    here = timezone.localtime(value)
    said = f"{date_in_words(here, locale=locale())} {here:%H:%M} {zone_of(here)}"
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), exact(value), said)


@register.filter
def month(value: str) -> str:
    """2026-11 → November 2026: a month of bills, which are Gregorian for every reader."""
    return format_skeleton("yMMMM", date.fromisoformat(f"{value}-01"), locale=locale())


@register.filter
def day(value: datetime | None) -> SafeString:
    """The short date: 3 Nov, with the year where it is not this one."""
    if not value:
        return format_html("{}", NOTHING)
    here = timezone.localtime(value)
    said = date_in_words(here, locale=locale(), year=here.year != timezone.localtime(now()).year)
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), exact(value), said)


@register.filter
def short_digest(value: str | None) -> str:
    """The telling beginning of a digest, without the name of its algorithm."""
    return (value or "").rpartition(":")[2][:12]


@register.filter
def head_of(name: Any, keep: int = 12) -> str:
    """All but the last letters of a long name; with tail_of it makes a middle ellipsis."""
    text = str(name)
    return text[:-keep] if len(text) > keep * 2 else text


@register.filter
def tail_of(name: Any, keep: int = 12) -> str:
    text = str(name)
    return text[-keep:] if len(text) > keep * 2 else ""


@register.filter
def initials(name: Any) -> str:
    words = str(name).replace("@", " ").split()
    return "".join(word[0] for word in words[:2]).upper()
