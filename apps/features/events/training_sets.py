from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from foundation import ledger


@dataclass(frozen=True, kw_only=True)
class TrainingSetDefined(ledger.Event):
    kind = "training_set.defined"
    said = _("defined version %(number)s")
    icon = "writing"
    training_set_id: UUID
    base_version_id: UUID
    number: int


@dataclass(frozen=True, kw_only=True)
class KnownSinceIgnored(ledger.Event):
    """Corrections are seen from their event time on, though they became known later."""

    kind = "training_set.known_since_ignored"
    said = _("opted out of when values became known: corrections are seen early")
    icon = "alert-triangle"
    training_set_id: UUID


@dataclass(frozen=True, kw_only=True)
class TrainingSetReady(ledger.Event):
    kind = "training_set.ready"
    said = _("joined %(row_count)s rows and counted %(leakage_violations)s leaked values")
    icon = "shield-check"
    training_set_id: UUID
    row_count: int
    digest: str
    leakage_violations: int
    lake_snapshot: int


@dataclass(frozen=True, kw_only=True)
class TrainingSetFailed(ledger.Event):
    kind = "training_set.failed"
    said = _("could not make it")
    icon = "circle-x"
    training_set_id: UUID


@dataclass(frozen=True, kw_only=True)
class TrainingSetCancelled(ledger.Event):
    kind = "training_set.cancelled"
    said = _("cancelled making it")
    icon = "player-stop"
    training_set_id: UUID


@dataclass(frozen=True, kw_only=True)
class TrainingSetBinned(ledger.Event):
    """It had failed or was cancelled: no list has it from now on."""

    kind = "training_set.binned"
    said = _("moved it into the bin")
    icon = "trash"
    training_set_id: UUID


@dataclass(frozen=True, kw_only=True)
class TrainingSetUnbinned(ledger.Event):
    kind = "training_set.restored"
    said = _("restored it from the bin")
    icon = "arrow-back-up"
    training_set_id: UUID


@dataclass(frozen=True, kw_only=True)
class TrainingSetRemoved(ledger.Event):
    """It had failed or was cancelled: nothing is left of it but its number."""

    kind = "training_set.removed"
    said = _("removed it: it never had rows")
    icon = "trash"
    training_set_id: UUID


@dataclass(frozen=True, kw_only=True)
class TrainingSetDestroyed(ledger.Event):
    """Its rows and every key that opened them are gone; `digest` says which rows they were."""

    kind = "training_set.destroyed"
    said = _("destroyed its rows and their keys: a person was erased")
    icon = "trash"
    training_set_id: UUID
    digest: str
