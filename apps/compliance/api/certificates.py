from __future__ import annotations

from uuid import UUID

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.compliance import services
from apps.compliance.api.serializers import CertificateForm
from foundation.access import Permission
from foundation.web.api import PortalViewSet, etag
from foundation.web.downloads import shown

_EDITIONS = {
    (200, "application/json"): OpenApiTypes.OBJECT,
    (200, "application/pdf"): OpenApiTypes.BINARY,
    (200, "text/html"): OpenApiTypes.BINARY,
}


class ErasureCertificateViewSet(PortalViewSet):
    """What certifies an erasure; the erasures themselves are in the datasets' room below this one."""

    permissions = {"certificate": Permission.DATASET_DESTROY}

    @extend_schema(parameters=[CertificateForm], responses=_EDITIONS)
    @action(detail=True)
    def certificate(self, request: Request, pk: UUID) -> HttpResponseBase:
        """What was destroyed and where it is proven; with `form` as a PDF or a page. 409 before the erasure's end."""
        asked = CertificateForm(data=request.query_params)
        asked.is_valid(raise_exception=True)
        form = asked.validated_data["form"]
        if form == "json":
            document = services.certificate_document(actor=self.actor, erasure_id=pk)
            return Response(document, headers={"ETag": etag(document)})
        content, name, digest = services.certificate(actor=self.actor, erasure_id=pk, form=form)
        return shown(content, name=name, digest=digest)
