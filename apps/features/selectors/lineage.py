"""How feature views and training sets stand in the picture of lineage: found many at a time, with their columns."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from uuid import UUID, uuid5

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.features.choices import BuildState, ColumnRole
from apps.features.models import FeatureView, OnDemandView, TrainingSet
from apps.features.selectors.masking import digest_for
from apps.features.selectors.reading import destroyed_in_words, visible_training_sets, visible_views
from foundation.identity import Actor
from foundation.web.lineage import ColumnReference, Reference, Thing, Whole


def view_things(actor: Actor, ids: Collection[UUID]) -> Iterator[Thing]:
    """Feature views among these that the actor may see."""
    for view in visible_views(actor=actor).filter(pk__in=ids).defer("first_profile"):
        inputs: dict[str, Reference] = {alias: ("dataset_version", UUID(pk)) for alias, pk in view.inputs.items()}
        yield Thing(
            kind="feature_view",
            pk=view.pk,
            name=str(view),
            project_id=view.project_id,
            project=view.project.slug,
            url=reverse("features:view_detail", args=[actor.tenant.slug, view.project.slug, view.pk]),
            state=view.state,
            state_label=str(BuildState(view.state).label),
            at=view.created_at,
            digest=digest_for(actor, view) or view.definition_digest,
            part_of=Whole("feature_views", uuid5(view.project_id, f"view {view.name}"), view.name),
            made_from=tuple(dict.fromkeys(inputs.values())),
            columns=tuple(view.feature_names),
            sources={feature["name"]: _sources(feature.get("from"), inputs) for feature in view.features},
            broken_reason=destroyed_in_words(view),
        )


def _sources(told: list[list[str]] | None, inputs: dict[str, Reference]) -> tuple[ColumnReference, ...] | None:
    """What was told of a feature when its view was defined; views of before, and what cannot be told: None."""
    return None if told is None else tuple((inputs[alias], column) for alias, column in told if alias in inputs)


def training_set_things(actor: Actor, ids: Collection[UUID]) -> Iterator[Thing]:
    """Training sets among these that the actor may see."""
    for row in visible_training_sets(actor=actor).filter(pk__in=ids):
        violations = row.leakage_proof.get("violations", 0)
        leaked = str(_("%(count)d values are younger than their label") % {"count": violations}) if violations else ""
        views: list[Reference] = [("feature_view", UUID(part["view"])) for part in row.views]
        yield Thing(
            kind="training_set",
            pk=row.pk,
            name=str(row),
            project_id=row.project_id,
            project=row.project.slug,
            url=reverse("features:training_set_detail", args=[actor.tenant.slug, row.project.slug, row.pk]),
            state=row.state,
            state_label=str(BuildState(row.state).label),
            at=row.created_at,
            digest=digest_for(actor, row),
            part_of=Whole("training_sets", uuid5(row.project_id, f"set {row.name}"), row.name),
            made_from=(*views, *_on_demand(row), ("dataset_version", row.base_version_id)),
            columns=tuple(column["name"] for column in row.columns if column["role"] != ColumnRole.PROOF),
            sources=_columns(row),
            broken_reason=destroyed_in_words(row) or leaked,
        )


def _on_demand(row: TrainingSet) -> list[Reference]:
    return [("on_demand_view", UUID(part["id"])) for part in row.on_demand]


def _columns(row: TrainingSet) -> dict[str, tuple[ColumnReference, ...] | None]:
    """Each column with the view it was joined from, the on-demand features it is one of, or the base version."""
    of_view = {feature: ("feature_view", UUID(part["view"])) for part in row.views for feature in part["features"]}
    base: Reference = ("dataset_version", row.base_version_id)
    found: dict[str, tuple[ColumnReference, ...] | None] = {}
    for column in row.columns:
        name, source = column["name"], column.get("source", "")
        if column["role"] == ColumnRole.PROOF:
            continue
        found[name] = ((base if source == "base" else of_view.get(name, base), name),)
    for part in row.on_demand:
        # Which values of the request each one takes stands in the view; that they are of the base is told of all.
        given = tuple((base, column) for column in dict.fromkeys(part["request"].values()))
        found |= {name: ((("on_demand_view", UUID(part["id"])), name), *given) for name in part["features"]}
    return found


def made_of_versions(actor: Actor, ids: Collection[UUID]) -> Iterable[tuple[UUID, Reference]]:
    """Feature views and training sets that were made of dataset versions, in the whole tenant."""
    wanted = {str(pk): pk for pk in ids}
    views = FeatureView.objects.filter(tenant_id=actor.tenant_id).values_list("pk", "inputs")
    for pk, inputs in views:
        yield from ((wanted[of], ("feature_view", pk)) for of in set(inputs.values()) if of in wanted)
    sets = TrainingSet.objects.filter(tenant_id=actor.tenant_id, base_version_id__in=ids)
    yield from ((of, ("training_set", pk)) for pk, of in sets.values_list("pk", "base_version_id"))


def made_of_views(actor: Actor, ids: Collection[UUID]) -> Iterable[tuple[UUID, Reference]]:
    """Training sets that were joined from feature views, and what is made of these on demand, in the whole tenant."""
    wanted = {str(pk): pk for pk in ids}
    for pk, uses in OnDemandView.objects.filter(tenant_id=actor.tenant_id).values_list("pk", "uses"):
        for of in {part["view"] for part in uses} & set(wanted):
            yield wanted[of], ("on_demand_view", pk)
    for pk, views in TrainingSet.objects.filter(tenant_id=actor.tenant_id).values_list("pk", "views"):
        for of in {part["view"] for part in views} & set(wanted):
            yield wanted[of], ("training_set", pk)


def made_on_demand(actor: Actor, ids: Collection[UUID]) -> Iterable[tuple[UUID, Reference]]:
    """Training sets that have on-demand features of these, in the whole tenant."""
    wanted = {str(pk): pk for pk in ids}
    rows = TrainingSet.objects.filter(tenant_id=actor.tenant_id).exclude(on_demand=[])
    for pk, parts in rows.values_list("pk", "on_demand"):
        for of in {part["id"] for part in parts} & set(wanted):
            yield wanted[of], ("training_set", pk)
