"""What was served beside what a join has of it, as it was compared."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.features.choices import BuildState, FeatureUse
from apps.features.models import Feature, FeatureView, OnDemandView, SkewCheck, TrainingSet
from apps.features.selectors.finding import training_sets_used
from apps.features.selectors.masking import masks_of_view
from apps.features.selectors.reading import visible_views
from foundation.identity import Actor

# Checks of a minute each are told together: about a working day of them.
_TOLD = 500
# An alert begins and ends by so many of the answers compared last, and never by fewer than these.
JUDGED_OVER, JUDGED_LEAST = 100, 20


@dataclass(frozen=True)
class Judged:
    """The answers compared last, whether all of them came in one check or one in each: by these it is an alert."""

    compared: int
    different: int

    @property
    def share(self) -> float:
        return self.different / self.compared if self.compared else 0.0

    @property
    def enough(self) -> bool:
        return self.compared >= JUDGED_LEAST

    @property
    def lacking(self) -> int:
        """How many more have to be compared before anything is judged."""
        return max(0, JUDGED_LEAST - self.compared)


@dataclass(frozen=True)
class Skew:
    """Over the checks that are kept: answers compared, those that differed and why, and each feature's part.

    `features` holds {"name", "different", "gap": the largest distance of two numbers, None where there is none or it
    would tell of values that are masked for whoever reads}.
    """

    compared: int
    different: int
    kinds: dict[str, int]
    features: list[dict[str, Any]]
    checks: list[SkewCheck]
    judged: Judged

    @property
    def share(self) -> float:
        return self.different / self.compared if self.compared else 0.0


def skew_checks_of(*, actor: Actor, view: FeatureView) -> QuerySet[SkewCheck]:
    """Every comparison that is kept, newest first."""
    return SkewCheck.objects.filter(view__in=visible_views(actor=actor).filter(pk=view.pk)).order_by("-checked_at")


def skew_of(*, actor: Actor, view: FeatureView) -> Skew:
    checks = list(skew_checks_of(actor=actor, view=view)[:_TOLD])
    masks = masks_of_view(actor, view)
    kinds: dict[str, int] = {}
    features: dict[str, dict[str, Any]] = {
        name: {"name": name, "different": 0, "gap": None} for name in view.feature_names
    }
    for check in checks:
        for kind, count in check.kinds.items():
            kinds[kind] = kinds.get(kind, 0) + count
        for one in check.features:
            known = features[one["name"]]
            known["different"] += one["different"]
            if one["gap"] is not None and one["name"] not in masks:
                known["gap"] = max(one["gap"], known["gap"] or 0.0)
    compared, different = sum(one.compared for one in checks), sum(one.different for one in checks)
    return Skew(compared, different, kinds, list(features.values()), checks, judged_by(checks))


def judged_by(checks: Iterable[SkewCheck]) -> Judged:
    """Of checks, the newest first: as many whole ones as hold the answers by which an alert is judged."""
    compared = different = 0
    for one in checks:
        if compared >= JUDGED_OVER:
            break
        compared, different = compared + one.compared, different + one.different
    return Judged(compared, different)


def newest_checks(view: FeatureView) -> QuerySet[SkewCheck]:
    """As many as can be needed to judge by: each holds one answer at least."""
    return SkewCheck.objects.filter(view=view).order_by("-checked_at")[:JUDGED_OVER]


@dataclass(frozen=True)
class SkewOfFeature:
    """Of one feature: answers compared, those in which it differed, and its largest distance (see `Skew`)."""

    compared: int
    different: int
    gap: float | None


def skew_of_feature(*, actor: Actor, feature: Feature) -> SkewOfFeature | None:
    """None where nothing was compared, as of one that is computed when asked for: it is not served as it is stored."""
    if feature.view is None:
        return None
    found = skew_of(actor=actor, view=feature.view)
    told = next((one for one in found.features if one["name"] == feature.name), None)
    return SkewOfFeature(found.compared, told["different"], told["gap"]) if told and found.compared else None


def skewed_views(*, actor: Actor, project_id: UUID | None = None) -> QuerySet[FeatureView]:
    """Views of which more is served otherwise than a join has it than somebody allows, longest first."""
    rows = visible_views(actor=actor, project_id=project_id).filter(state=BuildState.READY)
    return rows.exclude(skewed_since=None).order_by("skewed_since")


def skewed_in_use(*, actor: Actor, project_id: UUID) -> list[FeatureView]:
    """Skewed views, longest first: of each name the newest version, and those before it that a model learned from.

    An older version of which no model learned says nothing: nobody may ask for it any more, so it might never end.
    """
    skewed = list(skewed_views(actor=actor, project_id=project_id))
    if not skewed:
        return []
    newest = visible_views(actor=actor, project_id=project_id, newest_only=True)
    current = set(newest.filter(pk__in=[view.pk for view in skewed]).values_list("pk", flat=True))
    return [view for view in skewed if view.pk in current or _learned_from(actor, view)]


def _learned_from(actor: Actor, view: FeatureView) -> bool:
    """Whether a model that the actor sees learned from it, or from what is reckoned of it when asked for."""
    sets = training_sets_used(actor, FeatureUse.MODEL)
    if sets is None:
        return False
    part = [{"view": str(view.pk)}]
    made = OnDemandView.objects.filter(tenant_id=view.tenant_id, uses__contains=part).values_list("pk", flat=True)
    reached = Q(views__contains=part)
    for pk in made:
        reached |= Q(on_demand__contains=[{"id": str(pk)}])
    return TrainingSet.objects.filter(reached, pk__in=sets).exists()
