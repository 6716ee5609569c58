"""Features of the past that somebody asked for: everybody in the project sees that, whoever asked reads the rows."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.datasets import selectors as datasets
from apps.features.choices import BuildState
from apps.features.models import FeatureView, Retrieval, TrainingSet
from apps.features.selectors.masking import masks_of_view
from foundation import access, jobs
from foundation.access import Permission
from foundation.errors import NotFound
from foundation.identity import Actor
from foundation.lake.ports import TableAt


def visible_retrievals(*, actor: Actor, project_id: UUID | None = None) -> QuerySet[Retrieval]:
    rows = Retrieval.objects.select_related("project")
    found: QuerySet[Retrieval] = access.visible(rows, actor, Permission.FEATURE_VIEW, project_id=project_id)
    return found


def get_retrieval(*, actor: Actor, retrieval_id: UUID) -> Retrieval:
    row = visible_retrievals(actor=actor).filter(pk=retrieval_id).first()
    if row is None:
        raise NotFound(_("There are no such features of the past here; they are kept for a day."))
    return row


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
    for column in retrieval.columns:
        mask = of_views.get(column.get("view", ""), {}).get(column.get("feature", ""))
        if mask is not None:
            masks[column["name"]] = mask
    return masks


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
