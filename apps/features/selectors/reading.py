"""Reads of the feature store, each limited to what the actor may see."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Count, Func, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from apps.features.choices import BuildState
from apps.features.models import Entity, FeatureService, FeatureView, OnDemandView, Retrieval, TrainingSet
from foundation import access
from foundation.access import Permission
from foundation.errors import Conflict, NotFound
from foundation.figures import number
from foundation.identity import Actor
from foundation.lake.ports import TableAt

# What failed or was cancelled and then cleared away: its number is on record, and nothing else of it. What lies in
# the bin is found there.
_UNLISTED = Q(state=BuildState.DESTROYED, digest="") | Q(state=BuildState.BINNED)
# What somebody removed is no version to go on from, in the bin as when its days there are over.
_REMOVED = Q(state__in=(BuildState.DESTROYING, BuildState.DESTROYED), removed=True)


def visible_entities(*, actor: Actor, project_id: UUID | None = None) -> QuerySet[Entity]:
    return _visible(Entity, actor, project_id)


def visible_views(*, actor: Actor, project_id: UUID | None = None, newest_only: bool = False) -> QuerySet[FeatureView]:
    rows = _visible(FeatureView, actor, project_id).select_related(
        "entity", "created_by", "owner", "project", "deprecated_for"
    )
    if not newest_only:
        return rows
    rows = rows.exclude(_UNLISTED | _REMOVED)
    same = FeatureView.objects.filter(project_id=OuterRef("project_id"), name=OuterRef("name"))
    same = same.exclude(_UNLISTED | _REMOVED).order_by("-number")
    return rows.filter(number=Subquery(same.values("number")[:1]))


def get_view(*, actor: Actor, view_id: UUID) -> FeatureView:
    return _one(visible_views(actor=actor).filter(pk=view_id), _("There is no such feature view here."))


def listed_views(*, actor: Actor, project_id: UUID) -> QuerySet[FeatureView]:
    """All versions but those in the bin, and those that were cleared away before they ever had rows."""
    return visible_views(actor=actor, project_id=project_id).exclude(_UNLISTED)


def listed_training_sets(*, actor: Actor, project_id: UUID) -> QuerySet[TrainingSet]:
    """The same of training sets."""
    return visible_training_sets(actor=actor, project_id=project_id).exclude(_UNLISTED)


def visible_training_sets(*, actor: Actor, project_id: UUID | None = None) -> QuerySet[TrainingSet]:
    return _visible(TrainingSet, actor, project_id).select_related(
        "base_version__dataset", "created_by", "project", "service"
    )


def get_training_set(*, actor: Actor, training_set_id: UUID) -> TrainingSet:
    return _one(visible_training_sets(actor=actor).filter(pk=training_set_id), _("There is no such training set here."))


def leakage_in_words(training_set: TrainingSet) -> str:
    """What the proof counted; a zero would read as proven where no event time was there to count by."""
    proof = training_set.leakage_proof
    if not proof:
        return ""
    if not proof.get("by_time"):
        return _("There is no event time, so nothing could be counted.")
    values = {"count": f"{proof['violations']:,}", "rows": f"{proof['rows']:,}"}
    counted = _("%(count)s of %(rows)s rows, counted") % values
    return f"{counted}. {_seen_early(proof)}" if training_set.ignores_known_since else counted


def early_in_words(thing: TrainingSet | Retrieval) -> str:
    """The warning about who opted out of when values became known; empty where nobody did."""
    if not thing.ignores_known_since:
        return ""
    said = _("Corrections are seen early here: values count from their event time on, though they became known later.")
    return f"{said} {_seen_early(thing.leakage_proof)}" if thing.leakage_proof else said


def _seen_early(proof: dict[str, Any]) -> str:
    said = _("%(count)s values were not known yet at their row's time.")
    return said % {"count": number(proof.get("early", 0))}


def oldest_of(count: dict[str, Any]) -> float | None:
    """Of one view in a proof: how long before its label the oldest value's event lies, in seconds."""
    found = count.get("oldest_us")
    return None if found is None else found / 1e6


def times_in_words() -> str:
    """The rule about zones, said with every answer."""
    return _("Times without a zone are UTC, in the rows as in the views; a day is its midnight in UTC.")


def destroyed_in_words(thing: FeatureView | TrainingSet) -> str:
    """Why there are no rows to read (any more); empty where there are."""
    if thing.state == BuildState.BINNED:
        return _("It lies in the bin.")
    if thing.state == BuildState.DESTROYING and (getattr(thing, "removed", False) or not thing.digest):
        return _("It is being removed.")
    if thing.state == BuildState.DESTROYING:
        return _("Its content is being destroyed: a person was erased from what it was made of.")
    if thing.state == BuildState.DESTROYED and thing.destroyed_at is not None:
        day = date_format(localtime(thing.destroyed_at))
        if not thing.digest:
            return _("Removed on %(day)s. It never had rows.") % {"day": day}
        if getattr(thing, "removed", False):
            return _("Removed on %(day)s. Its digest says what it was.") % {"day": day}
        return _("Content destroyed on %(day)s, reason: erasure of a person. Its digest says what it was.") % {
            "day": day
        }
    return ""


def check_not_destroyed(thing: FeatureView | TrainingSet) -> None:
    """Conflict where the content was destroyed, with the name of the thing and the reason."""
    if said := destroyed_in_words(thing):
        raise Conflict(_("%(name)s: %(reason)s Take another version.") % {"name": thing, "reason": said})


