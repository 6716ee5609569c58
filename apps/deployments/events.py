from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from foundation import ledger


@dataclass(frozen=True, kw_only=True)
class DeploymentCreated(ledger.Event):
    kind = "deployment.created"
    deployment_id: UUID


@dataclass(frozen=True, kw_only=True)
class RevisionStarted(ledger.Event):
    kind = "revision.started"
    deployment_id: UUID
    revision_id: UUID
    model_version_id: UUID
    artifact_digest: str
    attempt: int
    engine: str


@dataclass(frozen=True, kw_only=True)
class RevisionReady(ledger.Event):
    kind = "revision.ready"
    deployment_id: UUID
    revision_id: UUID
    model_version_id: UUID
    attempt: int


@dataclass(frozen=True, kw_only=True)
class RevisionFailed(ledger.Event):
    kind = "revision.failed"
    deployment_id: UUID
    revision_id: UUID
    attempt: int


@dataclass(frozen=True, kw_only=True)
class RevisionStopped(ledger.Event):
    kind = "revision.stopped"
    deployment_id: UUID
    revision_id: UUID


@dataclass(frozen=True, kw_only=True)
class SplitChanged(ledger.Event):
    """Who serves how much from now on, as "number:percent" words."""

    kind = "deployment.split_changed"
    deployment_id: UUID
    split: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class RolledBack(ledger.Event):
    kind = "deployment.rolled_back"
    deployment_id: UUID
    from_revision_id: UUID
    to_revision_id: UUID
