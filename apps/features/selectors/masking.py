"""Which columns of views and training sets a reader sees masked: those of the versions that they were made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from apps.datasets import selectors as datasets
from apps.features.models import FeatureView, TrainingSet
from foundation.identity import Actor


def masks_of_view(actor: Actor, view: FeatureView) -> datasets.Masks:
    if datasets.may_see_clear(actor, view):
        return {}
    return datasets.masks_over(actor, view, _versions([view]), _columns_of(view))


def masks_of_set(actor: Actor, training_set: TrainingSet) -> datasets.Masks:
    if datasets.may_see_clear(actor, training_set):
        return {}
    ids = [UUID(part["view"]) for part in training_set.views]
    views = FeatureView.objects.filter(tenant_id=training_set.tenant_id, pk__in=ids)
    versions = _versions(views, training_set.base_version_id)
    return datasets.masks_over(actor, training_set, versions, training_set.columns)


def profile_of_view(actor: Actor, view: FeatureView) -> dict[str, Any]:
    """What is in the view's columns, as the actor may know it."""
    return datasets.masked_profile(view.profile, masks_of_view(actor, view))


def _columns_of(view: FeatureView) -> list[dict[str, Any]]:
    keys = [{"name": key, "type": "VARCHAR"} for key in view.entity.join_keys]
    return [*view.features, *keys]


def _versions(views: Iterable[FeatureView], *more: UUID) -> list[Any]:
    ids = {UUID(pk) for view in views for pk in view.inputs.values()} | set(more)
    return datasets.versions_by_id(ids)