def training_table(training_set: TrainingSet) -> TableAt:
    """Where the rows of a training set lie in the lake."""
    check_not_destroyed(training_set)
    if training_set.state != BuildState.READY or training_set.lake_snapshot is None:
        raise Conflict(_("%(name)s has no rows yet: it is %(state)s.") % _named(training_set))
    return TableAt(training_set.lake_table, training_set.lake_snapshot)


def view_table(view: FeatureView) -> TableAt:
    """Where the computed rows of a feature view lie in the lake."""
    check_not_destroyed(view)
    if view.state != BuildState.READY or view.lake_snapshot is None:
        raise Conflict(_("%(name)s has no rows yet: it is %(state)s.") % _named(view))
    return TableAt(view.lake_table, view.lake_snapshot)


def kept_table(thing: FeatureView | TrainingSet) -> TableAt:
    """Where rows lie that are there, those of the bin as well: for whoever looks after them, and no reader."""
    if thing.lake_snapshot is None:
        raise Conflict(_("%(name)s has no rows yet: it is %(state)s.") % _named(thing))
    return TableAt(thing.lake_table, thing.lake_snapshot)


def _named(thing: FeatureView | TrainingSet) -> dict[str, Any]:
    return {"name": thing, "state": BuildState(thing.state).label}


def views_of(*, actor: Actor, training_set: TrainingSet) -> list[FeatureView]:
    """The feature views that a training set was joined from."""
    found = {
        v.pk: v for v in visible_views(actor=actor).filter(pk__in=[UUID(part["view"]) for part in training_set.views])
    }
    return [found[UUID(part["view"])] for part in training_set.views if UUID(part["view"]) in found]


def columns_meant(*, actor: Actor, project_id: UUID, column: str) -> set[str]:
    """The column and the join keys that training sets of the project join it to: other names of the same thing."""
    parts = [part for row in visible_training_sets(actor=actor, project_id=project_id) for part in row.views]
    return {column, *(key for part in parts for key, base in part["keys"].items() if base == column)}


def training_sets_of_version(*, actor: Actor, version_id: UUID) -> QuerySet[TrainingSet]:
    return visible_training_sets(actor=actor).filter(base_version_id=version_id)


def views_of_version(*, actor: Actor, version_id: UUID) -> list[FeatureView]:
    """The feature views that read a dataset version."""
    return list(visible_views(actor=actor).filter(pk__in=_reading(version_id)))


def is_read_by_views(version_id: UUID) -> bool:
    """Whether any feature view reads this dataset version; for the portal itself, in the tenant's scope."""
    return bool(_reading(version_id))


def _reading(version_id: UUID) -> list[UUID]:
    wanted = str(version_id)
    return [pk for pk, inputs in FeatureView.objects.values_list("pk", "inputs") if wanted in inputs.values()]


def versions_of_view(*, actor: Actor, view: FeatureView) -> QuerySet[FeatureView]:
    """All versions of the feature view that are listed, newest first."""
    return listed_views(actor=actor, project_id=view.project_id).filter(name=view.name).order_by("-number")


def summary(*, actor: Actor, project_id: UUID) -> dict[str, int]:
    """How many views and training sets there are, and how many of their newest versions are not as they should be."""
    building = Count("pk", filter=Q(state=BuildState.BUILDING))
    found: dict[str, int] = visible_views(actor=actor, project_id=project_id, newest_only=True).aggregate(
        views=Count("pk"),
        in_views=Coalesce(Sum(_length()), 0),
        failed=Count("pk", filter=Q(state=BuildState.FAILED)),
        offline=Count("pk", filter=Q(state=BuildState.READY, online_at=None)),
        stale=Count("pk", filter=Q(state=BuildState.READY, stale_since__isnull=False)),
        in_work=building,
    )
    sets = listed_training_sets(actor=actor, project_id=project_id).aggregate(sets=Count("pk"), in_work=building)
    computed = visible_newest_on_demand(actor=actor, project_id=project_id).aggregate(
        n=Coalesce(Sum(_length()), 0), names=Count("pk")
    )
    there = FeatureService.objects.filter(removed_at=None)
    services = access.visible(there, actor, Permission.FEATURE_VIEW, project_id=project_id)
    return {
        **{name: found[name] for name in ("views", "failed", "offline", "stale")},
        "entities": visible_entities(actor=actor, project_id=project_id).count(),
        "services": services.values("name").distinct().count(),
        "features": found["in_views"],
        "catalogued": found["in_views"] + computed["n"],
        "sets": sets["sets"],
        "on_demand": computed["names"],
        "history": _visible(Retrieval, actor, project_id).count(),
        "building": found["in_work"] + sets["in_work"],
    }


def _length() -> Func:
    """How many features a view has."""
    return Func("features", function="jsonb_array_length", output_field=IntegerField())


def visible_newest_on_demand(*, actor: Actor, project_id: UUID | None) -> QuerySet[OnDemandView]:
    there = OnDemandView.objects.filter(removed_at=None)
    same = there.filter(project_id=OuterRef("project_id"), name=OuterRef("name")).order_by("-number")
    rows: QuerySet[OnDemandView] = _visible(OnDemandView, actor, project_id)
    return rows.filter(number=Subquery(same.values("number")[:1]))


def _visible(model: Any, actor: Actor, project_id: UUID | None) -> QuerySet[Any]:
    rows: QuerySet[Any] = model.objects.all()
    return access.visible(rows, actor, Permission.FEATURE_VIEW, project_id=project_id)


def _one(rows: QuerySet[Any], sentence: str) -> Any:
    row = rows.first()
    if row is None:
        raise NotFound(sentence)
    return row
