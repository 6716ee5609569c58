from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.registry.choices import Gate, GateState
from foundation import ledger


@dataclass(frozen=True, kw_only=True)
class ModelCreated(ledger.Event):
    kind = "model.created"
    said = _("made the model")
    icon = "plus"
    model_id: UUID


@dataclass(frozen=True, kw_only=True)
class VersionRequested(ledger.Event):
    """The version has its number; nothing of it is signed yet."""

    kind = "model_version.requested"
    said = _("asked for version %(number)s")
    icon = "message"
    model_id: UUID
    version_id: UUID
    run_id: UUID
    number: int


@dataclass(frozen=True, kw_only=True)
class SigningKeyMade(ledger.Event):
    """The tenant signs artifacts with this key from now on."""

    kind = "tenant.signing_key_made"
    said = _("had the key made that signs artifacts")
    icon = "key"
    signing_key_id: str


@dataclass(frozen=True, kw_only=True)
class VersionRegistered(ledger.Event):
    kind = "model_version.registered"
    said = _("registered and signed version %(number)s")
    icon = "signature"
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
    said = _("could not register the version")
    icon = "circle-x"
    version_id: UUID


@dataclass(frozen=True, kw_only=True)
class VersionCancelled(ledger.Event):
    kind = "model_version.cancelled"
    said = _("cancelled the registration")
    icon = "player-stop"
    version_id: UUID


@dataclass(frozen=True, kw_only=True)
class GateDecided(ledger.Event):
    kind = "model_version.gate_decided"
    said = _("had the gate “%(gate)s” look at it: %(state)s")
    labels: ClassVar = {"gate": Gate, "state": GateState}
    icon = "shield-check"
    version_id: UUID
    gate: str
    state: str


@dataclass(frozen=True, kw_only=True)
class CardChanged(ledger.Event):
    kind = "model_version.card_changed"
    said = _("changed the model card")
    icon = "writing"
    version_id: UUID
    card_digest: str


@dataclass(frozen=True, kw_only=True)
class VersionPromoted(ledger.Event):
    kind = "model_version.promoted"
    said = _("put the version into production")
    icon = "rocket"
    model_id: UUID
    version_id: UUID
    case_id: UUID
    artifact_digest: str


@dataclass(frozen=True, kw_only=True)
class VersionRetired(ledger.Event):
    kind = "model_version.retired"
    said = _("retired the version")
    icon = "history"
    model_id: UUID
    version_id: UUID
