"""What somebody asked of the feature store and it came to nothing, until it has been made after all."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from apps.features.choices import BuildState
from apps.features.models import FeatureView, Retrieval, TrainingSet
from apps.features.selectors.reading import visible_training_sets, visible_views
from apps.features.selectors.retrievals import visible_retrievals
from foundation.identity import Actor


def failed_views(*, actor: Actor, by: UUID, since: datetime) -> QuerySet[FeatureView]:
    """Versions that the person defined since then and that failed, until one of that name came after it."""
    return _failed(visible_views(actor=actor), by, since).exclude(_made_after(FeatureView))


def failed_training_sets(*, actor: Actor, by: UUID, since: datetime) -> QuerySet[TrainingSet]:
    """The same of training sets."""
    return _failed(visible_training_sets(actor=actor), by, since).exclude(_made_after(TrainingSet))


def failed_retrievals(*, actor: Actor, by: UUID, since: datetime) -> QuerySet[Retrieval]:
    """Features of the past that the person asked for since then and that failed; they go by themselves in a day."""
    return _failed(visible_retrievals(actor=actor), by, since)


def _failed(rows: QuerySet[Any], by: UUID, since: datetime) -> QuerySet[Any]:
    return rows.filter(state=BuildState.FAILED, created_by_id=by, created_at__gte=since).order_by("-created_at")


def _made_after(model: type[FeatureView | TrainingSet]) -> Exists:
    later = model._default_manager.filter(
        project_id=OuterRef("project_id"), name=OuterRef("name"), number__gt=OuterRef("number")
    )
    return Exists(later.filter(state__in=[BuildState.BUILDING, BuildState.READY]))
