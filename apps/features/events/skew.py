from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from foundation import ledger


@dataclass(frozen=True, kw_only=True)
class SkewFound(ledger.Event):
    """More of what was served than is allowed differs from what the lake says it was at that moment."""

    kind = "feature_view.skewed"
    said = _("was skewed: served %(different)s of %(compared)s compared answers otherwise than a join has them")
    icon = "bell"
    view_id: UUID
    compared: int
    different: int


@dataclass(frozen=True, kw_only=True)
class SkewEnded(ledger.Event):
    kind = "feature_view.consistent"
    said = _("is not skewed any more: served what a join has in %(compared)s compared answers")
    icon = "circle-check"
    view_id: UUID
    compared: int


@dataclass(frozen=True, kw_only=True)
class SkewWatched(ledger.Event):
    """How many answers are compared, and how many may differ before it is an alert; both are shares of 1."""

    kind = "feature_view.skew_watched"
    said = _("changed how many answers are compared with the lake")
    icon = "eye"
    view_id: UUID
    share: float
    limit: float
