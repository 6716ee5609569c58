"""The tenant's archives: asked for, watched while they are made, fetched."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.tenants import selectors, services
from apps.tenants.api.export_serializers import ExportSerializer
from foundation.access import Permission
from foundation.web.api import PortalViewSet
from foundation.web.downloads import attached

_ZIP = "application/zip"


class ExportViewSet(PortalViewSet):
    """One ZIP with everything that the organisation brought, made by a job, kept for some days."""

    serializer_class = ExportSerializer
    permissions = dict.fromkeys(("list", "retrieve", "create", "archive"), Permission.TENANT_MANAGE)

    def list(self, request: Request) -> Response:
        rows = selectors.exports(actor=self.actor)
        return self.pages(rows, self.serializer_class, ordering=("-asked_at", "-id"))

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, selectors.get_export(actor=self.actor, export_id=pk))

    @extend_schema(request=None, responses={202: ExportSerializer})
    def create(self, request: Request) -> Response:
        """Have an archive made; one at a time. Its `job` is cancelled under `/jobs/`."""
        export = services.ask_for_export(actor=self.actor)
        return self.answer(self.serializer_class, export, status=202)

    @extend_schema(responses={(200, _ZIP): OpenApiTypes.BINARY})
    @action(detail=True)
    def archive(self, request: Request, pk: UUID) -> HttpResponseBase:
        """The ZIP, until `expires_at`; that it was fetched stands on the ledger."""
        export = selectors.get_export(actor=self.actor, export_id=pk)
        content = services.fetch_export(actor=self.actor, export=export)
        return attached(content, name=f"{self.actor.tenant.slug}-{export}.zip", kind=_ZIP)
