from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from foundation import ledger


@dataclass(frozen=True, kw_only=True)
class RunQueued(ledger.Event):
    kind = "run.queued"
    run_id: UUID
    training_set_id: UUID
    recipe: str
    spec_digest: str


@dataclass(frozen=True, kw_only=True)
class RunStarted(ledger.Event):
    kind = "run.started"
    run_id: UUID
    attempt: int
    engine: str


@dataclass(frozen=True, kw_only=True)
class RunSucceeded(ledger.Event):
    kind = "run.succeeded"
    run_id: UUID
    attempt: int
    code_digest: str
    manifest_digest: str


@dataclass(frozen=True, kw_only=True)
class RunFailed(ledger.Event):
    kind = "run.failed"
    run_id: UUID
    attempt: int


@dataclass(frozen=True, kw_only=True)
class RunCancelled(ledger.Event):
    kind = "run.cancelled"
    run_id: UUID
    attempt: int
