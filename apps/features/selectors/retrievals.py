"""Features of the past that somebody asked for: everybody in the project sees that, whoever asked reads the rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.datasets import selectors as datasets
from apps.features.choices import BuildState
from apps.features.models import FeatureService, FeatureView, OnDemandView, Retrieval, TrainingSet
from apps.features.selectors.masking import masks_of_view
from apps.features.selectors.on_demand import visible_on_demand_views
from apps.features.selectors.reading import visible_views
from apps.features.selectors.registry import visible_services
from foundation import access, jobs
from foundation.access import Permission
from foundation.errors import NotFound
from foundation.identity import Actor
from foundation.lake.ports import TableAt

# A feature that is joined for an on-demand one alone is called so, and is gone once that is reckoned.
HIDDEN = "__of_"


def visible_retrievals(*, actor: Actor, project_id: UUID | None = None) -> QuerySet[Retrieval]:
    rows = Retrieval.objects.select_related("project", "created_by")
    found: QuerySet[Retrieval] = access.visible(rows, actor, Permission.FEATURE_VIEW, project_id=project_id)
    return found


def get_retrieval(*, actor: Actor, retrieval_id: UUID) -> Retrieval:
    row = visible_retrievals(actor=actor).filter(pk=retrieval_id).first()
    if row is None:
        raise NotFound(_("There are no such features of the past here; they are kept for a day."))
    return row


def features_asked(retrieval: Retrieval) -> list[str]:
    """What the features are called that were asked for, in their order."""
    parts = (*retrieval.views, *retrieval.on_demand)
    return [name for part in parts for name in part["names"] if not name.startswith(HIDDEN)]


@dataclass(frozen=True)
class AskedParts:
    """`parts`: each view or on-demand features, what is wanted of it, and {join key or value: column of the rows}.

    `hidden` is how many of them the reader does not see.
    """

    parts: list[tuple[FeatureView | OnDemandView, list[str], dict[str, str]]]
    hidden: int
    service: FeatureService | None


def parts_of_retrieval(*, actor: Actor, retrieval: Retrieval) -> AskedParts:
    views = visible_views(actor=actor).filter(pk__in=[UUID(part["view"]) for part in retrieval.views])
    computed = visible_on_demand_views(actor=actor, removed=True).filter(
        pk__in=[UUID(part["id"]) for part in retrieval.on_demand]
    )
    seen: dict[str, Any] = {str(thing.pk): thing for thing in (*views, *computed)}
    told = [(part["view"], part, part["keys"]) for part in retrieval.views]
    told += [(part["id"], part, part["request"]) for part in retrieval.on_demand]
    parts = [
        (seen[pk], [n for n in part["names"] if not n.startswith(HIDDEN)], by) for pk, part, by in told if pk in seen
    ]
    services = visible_services(actor=actor)
    service = services.filter(pk=retrieval.service_id).first() if retrieval.service_id else None
    return AskedParts(parts, len(told) - len(parts), service)


def progress_of(actor: Actor, retrieval: Retrieval) -> tuple[str, float | None]:
    """What its job is doing, in words, and how much is done in percent; nothing where none is at work."""
    if retrieval.state != BuildState.BUILDING:
        return "", None
    job = jobs.jobs_of(actor=actor, subject=("retrieval", retrieval.pk)).first()
    return (job.step, job.percent) if job else ("", None)


def retrieval_table(retrieval: Retrieval) -> TableAt:
    """Where the rows lie in the lake; once they are there."""
    return TableAt(retrieval.lake_table, retrieval.lake_snapshot or 0)


def masks_of_retrieval(actor: Actor, retrieval: Retrieval) -> datasets.Masks:
    """What was sent is seen as it was sent; what was read, as it is masked where it comes from."""
    masks: dict[str, datasets.Mask] = {}
    if retrieval.base_version_id is not None and not datasets.may_see_clear(actor, retrieval):
        version = datasets.versions_by_id({retrieval.base_version_id})[0]
        masks |= datasets.covered_masks(version)
    ids = {UUID(part["view"]) for part in retrieval.views}
    views = FeatureView.objects.filter(tenant_id=retrieval.tenant_id, pk__in=ids).select_related("entity")
    of_views = {str(view.pk): masks_of_view(actor, view) for view in views}
    base = dict(masks)
    for column in retrieval.columns:
        mask = of_views.get(column.get("view", ""), {}).get(column.get("feature", ""))
        if mask is not None:
            masks[column["name"]] = mask
    return masks | _derived(retrieval, base, of_views)


def _derived(
    retrieval: Retrieval, base: datasets.Masks, of_views: Mapping[str, datasets.Masks]
) -> dict[str, datasets.Mask]:
    """An on-demand feature is covered where anything that it is made of is: it would tell of it."""
    rows = OnDemandView.objects.filter(pk__in=[UUID(part["id"]) for part in retrieval.on_demand])
    views = {str(view.pk): view for view in rows.filter(tenant_id=retrieval.tenant_id)}
    found: dict[str, datasets.Mask] = {}
    for part in retrieval.on_demand:
        view = views[part["id"]]
        made = {one["name"]: one["from"] for one in view.features}
        covered = {value for value, column in part["request"].items() if column in base}
        covered |= {name for use in view.uses for name in use["features"] if name in of_views.get(use["view"], {})}
        hidden = {name for name in part["features"] if covered & set(made[name])}
        names = dict(zip(part["features"], part["names"], strict=True))
        found |= {names[name]: datasets.hidden for name in hidden}
    return found


def retrieval_tables_named(tenant_id: UUID) -> list[TableAt]:
    """The tables that retrievals are read from, each at its snapshot."""
    rows = Retrieval.objects.filter(tenant_id=tenant_id, state=BuildState.READY)
    return [TableAt(row.lake_table, row.lake_snapshot) for row in rows if row.lake_snapshot is not None]


def retrievals_over(tenant_id: UUID, ids: Collection[UUID]) -> list[UUID]:
    """Of these retrievals, those that ended without rows, or are gone."""
    there = Retrieval.objects.filter(tenant_id=tenant_id, pk__in=ids, state__in=[BuildState.READY, BuildState.BUILDING])
    return sorted(set(ids) - set(there.values_list("pk", flat=True)))


def joins_over(tenant_id: UUID, ids: Collection[UUID]) -> list[UUID]:
    """Of these training sets and retrievals, those that nobody is joining any more."""
    joining = {"tenant_id": tenant_id, "pk__in": ids, "state": BuildState.BUILDING}
    open_ = {*Retrieval.objects.filter(**joining).values_list("pk", flat=True)}
    open_ |= {*TrainingSet.objects.filter(**joining).values_list("pk", flat=True)}
    return sorted(set(ids) - open_)


def retrievals_of(tenant_id: UUID, made_of: Collection[UUID]) -> QuerySet[Retrieval]:
    """Those that rest on any of these views or dataset versions; for the portal itself, in the tenant's scope."""
    of = {str(pk) for pk in made_of}
    rows = Retrieval.objects.filter(tenant_id=tenant_id)
    found = [
        row.pk
        for row in rows.only("pk", "views", "base_version_id")
        if str(row.base_version_id) in of or of & {part["view"] for part in row.views}
    ]
    return rows.filter(pk__in=found)
