"""What is set up to come again and again, as far as the actor sees it."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.datasets.models import DatasetVersion, Ingestion
from foundation import access
from foundation.access import Permission
from foundation.errors import NotFound
from foundation.identity import Actor


def visible_ingestions(
    *, actor: Actor, project_id: UUID | None = None, dataset_id: UUID | None = None
) -> QuerySet[Ingestion]:
    """Newest first; how far each has read is left out, since it may be long."""
    rows = Ingestion.objects.select_related("dataset", "connection", "after", "project", "created_by").defer("reached")
    rows = access.visible(rows, actor, Permission.DATASET_VIEW, project_id=project_id)
    return rows.filter(dataset_id=dataset_id) if dataset_id else rows


def get_ingestion(*, actor: Actor, ingestion_id: UUID) -> Ingestion:
    found = visible_ingestions(actor=actor).filter(pk=ingestion_id).first()
    if found is None:
        raise NotFound(_("There is no such ingestion here."))
    return found


def runs_of(*, actor: Actor, ingestion: Ingestion) -> QuerySet[DatasetVersion]:
    """The versions that it brought or tried to bring, newest first; those for which nothing new was found as well."""
    rows = DatasetVersion.objects.select_related("dataset", "created_by", "project").filter(ingestion=ingestion)
    return access.visible(rows, actor, Permission.DATASET_VIEW).order_by("-created_at")


def ingestions_through(connection_id: UUID) -> list[str]:
    """What is read through a connection again and again, in words."""
    return [str(row) for row in Ingestion.objects.filter(connection_id=connection_id).select_related("dataset")]
