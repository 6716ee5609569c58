from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from foundation import ledger


@dataclass(frozen=True, kw_only=True)
class MonitorCreated(ledger.Event):
    kind = "monitor.created"
    monitor_id: UUID
    deployment_id: UUID


@dataclass(frozen=True, kw_only=True)
class MonitorConfigured(ledger.Event):
    kind = "monitor.configured"
    monitor_id: UUID
    moved_at: float
    drifted_at: float
    fewest_rows: int


@dataclass(frozen=True, kw_only=True)
class AlertRaised(ledger.Event):
    """A feature or the prediction left its reference; the feature is named by its place in the schema."""

    kind = "alert.raised"
    alert_id: UUID
    monitor_id: UUID
    window: str
    feature_index: int
    psi: float
    rows: int


@dataclass(frozen=True, kw_only=True)
class ReplayStarted(ledger.Event):
    kind = "monitor.replay_started"
    replay_id: UUID
    deployment_id: UUID
    training_set_id: UUID


@dataclass(frozen=True, kw_only=True)
class ReplayChanged(ledger.Event):
    kind = "monitor.replay_changed"
    replay_id: UUID
    state: str
    per_second: float


@dataclass(frozen=True, kw_only=True)
class AlertAcknowledged(ledger.Event):
    kind = "alert.acknowledged"
    alert_id: UUID


@dataclass(frozen=True, kw_only=True)
class AlertResolved(ledger.Event):
    kind = "alert.resolved"
    alert_id: UUID
