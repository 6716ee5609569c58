from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.monitoring.choices import ReplayState
from foundation import ledger


@dataclass(frozen=True, kw_only=True)
class MonitorCreated(ledger.Event):
    kind = "monitor.created"
    said = _("began to watch the deployment")
    icon = "heartbeat"
    monitor_id: UUID
    deployment_id: UUID


@dataclass(frozen=True, kw_only=True)
class MonitorConfigured(ledger.Event):
    kind = "monitor.configured"
    said = _("set the thresholds to %(moved_at)s and %(drifted_at)s")
    icon = "adjustments-horizontal"
    monitor_id: UUID
    moved_at: float
    drifted_at: float
    fewest_rows: int
    fewest_days: int


@dataclass(frozen=True, kw_only=True)
class AlertRaised(ledger.Event):
    """A feature or the prediction left its reference; the feature is named by its place in the schema."""

    kind = "alert.raised"
    said = _("raised the alert on %(rows)s rows")
    icon = "bell"
    alert_id: UUID
    monitor_id: UUID
    window: str
    feature_index: int
    psi: float
    rows: int


@dataclass(frozen=True, kw_only=True)
class ReplayStarted(ledger.Event):
    kind = "monitor.replay_started"
    said = _("started a replay")
    icon = "player-play"
    replay_id: UUID
    deployment_id: UUID
    training_set_id: UUID


@dataclass(frozen=True, kw_only=True)
class ReplayChanged(ledger.Event):
    kind = "monitor.replay_changed"
    said = _("changed the replay: %(state)s, %(per_second)s rows a second")
    labels: ClassVar = {"state": ReplayState}
    icon = "adjustments-horizontal"
    replay_id: UUID
    state: str
    per_second: float


@dataclass(frozen=True, kw_only=True)
class ReplayEnded(ledger.Event):
    kind = "monitor.replay_ended"
    said = _("played the replay to its end, %(rows)s rows")
    icon = "player-stop"
    replay_id: UUID
    rows: int


@dataclass(frozen=True, kw_only=True)
class ReplayFailed(ledger.Event):
    kind = "monitor.replay_failed"
    said = _("ended the replay after %(rows)s rows: the next ones cannot be sent")
    icon = "alert-triangle"
    replay_id: UUID
    rows: int


@dataclass(frozen=True, kw_only=True)
class AlertAcknowledged(ledger.Event):
    kind = "alert.acknowledged"
    said = _("acknowledged the alert")
    icon = "eye"
    alert_id: UUID


@dataclass(frozen=True, kw_only=True)
class AlertResolved(ledger.Event):
    kind = "alert.resolved"
    said = _("resolved the alert")
    icon = "check"
    alert_id: UUID


@dataclass(frozen=True, kw_only=True)
class AlertSubsided(ledger.Event):
    """The month as it went on is like training again."""

    kind = "alert.subsided"
    said = _("closed the alert: over %(rows)s rows the index is %(psi)s")
    icon = "check"
    alert_id: UUID
    psi: float
    rows: int


@dataclass(frozen=True, kw_only=True)
class AlertReopened(ledger.Event):
    kind = "alert.reopened"
    said = _("opened the alert again: over %(rows)s rows the index is %(psi)s")
    icon = "bell"
    alert_id: UUID
    psi: float
    rows: int
