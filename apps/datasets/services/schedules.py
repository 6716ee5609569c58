"""When something is due by five fields of cron, read in a time zone."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError
from django.utils.translation import gettext as _

from foundation.errors import Invalid

_MOST_OFTEN_S = 60


def next_after(cron: str, zone: str, moment: datetime) -> datetime | None:
    """The first time that is due after an aware moment, in UTC; None where nothing is ever due.

    A time that the change to summer time leaves out is due at the change; one that comes twice is due once
    (Debian's cron does so too).
    """
    try:
        found: datetime = next(CronSim(cron, moment.astimezone(ZoneInfo(zone))))
    except StopIteration:
        return None
    return found.astimezone(ZoneInfo("UTC"))


def next_times(*, cron: str, zone: str, moment: datetime, count: int = 5) -> list[datetime]:
    """The first `count` times that are due after a moment, in UTC; Invalid where this is no schedule."""
    check_schedule(cron, zone, moment)
    found: list[datetime] = []
    while len(found) < count and (due := next_after(cron, zone, found[-1] if found else moment)) is not None:
        found.append(due)
    return found


def check_schedule(cron: str, zone: str, moment: datetime, *, zone_field: str = "zone") -> None:
    """Invalid where this is no schedule, such as on 30 February."""
    if zone not in available_timezones():
        raise Invalid(
            _("There is no time zone “%(zone)s”. Write it like Asia/Dubai.") % {"zone": zone},
            fields={zone_field: [_("Unknown time zone.")]},
        )
    if len(cron.split()) != 5:
        raise Invalid(
            _("A schedule has five fields (minute, hour, day of the month, month, day of the week): 30 6 * * 1-5."),
            fields={"cron": [_("Write five fields.")]},
        )
    try:
        next_after(cron, zone, moment)
    except CronSimError as error:
        raise Invalid(
            _("“%(cron)s” is no schedule. Write it like 30 6 * * 1-5: at 6:30, Monday to Friday.") % {"cron": cron},
            fields={"cron": [_("Not a schedule.")]},
        ) from error
