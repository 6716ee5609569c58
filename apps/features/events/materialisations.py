from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from foundation import ledger


@dataclass(frozen=True, kw_only=True)
class MaterialisationFailed(ledger.Event):
    """The view is ready as before; what was online before is there as far as it was not replaced."""

    kind = "feature_view.materialisation_failed"
    said = _("could not materialise the newest values")
    icon = "circle-x"
    view_id: UUID
    materialisation_id: UUID


@dataclass(frozen=True, kw_only=True)
class OnlineValuesForgotten(ledger.Event):
    """The online store lost the view's values, by a restart for instance; they are put there again from the lake."""

    kind = "feature_view.forgotten"
    said = _("found its values gone from the online store; they are put there again")
    icon = "alert-triangle"
    view_id: UUID


@dataclass(frozen=True, kw_only=True)
class ReaderAdmitted(ledger.Event):
    """A program holds the view's secret and a name at the online store until then."""

    kind = "feature_view.reader_admitted"
    said = _("let a program read its values online until %(expires_at)s")
    icon = "key"
    view_id: UUID
    expires_at: str


@dataclass(frozen=True, kw_only=True)
class FreshnessPromised(ledger.Event):
    """How old the latest event online may be."""

    kind = "feature_view.freshness_promised"
    said = _("expects events online that are younger than %(seconds)s seconds")
    icon = "clock"
    view_id: UUID
    seconds: int


@dataclass(frozen=True, kw_only=True)
class FreshnessReleased(ledger.Event):
    """The latest event online may be as old as it likes from now on."""

    kind = "feature_view.freshness_released"
    said = _("does not mind any more how old events online are")
    icon = "clock"
    view_id: UUID


@dataclass(frozen=True, kw_only=True)
class FeatureViewStale(ledger.Event):
    kind = "feature_view.stale"
    said = _("found the latest event online %(age_seconds)s seconds old, older than expected")
    icon = "bell"
    view_id: UUID
    age_seconds: int
    expected_seconds: int


@dataclass(frozen=True, kw_only=True)
class FeatureViewFresh(ledger.Event):
    kind = "feature_view.fresh"
    said = _("found events online as young as expected again")
    icon = "circle-check"
    view_id: UUID
