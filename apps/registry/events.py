from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from foundation import ledger


@dataclass(frozen=True, kw_only=True)
class ModelCreated(ledger.Event):
    kind = "model.created"
    model_id: UUID


@dataclass(frozen=True, kw_only=True)
class VersionRegistered(ledger.Event):
    kind = "model_version.registered"
    model_id: UUID
    version_id: UUID
    run_id: UUID
    number: int
    artifact_digest: str
    signing_key_id: str
    onnx_state: str


@dataclass(frozen=True, kw_only=True)
class VersionFailed(ledger.Event):
    kind = "model_version.failed"
    version_id: UUID


@dataclass(frozen=True, kw_only=True)
class GateDecided(ledger.Event):
    kind = "model_version.gate_decided"
    version_id: UUID
    gate: str
    state: str


@dataclass(frozen=True, kw_only=True)
class CardChanged(ledger.Event):
    kind = "model_version.card_changed"
    version_id: UUID
    card_digest: str


@dataclass(frozen=True, kw_only=True)
class VersionPromoted(ledger.Event):
    kind = "model_version.promoted"
    model_id: UUID
    version_id: UUID
    case_id: UUID
    artifact_digest: str


@dataclass(frozen=True, kw_only=True)
class VersionRetired(ledger.Event):
    kind = "model_version.retired"
    model_id: UUID
    version_id: UUID
