"""Numbers, sizes, times and names as a reader wants them, in the page's language and with Latin digits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from babel.dates import format_timedelta
from babel.numbers import format_compact_decimal, format_decimal
from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from foundation import figures
from foundation.clock import now, zone_of
from foundation.web.browsers import browser_in_words
from foundation.web.calendars import date_in_words

register = template.Library()
NOTHING, locale, figure_of = figures.NOTHING, figures.locale, figures.figure
money, month, number = figures.money, figures.month, figures.number
percent, quantity, short_digest = figures.percent, figures.quantity, figures.short_digest
for _filter in (money, month, number, percent, quantity, short_digest):
    register.filter(_filter)
register.filter("browser", browser_in_words)


@register.filter
def compact(value: Any) -> str:
    """336776 → 337K."""
    figure = figure_of(value)
    if figure is None:
        return NOTHING
    if figures.is_huge(figure):
        return figures.power(figure)
    return format_compact_decimal(figure, fraction_digits=1, locale=locale(), numbering_system="latn")


@register.filter
def filesize(value: Any) -> SafeString | str:
    """Bytes in decimal units: 8421376 → 8.4 MB."""
    if figure_of(value) is None:
        return NOTHING
    return format_html("<bdi>{}</bdi>", figures.size_in_words(value))


@register.filter
def memory(value: Any) -> SafeString | str:
    """Megabytes of memory as resource classes name them, 1,024 to a gigabyte: 6144 → 6 GB."""
    figure = figure_of(value)
    if figure is None:
        return NOTHING
    amount = f"{float(figure) / 1024:.2f}".rstrip("0").rstrip(".")
    return format_html("<bdi>{}\u202f{}</bdi>", amount, _("GB"))


@register.filter
def price(value: Any) -> str:
    """An amount for one unit, with as many decimals as it has and two at least: 0.4 → 0.40 and 0.0125 → 0.0125."""
    figure = figure_of(value)
    if figure is None:
        return NOTHING
    if figures.is_huge(figure):
        return figures.power(figure)
    return format_decimal(figure, format="#,##0.00######", locale=locale(), numbering_system="latn")


@register.filter
def duration(value: Any) -> str:
    """Seconds or a timedelta: 0.0042 → 4.2 ms, 75 → 1 min 15 s, 7260 → 2 h 1 min."""
    seconds = value.total_seconds() if isinstance(value, timedelta) else figure_of(value)
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
    # Babel reads its pattern anew each time, and a list asks for hundreds.
    month_in_words = locale().months["format"]["abbreviated"][here.month]
    said = f"{here.day} {month_in_words} {here.year} {here:%H:%M:%S} {zone_of(here)}"
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
def day(value: datetime | None) -> SafeString:
    """The short date: 3 Nov, with the year where it is not this one."""
    if not value:
        return format_html("{}", NOTHING)
    here = timezone.localtime(value)
    said = date_in_words(here, locale=locale(), year=here.year != timezone.localtime(now()).year)
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), exact(value), said)


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
