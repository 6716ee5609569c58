from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class AlertState(TextChoices):
    OPEN = "open", _("Open")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")
    RESOLVED = "resolved", _("Resolved")
    # Closed by the portal: the rest of the month made it like training again.
    SUBSIDED = "subsided", _("Subsided")


ALERT_NEXT: dict[AlertState, frozenset[AlertState]] = {
    AlertState.OPEN: frozenset({AlertState.ACKNOWLEDGED, AlertState.RESOLVED, AlertState.SUBSIDED}),
    AlertState.ACKNOWLEDGED: frozenset({AlertState.RESOLVED}),
    AlertState.RESOLVED: frozenset(),
    AlertState.SUBSIDED: frozenset({AlertState.OPEN}),
}


class Severity(TextChoices):
    WARNING = "warning", _("Warning")
    CRITICAL = "critical", _("Critical")


class ReplayState(TextChoices):
    PLAYING = "playing", _("Playing")
    PAUSED = "paused", _("Paused")
    ENDED = "ended", _("Played to the end")
    FAILED = "failed", _("Failed")


_AS_WISHED = frozenset({ReplayState.PLAYING, ReplayState.PAUSED})
# Whoever wishes for the state that a replay is in gets it; a paused one may still have been sending its last rows.
REPLAY_NEXT: dict[ReplayState, frozenset[ReplayState]] = {
    ReplayState.PLAYING: frozenset({*_AS_WISHED, ReplayState.ENDED, ReplayState.FAILED}),
    ReplayState.PAUSED: frozenset({*_AS_WISHED, ReplayState.ENDED}),
    ReplayState.ENDED: frozenset({ReplayState.PLAYING}),
    ReplayState.FAILED: _AS_WISHED,
}


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
