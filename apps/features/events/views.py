from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from foundation import ledger


@dataclass(frozen=True, kw_only=True)
class EntityDefined(ledger.Event):
    kind = "entity.defined"
    said = _("defined the entity")
    icon = "plus"
    entity_id: UUID


@dataclass(frozen=True, kw_only=True)
class FeatureViewDefined(ledger.Event):
    kind = "feature_view.defined"
    said = _("defined version %(number)s")
    icon = "writing"
    view_id: UUID
    number: int
    definition_digest: str


@dataclass(frozen=True, kw_only=True)
class FeatureViewReady(ledger.Event):
    kind = "feature_view.ready"
    said = _("computed %(row_count)s rows")
    icon = "circle-check"
    view_id: UUID
    row_count: int
    digest: str
    lake_snapshot: int


@dataclass(frozen=True, kw_only=True)
class FeatureViewFailed(ledger.Event):
    kind = "feature_view.failed"
    said = _("could not compute it")
    icon = "circle-x"
    view_id: UUID


@dataclass(frozen=True, kw_only=True)
class FeatureViewCancelled(ledger.Event):
    kind = "feature_view.cancelled"
    said = _("cancelled computing it")
    icon = "player-stop"
    view_id: UUID


@dataclass(frozen=True, kw_only=True)
class FeatureViewMaterialised(ledger.Event):
    """The newest value of every key is in the online store, read back and counted."""

    kind = "feature_view.materialised"
    said = _("materialised the newest values of %(key_count)s keys and read them back")
    icon = "upload"
    view_id: UUID
    key_count: int
    materialisation_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class MaterialisationCancelled(ledger.Event):
    """The view is ready as before; its newest values are not, or not all, online."""

    kind = "feature_view.materialisation_cancelled"
    said = _("cancelled materialising the newest values")
    icon = "player-stop"
    view_id: UUID


@dataclass(frozen=True, kw_only=True)
class FeatureViewDestroyed(ledger.Event):
    """Its rows, its values online and every key that opened them are gone; `digest` says which rows they were."""

    kind = "feature_view.destroyed"
    said = _("destroyed its rows and their keys: a person was erased")
    icon = "trash"
    view_id: UUID
    digest: str


@dataclass(frozen=True, kw_only=True)
class FeatureDescribed(ledger.Event):
    """Which feature by its place in the view: what columns are called, and what was written, stays off the ledger."""

    kind = "feature_view.feature_described"
    said = _("said what a feature means")
    icon = "writing"
    view_id: UUID
    feature_index: int
