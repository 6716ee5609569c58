from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Mode(TextChoices):
    """What becomes of the rows that are there when others come."""

    FULL = "full", _("Replace all rows")
    APPEND = "append", _("Add the rows")
    UPSERT = "upsert", _("Add rows, replace those with the same key")
    INCREMENTAL = "incremental", _("Read only what is new")


class IngestionState(TextChoices):
    ACTIVE = "active", _("Active")
    PAUSED = "paused", _("Paused")


INGESTION_NEXT: dict[IngestionState, frozenset[IngestionState]] = {
    IngestionState.ACTIVE: frozenset({IngestionState.PAUSED}),
    IngestionState.PAUSED: frozenset({IngestionState.ACTIVE}),
}


class Trigger(TextChoices):
    """What started an ingestion's run."""

    HAND = "hand", _("By hand")
    SCHEDULE = "schedule", _("By schedule")
    EVENT = "event", _("By a new version")
    BACKFILL = "backfill", _("Backfill")
    PROGRAM = "program", _("By a program")


class Rhythm(TextChoices):
    """The usual schedules, and the five fields of cron for all others."""

    HAND = "hand", _("Only when somebody or a program asks for it")
    HOURLY = "hourly", _("Every hour")
    DAILY = "daily", _("Every day")
    WEEKLY = "weekly", _("Every week")
    CRON = "cron", _("By the five fields of cron")


class Weekday(TextChoices):
    """As the last field of cron has them."""

    MONDAY = "1", _("Monday")
    TUESDAY = "2", _("Tuesday")
    WEDNESDAY = "3", _("Wednesday")
    THURSDAY = "4", _("Thursday")
    FRIDAY = "5", _("Friday")
    SATURDAY = "6", _("Saturday")
    SUNDAY = "0", _("Sunday")
