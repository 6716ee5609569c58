"""The portal's clock. Views and tasks read it and hand the time on, so that tests can stop it."""

from datetime import UTC, datetime, timedelta

from django.db import connection


def now() -> datetime:
    """The present, aware and in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the one place that reads the clock


def database_now() -> datetime:
    """The time by the database's clock, which all processes share: leases, order and deadlines follow it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def zone_of(moment: datetime) -> str:
    """GMT+4, or UTC: the distance says more to a reader far away than letters like GST, which several zones share."""
    minutes = round((moment.utcoffset() or timedelta()).total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    distance = f"{hours}:{rest:02d}" if rest else str(hours)
    return f"GMT{'-' if minutes < 0 else '+'}{distance}" if minutes else "UTC"
