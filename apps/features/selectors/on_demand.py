"""On-demand features that an actor may see, and what of them is masked."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from uuid import UUID, uuid5

from django.db.models import OuterRef, QuerySet, Subquery
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from apps.features.choices import GONE
from apps.features.models import FeatureService, FeatureView, OnDemandView, TrainingSet
from apps.features.selectors.masking import masks_of_view
from apps.features.selectors.reading import get_view
from foundation import access
from foundation.access import Permission
from foundation.errors import NotFound
from foundation.identity import Actor
from foundation.web.lineage import Reference, Thing, Whole


def visible_on_demand_views(
    *, actor: Actor, project_id: UUID | None = None, newest_only: bool = False, removed: bool = False
) -> QuerySet[OnDemandView]:
    """What can be chosen and asked; with `removed` also what was removed, for those who ask what it was."""
    rows = access.visible(OnDemandView.objects.all(), actor, Permission.FEATURE_VIEW, project_id=project_id)
    rows = rows.select_related("created_by", "owner", "project", "deprecated_for")
    if not removed:
        rows = rows.filter(removed_at=None)
    if not newest_only:
        return rows
    same = OnDemandView.objects.filter(project_id=OuterRef("project_id"), name=OuterRef("name"), removed_at=None)
    return rows.filter(number=Subquery(same.order_by("-number").values("number")[:1]))


def get_on_demand_view(*, actor: Actor, on_demand_id: UUID, removed: bool = False) -> OnDemandView:
    """NotFound where there is none to see; of a removed one it says so, unless `removed` asks what it was."""
    view = visible_on_demand_views(actor=actor, removed=True).filter(pk=on_demand_id).first()
    if view is None:
        raise NotFound(_("There are no such on-demand features here."))
    if view.removed_at is not None and not removed:
        raise NotFound(f"{view}: {removed_in_words(view)}")
    return view


def removed_in_words(view: OnDemandView) -> str:
    """Why nobody can ask it any more; empty where one can."""
    if view.removed_at is None:
        return ""
    if view.binned:
        return _("It lies in the bin.")
    day = date_format(localtime(view.removed_at))
    return _("Removed on %(day)s. Its digest says what it was.") % {"day": day}


def versions_of_on_demand(*, actor: Actor, view: OnDemandView) -> QuerySet[OnDemandView]:
    """All versions, newest first."""
    return visible_on_demand_views(actor=actor, project_id=view.project_id).filter(name=view.name).order_by("-number")


def views_used(*, actor: Actor, view: OnDemandView) -> list[FeatureView]:
    """The feature views that the expressions name features of."""
    return [get_view(actor=actor, view_id=UUID(pk)) for pk in view.view_ids]


def views_gone(*, actor: Actor, view: OnDemandView) -> list[FeatureView]:
    """Those of them of which there are no rows any more: it answers nothing online, and its next version is needed."""
    return [one for one in views_used(actor=actor, view=view) if one.state in GONE]


def on_demand_of_service(*, actor: Actor, service: FeatureService) -> list[tuple[OnDemandView, list[str]]]:
    """The on-demand features of a service, each with the names that it takes of them.

    Of a service in the bin they may lie there, too.
    """
    rows = visible_on_demand_views(actor=actor, project_id=service.project_id, removed=True)
    found = {str(view.pk): view for view in rows.filter(pk__in=[part["id"] for part in service.on_demand])}
    return [(found[part["id"]], part["features"]) for part in service.on_demand if part["id"] in found]


def masked_inputs(actor: Actor, view: OnDemandView) -> set[str]:
    """Features of views among the inputs that the actor sees masked; what a request brings is its sender's own."""
    masked = {part: set(masks_of_view(actor, part)) for part in views_used(actor=actor, view=view)}
    taken = {UUID(part["view"]): set(part["features"]) for part in view.uses}
    return {name for one, names in masked.items() for name in names & taken[one.pk]}


def on_demand_of(*, actor: Actor, training_set: TrainingSet) -> list[OnDemandView]:
    """The on-demand features that a training set has."""
    ids = [UUID(part["id"]) for part in training_set.on_demand]
    return list(visible_on_demand_views(actor=actor).filter(pk__in=ids))


def training_sets_with(*, actor: Actor, on_demand_id: UUID) -> list[TrainingSet]:
    """The training sets that have features of it, newest first."""
    rows = access.visible(TrainingSet.objects.all(), actor, Permission.FEATURE_VIEW).select_related("project")
    return list(rows.filter(on_demand__contains=[{"id": str(on_demand_id)}]))


def on_demand_things(actor: Actor, ids: Collection[UUID]) -> Iterator[Thing]:
    """On-demand features among these that the actor may see, for the picture of lineage."""
    for view in visible_on_demand_views(actor=actor, removed=True).filter(pk__in=ids):
        of_view: dict[str, Reference] = {
            name: ("feature_view", UUID(part["view"])) for part in view.uses for name in part["features"]
        }
        yield Thing(
            kind="on_demand_view",
            pk=view.pk,
            name=str(view),
            project_id=view.project_id,
            project=view.project.slug,
            url=reverse("features:on_demand_detail", args=[actor.tenant.slug, view.project.slug, view.pk]),
            at=view.created_at,
            digest=view.definition_digest,
            part_of=Whole("on_demand_views", uuid5(view.project_id, f"on demand {view.name}"), view.name),
            made_from=tuple(dict.fromkeys(of_view.values())),
            columns=tuple(view.feature_names),
            sources={
                one["name"]: tuple((of_view[name], name) for name in one["from"] if name in of_view)
                for one in view.features
            },
            broken_reason=removed_in_words(view),
        )
