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


class Trigger(TextChoices):
    """What started an ingestion's run."""

    HAND = "hand", _("By hand")
    SCHEDULE = "schedule", _("By schedule")
    EVENT = "event", _("By a new version")
    BACKFILL = "backfill", _("Backfill")
