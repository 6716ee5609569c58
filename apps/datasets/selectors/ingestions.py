"""What is set up to come again and again, as far as the actor sees it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from apps.datasets.choices import IngestionState, VersionState
from apps.datasets.models import DatasetVersion, Ingestion
from foundation import access, jobs
from foundation.access import Permission
from foundation.errors import NotFound
from foundation.identity import Actor


def visible_ingestions(
    *,
    actor: Actor,
    project_id: UUID | None = None,
    dataset_id: UUID | None = None,
    with_binned: bool = False,
) -> QuerySet[Ingestion]:
    """Newest first, each with the version that it brought last (last_…), without how far it has read, which is long.

    `with_binned`: those in the bin as well, for archives.
    """
    used = Ingestion.everything if with_binned else Ingestion.objects
    rows = used.select_related("dataset", "connection", "after", "project", "created_by").defer("reached")
    rows = access.visible(rows, actor, Permission.DATASET_VIEW, project_id=project_id)
    last = DatasetVersion.objects.filter(ingestion=OuterRef("pk")).order_by("-created_at")
    rows = rows.annotate(
        last_id=Subquery(last.values("id")[:1]),
        last_state=Subquery(last.values("state")[:1]),
        last_at=Subquery(last.values("created_at")[:1]),
        last_failure=Subquery(last.values("failure")[:1]),
        last_words=Subquery(last.values("failure_words")[:1]),
    )
    return rows.filter(dataset_id=dataset_id) if dataset_id else rows


def troubled_ingestions(*, actor: Actor, project_id: UUID | None = None) -> QuerySet[Any]:
    """Those that somebody has to see to: the last time that was due was refused, or what was read last failed."""
    rows = visible_ingestions(actor=actor, project_id=project_id).filter(state=IngestionState.ACTIVE)
    return rows.filter(~Q(trouble="") | Q(last_state=VersionState.FAILED))


def get_ingestion(*, actor: Actor, ingestion_id: UUID) -> Ingestion:
    found = visible_ingestions(actor=actor).filter(pk=ingestion_id).first()
    if found is None:
        in_bin = access.visible(Ingestion.everything.exclude(binned_at=None), actor, Permission.DATASET_VIEW)
        if in_bin.filter(pk=ingestion_id).exists():
            raise NotFound(_("This ingestion is in the bin: nothing is read by it. Restore it first."))
        raise NotFound(_("There is no such ingestion here."))
    return found


def runs_of(*, actor: Actor, ingestion: Ingestion) -> QuerySet[DatasetVersion]:
    """The versions that it brought or tried to bring, newest first; those for which nothing new was found as well.

    Each with when its reading began and ended (`read_from`, `read_until`), where the actor may see the job.
    """
    rows = DatasetVersion.objects.select_related("dataset", "created_by", "project").filter(ingestion=ingestion)
    work = jobs.visible_jobs(actor=actor).filter(subject_kind="dataset_version", subject_id=OuterRef("pk"))
    work = work.filter(name="datasets.pull").order_by("-created_at")
    rows = rows.annotate(
        read_from=Subquery(work.values("started_at")[:1]), read_until=Subquery(work.values("finished_at")[:1])
    )
    return access.visible(rows, actor, Permission.DATASET_VIEW).order_by("-created_at")


def ingestions_through(connection_id: UUID) -> list[str]:
    """What is read through a connection again and again, in words."""
    return [str(row) for row in Ingestion.objects.filter(connection_id=connection_id).select_related("dataset")]
