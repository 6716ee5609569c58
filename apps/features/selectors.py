"""Reads of the feature store, each limited to what the actor may see."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from apps.features.choices import BuildState
from apps.features.models import Entity, FeatureView, TrainingSet
from foundation import access
from foundation.access import Permission
from foundation.errors import Conflict, NotFound
from foundation.identity import Actor
from foundation.lake.ports import TableAt


def visible_entities(*, actor: Actor, project_id: UUID | None = None) -> QuerySet[Entity]:
    return _visible(Entity, actor, project_id)


def visible_views(*, actor: Actor, project_id: UUID | None = None, newest_only: bool = False) -> QuerySet[FeatureView]:
    rows = _visible(FeatureView, actor, project_id).select_related("entity", "created_by")
    if not newest_only:
        return rows
    newest = (
        FeatureView.objects.filter(tenant_id=actor.tenant_id).values("project_id", "name").annotate(n=Max("number"))
    )
    wanted = {(row["project_id"], row["name"], row["n"]) for row in newest}
    kept = [v.pk for v in rows.only("pk", "project_id", "name", "number") if (v.project_id, v.name, v.number) in wanted]
    return rows.filter(pk__in=kept)


def get_view(*, actor: Actor, view_id: UUID) -> FeatureView:
    return _one(visible_views(actor=actor).filter(pk=view_id), _("There is no such feature view here."))


def visible_training_sets(*, actor: Actor, project_id: UUID | None = None) -> QuerySet[TrainingSet]:
    return _visible(TrainingSet, actor, project_id).select_related("base_version__dataset", "created_by")


def get_training_set(*, actor: Actor, training_set_id: UUID) -> TrainingSet:
    return _one(visible_training_sets(actor=actor).filter(pk=training_set_id), _("There is no such training set here."))


def training_table(training_set: TrainingSet) -> TableAt:
    """Where the rows of a training set lie in the lake."""
    if training_set.state != BuildState.READY or training_set.lake_snapshot is None:
        raise Conflict(
            _("%(name)s has no rows yet: it is %(state)s.")
            % {"name": training_set, "state": BuildState(training_set.state).label}
        )
    return TableAt(training_set.lake_table, training_set.lake_snapshot)


def view_table(view: FeatureView) -> TableAt:
    """Where the computed rows of a feature view lie in the lake."""
    if view.state != BuildState.READY or view.lake_snapshot is None:
        raise Conflict(
            _("%(name)s has no rows yet: it is %(state)s.") % {"name": view, "state": BuildState(view.state).label}
        )
    return TableAt(view.lake_table, view.lake_snapshot)


def views_of(*, actor: Actor, training_set: TrainingSet) -> list[FeatureView]:
    """The feature views that a training set was joined from."""
    found = {
        v.pk: v for v in visible_views(actor=actor).filter(pk__in=[UUID(part["view"]) for part in training_set.views])
    }
    return [found[UUID(part["view"])] for part in training_set.views if UUID(part["view"]) in found]


def training_sets_of_version(*, actor: Actor, version_id: UUID) -> QuerySet[TrainingSet]:
    return visible_training_sets(actor=actor).filter(base_version_id=version_id)


def views_of_version(*, actor: Actor, version_id: UUID) -> list[FeatureView]:
    """The feature views that read a dataset version."""
    wanted = str(version_id)
    return [view for view in visible_views(actor=actor) if wanted in view.inputs.values()]


def _visible(model: Any, actor: Actor, project_id: UUID | None) -> QuerySet[Any]:
    access.require(actor, Permission.FEATURE_VIEW)
    rows = model.objects.filter(tenant_id=actor.tenant_id)
    for limit in filter(None, (project_id, actor.project_id)):
        rows = rows.filter(project_id=limit)
    return rows


def _one(rows: QuerySet[Any], sentence: str) -> Any:
    row = rows.first()
    if row is None:
        raise NotFound(sentence)
    return row
