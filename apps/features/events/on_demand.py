from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from foundation import ledger


@dataclass(frozen=True, kw_only=True)
class OnDemandViewDefined(ledger.Event):
    kind = "on_demand_view.defined"
    said = _("defined version %(number)s")
    icon = "writing"
    on_demand_view_id: UUID
    number: int
    definition_digest: str


@dataclass(frozen=True, kw_only=True)
class OnDemandViewEdited(ledger.Event):
    """Description, owner or tags: its meaning, and so its version, is as it was."""

    kind = "on_demand_view.edited"
    said = _("changed what is said about the features")
    icon = "writing"
    on_demand_view_id: UUID
    changed: list[str]


@dataclass(frozen=True, kw_only=True)
class OnDemandViewDeprecated(ledger.Event):
    """It goes on working; those who use it were told."""

    kind = "on_demand_view.deprecated"
    said = _("deprecated it; people told who use it: %(told_count)s")
    icon = "alert-triangle"
    on_demand_view_id: UUID
    instead_id: UUID | None
    told_count: int


@dataclass(frozen=True, kw_only=True)
class OnDemandViewRestored(ledger.Event):
    kind = "on_demand_view.deprecation_withdrawn"
    said = _("withdrew the deprecation")
    icon = "arrow-back-up"
    on_demand_view_id: UUID


@dataclass(frozen=True, kw_only=True)
class OnDemandViewBinned(ledger.Event):
    """From now on nobody asks it; `made_from_it` counts what was made of it and shows a broken link."""

    kind = "on_demand_view.binned"
    said = _("moved the features into the bin; made from them: %(made_from_it)s")
    icon = "trash"
    on_demand_view_id: UUID
    definition_digest: str
    made_from_it: int


@dataclass(frozen=True, kw_only=True)
class OnDemandViewUnbinned(ledger.Event):
    kind = "on_demand_view.restored"
    said = _("restored the features from the bin")
    icon = "arrow-back-up"
    on_demand_view_id: UUID


@dataclass(frozen=True, kw_only=True)
class OnDemandViewRemoved(ledger.Event):
    """Out of the bin, where there was one; `made_from_it` counts what was made of it and shows a broken link."""

    kind = "on_demand_view.removed"
    said = _("removed the features; made from them: %(made_from_it)s")
    icon = "trash"
    on_demand_view_id: UUID
    definition_digest: str
    made_from_it: int


@dataclass(frozen=True, kw_only=True)
class OnDemandFeatureDescribed(ledger.Event):
    """Which of them by its place: what it is called, and what was written, stays off the ledger."""

    kind = "on_demand_view.feature_described"
    said = _("said what a feature means")
    icon = "writing"
    on_demand_view_id: UUID
    feature_index: int
