"""The portal's clock. Views and tasks read it and hand the time on, so that tests can stop it."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present, aware and in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the one place that reads the clock
