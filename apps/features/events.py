from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from foundation import ledger


@dataclass(frozen=True, kw_only=True)
class EntityDefined(ledger.Event):
    kind = "entity.defined"
    entity_id: UUID


@dataclass(frozen=True, kw_only=True)
class FeatureViewDefined(ledger.Event):
    kind = "feature_view.defined"
    view_id: UUID
    number: int
    definition_digest: str


@dataclass(frozen=True, kw_only=True)
class FeatureViewReady(ledger.Event):
    kind = "feature_view.ready"
    view_id: UUID
    row_count: int
    digest: str
    lake_snapshot: int


@dataclass(frozen=True, kw_only=True)
class FeatureViewFailed(ledger.Event):
    kind = "feature_view.failed"
    view_id: UUID


@dataclass(frozen=True, kw_only=True)
class FeatureViewMaterialised(ledger.Event):
    """The newest value of every key is in the online store, read back and counted."""

    kind = "feature_view.materialised"
    view_id: UUID
    key_count: int


@dataclass(frozen=True, kw_only=True)
class TrainingSetDefined(ledger.Event):
    kind = "training_set.defined"
    training_set_id: UUID
    base_version_id: UUID
    number: int


@dataclass(frozen=True, kw_only=True)
class TrainingSetReady(ledger.Event):
    kind = "training_set.ready"
    training_set_id: UUID
    row_count: int
    digest: str
    leakage_violations: int
    lake_snapshot: int


@dataclass(frozen=True, kw_only=True)
class TrainingSetFailed(ledger.Event):
    kind = "training_set.failed"
    training_set_id: UUID
