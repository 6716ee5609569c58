"""What is said about definitions afterwards, and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from foundation import ledger


@dataclass(frozen=True, kw_only=True)
class EntityEdited(ledger.Event):
    kind = "entity.edited"
    said = _("changed what is said about the entity")
    icon = "writing"
    entity_id: UUID
    changed: list[str]


@dataclass(frozen=True, kw_only=True)
class FeatureViewEdited(ledger.Event):
    """Description, owner or tags: its meaning, and so its version, is as it was."""

    kind = "feature_view.edited"
    said = _("changed what is said about the view")
    icon = "writing"
    view_id: UUID
    changed: list[str]


@dataclass(frozen=True, kw_only=True)
class FeatureViewDeprecated(ledger.Event):
    """It goes on working; those who use it were told."""

    kind = "feature_view.deprecated"
    said = _("deprecated it; people told who use it: %(told_count)s")
    icon = "alert-triangle"
    view_id: UUID
    instead_id: UUID | None
    told_count: int


@dataclass(frozen=True, kw_only=True)
class FeatureViewRestored(ledger.Event):
    kind = "feature_view.deprecation_withdrawn"
    said = _("withdrew the deprecation")
    icon = "arrow-back-up"
    view_id: UUID


@dataclass(frozen=True, kw_only=True)
class FeatureViewBinned(ledger.Event):
    """From now on nobody reads it; `made_from_it` counts what was made of its rows and shows a broken link."""

    kind = "feature_view.binned"
    said = _("moved it into the bin; made of its rows: %(made_from_it)s")
    icon = "trash"
    view_id: UUID
    digest: str
    made_from_it: int


@dataclass(frozen=True, kw_only=True)
class FeatureViewUnbinned(ledger.Event):
    """As it was; its newest values are put online again."""

    kind = "feature_view.restored"
    said = _("restored it from the bin")
    icon = "arrow-back-up"
    view_id: UUID


@dataclass(frozen=True, kw_only=True)
class FeatureViewRemovalRequested(ledger.Event):
    """Out of the bin, by somebody or when its days were over: nothing brings it back."""

    kind = "feature_view.removal_requested"
    said = _("asked to remove its rows for ever; made of them: %(made_from_it)s")
    icon = "trash"
    view_id: UUID
    digest: str
    made_from_it: int


@dataclass(frozen=True, kw_only=True)
class FeatureViewRemoved(ledger.Event):
    """Its rows, its values online and every key that opened them are gone; `digest` says which rows they were."""

    kind = "feature_view.removed"
    said = _("removed its rows, its values online and their keys")
    icon = "trash"
    view_id: UUID
    digest: str


@dataclass(frozen=True, kw_only=True)
class FeatureServiceDefined(ledger.Event):
    kind = "feature_service.defined"
    said = _("defined version %(number)s")
    icon = "writing"
    service_id: UUID
    number: int
    definition_digest: str


@dataclass(frozen=True, kw_only=True)
class FeatureServiceEdited(ledger.Event):
    kind = "feature_service.edited"
    said = _("changed what is said about the service")
    icon = "writing"
    service_id: UUID
    changed: list[str]


@dataclass(frozen=True, kw_only=True)
class FeatureServiceDeprecated(ledger.Event):
    kind = "feature_service.deprecated"
    said = _("deprecated it; people told who use it: %(told_count)s")
    icon = "alert-triangle"
    service_id: UUID
    instead_id: UUID | None
    told_count: int


@dataclass(frozen=True, kw_only=True)
class FeatureServiceRestored(ledger.Event):
    kind = "feature_service.deprecation_withdrawn"
    said = _("withdrew the deprecation")
    icon = "arrow-back-up"
    service_id: UUID


@dataclass(frozen=True, kw_only=True)
class FeatureServiceBinned(ledger.Event):
    """From now on nobody chooses or asks it."""

    kind = "feature_service.binned"
    said = _("moved it into the bin")
    icon = "trash"
    service_id: UUID
    definition_digest: str


@dataclass(frozen=True, kw_only=True)
class FeatureServiceUnbinned(ledger.Event):
    kind = "feature_service.restored"
    said = _("restored it from the bin")
    icon = "arrow-back-up"
    service_id: UUID


@dataclass(frozen=True, kw_only=True)
class FeatureServiceRemoved(ledger.Event):
    """Out of the bin, where there was one: nothing brings it back."""

    kind = "feature_service.removed"
    said = _("removed the service")
    icon = "trash"
    service_id: UUID
    definition_digest: str


@dataclass(frozen=True, kw_only=True)
class DefinitionsApplied(ledger.Event):
    """A file of definitions was made true; `plan_digest` names what was shown before."""

    kind = "feature_definitions.applied"
    said = _("applied a file of definitions: %(change_count)s changes")
    icon = "file-text"
    plan_digest: str
    change_count: int
