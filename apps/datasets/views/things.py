"""The things that addresses name: those of the page's project, never another's."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.datasets import selectors
from foundation.errors import NotFound
from foundation.web.requests import PortalRequest, in_project


def dataset_of(request: PortalRequest, dataset_id: UUID) -> Any:
    return in_project(request, selectors.get_dataset(actor=request.actor, dataset_id=dataset_id))


def version_of(request: PortalRequest, version_id: UUID) -> Any:
    return in_project(request, selectors.get_version(actor=request.actor, version_id=version_id))


def ingestion_of(request: PortalRequest, ingestion_id: UUID) -> Any:
    return in_project(request, selectors.get_ingestion(actor=request.actor, ingestion_id=ingestion_id))


def columns_there(request: PortalRequest, asked: str) -> list[str]:
    """The columns of the newest version of the dataset that a form names; none where there is none."""
    if not asked:
        return []
    newest = selectors.latest_ready(dataset_of(request, as_id(asked)))
    return newest.column_names if newest else []


def as_id(text: str) -> UUID:
    """An id out of a query string; what is none names nothing."""
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound(_("There is no such thing in this project.")) from error


def address(request: PortalRequest, name: str, *args: Any) -> str:
    """The address of a page of this app in the request's project."""
    return reverse(f"datasets:{name}", args=[request.tenant.slug, request.project.slug, *args])


def first_sql(request: PortalRequest) -> str:
    """A query to begin with: everything of the first dataset that has rows."""
    rows = selectors.visible_datasets(actor=request.actor, project_id=request.project.pk)
    first = next((d for d in rows if getattr(d, "latest_id", None)), None)
    return f"SELECT *\nFROM {selectors.sql_name(first)}" if first else ""
