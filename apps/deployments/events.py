from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from foundation import ledger


@dataclass(frozen=True, kw_only=True)
class DeploymentCreated(ledger.Event):
    kind = "deployment.created"
    said = _("opened the address")
    icon = "plus"
    deployment_id: UUID


@dataclass(frozen=True, kw_only=True)
class RevisionRequested(ledger.Event):
    kind = "revision.requested"
    said = _("asked for revision %(number)s")
    icon = "message"
    deployment_id: UUID
    revision_id: UUID
    model_version_id: UUID
    number: int


@dataclass(frozen=True, kw_only=True)
class RevisionRestarted(ledger.Event):
    """A person wants what was stopped or given up to start again."""

    kind = "revision.restarted"
    said = _("had the revision started again")
    icon = "refresh"
    deployment_id: UUID
    revision_id: UUID


@dataclass(frozen=True, kw_only=True)
class RevisionStarted(ledger.Event):
    kind = "revision.started"
    said = _("started a replica, attempt %(attempt)s")
    icon = "player-play"
    deployment_id: UUID
    revision_id: UUID
    model_version_id: UUID
    artifact_digest: str
    attempt: int
    engine: str


@dataclass(frozen=True, kw_only=True)
class LookupsLent(ledger.Event):
    """A replica holds the secrets of the service's views and a name at the online store, renewed while it serves."""

    kind = "revision.lookups_lent"
    said = _("let its replica look features up, attempt %(attempt)s")
    icon = "key"
    deployment_id: UUID
    revision_id: UUID
    service_id: UUID
    attempt: int


@dataclass(frozen=True, kw_only=True)
class RevisionReady(ledger.Event):
    kind = "revision.ready"
    said = _("has a replica that answers, attempt %(attempt)s")
    icon = "circle-check"
    deployment_id: UUID
    revision_id: UUID
    model_version_id: UUID
    attempt: int


@dataclass(frozen=True, kw_only=True)
class ReplicaLost(ledger.Event):
    """A replica that served is gone; `losses` counts how often in a row, this time included."""

    kind = "revision.replica_lost"
    said = _("found the replica gone, attempt %(attempt)s")
    icon = "alert-triangle"
    deployment_id: UUID
    revision_id: UUID
    attempt: int
    losses: int


@dataclass(frozen=True, kw_only=True)
class RevisionFailed(ledger.Event):
    kind = "revision.failed"
    said = _("gave the replica up after attempt %(attempt)s")
    icon = "circle-x"
    deployment_id: UUID
    revision_id: UUID
    attempt: int


@dataclass(frozen=True, kw_only=True)
class RevisionStopped(ledger.Event):
    kind = "revision.stopped"
    said = _("stopped the replica")
    icon = "player-stop"
    deployment_id: UUID
    revision_id: UUID


@dataclass(frozen=True, kw_only=True)
class SplitChanged(ledger.Event):
    """Who serves how much from now on, as "number:percent" words."""

    kind = "deployment.split_changed"
    said = _("changed who serves how much")
    icon = "scale"
    deployment_id: UUID
    split: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class RolledBack(ledger.Event):
    kind = "deployment.rolled_back"
    said = _("rolled back")
    icon = "arrow-back-up"
    deployment_id: UUID
    from_revision_id: UUID
    to_revision_id: UUID
