from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class AlertState(TextChoices):
    OPEN = "open", _("Open")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")
    RESOLVED = "resolved", _("Resolved")


class Severity(TextChoices):
    WARNING = "warning", _("Warning")
    CRITICAL = "critical", _("Critical")


class ReplayState(TextChoices):
    PLAYING = "playing", _("Playing")
    PAUSED = "paused", _("Paused")
    ENDED = "ended", _("Played to the end")
    FAILED = "failed", _("Failed")


class Unfit(TextChoices):
    """Why a line of the inference log cannot be counted."""

    FORM = "form", _("not in the form that the gateway writes")
    DEEP = "deep", _("nested too deeply")
    VALUE = "value", _("a value that the log cannot hold")


class DriftLevel(TextChoices):
    STEADY = "steady", _("Steady")
    MOVED = "moved", _("Moved")
    DRIFTED = "drifted", _("Drifted")
    UNKNOWN = "unknown", _("Too early to judge")
