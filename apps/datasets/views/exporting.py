"""A version's rows as a file of one of several formats."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from apps.datasets import services
from apps.datasets.choices import ExportFormat
from apps.datasets.views.things import version_of
from foundation import access
from foundation.access import Permission
from foundation.errors import NotFound
from foundation.web.downloads import attached
from foundation.web.requests import PortalRequest


@access.page(Permission.DATASET_VIEW)
@require_GET
def version_download(
    request: PortalRequest, tenant: str, project: str, version_id: UUID, form: str
) -> HttpResponseBase:
    version = version_of(request, version_id)
    if form not in ExportFormat.values:
        raise NotFound(_("Rows can be had as Parquet, CSV, Arrow, or as a Delta Lake or Iceberg table."))
    rows = services.export_stream(actor=request.actor, version=version, form=form)
    return attached(rows, name=services.export_name(request.actor, version, form), kind=ExportFormat(form).media_type)


def export_files(request: PortalRequest, version: Any) -> list[dict[str, str]]:
    """Each format with the address of its file."""
    where = [request.tenant.slug, request.project.slug, version.pk]
    return [
        {"label": str(form.label), "url": reverse("datasets:version_download", args=[*where, form.value])}
        for form in ExportFormat
    ]
