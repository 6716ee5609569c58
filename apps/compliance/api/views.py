from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.compliance import selectors, services
from apps.compliance.api import serializers
from apps.projects import selectors as projects
from foundation import ledger
from foundation.access import Permission
from foundation.clock import now
from foundation.web.api import PortalViewSet
from foundation.web.downloads import JSON_LINES, attached, shown

_BYTES = {(200, "application/octet-stream"): OpenApiTypes.BINARY}


class ReportViewSet(PortalViewSet):
    """Compliance reports of model versions, as JSON, PDF and HTML."""

    serializer_class = serializers.ReportSerializer
    permissions = {
        "list": Permission.REPORT_VIEW,
        "retrieve": Permission.REPORT_VIEW,
        "create": Permission.REPORT_CREATE,
        "pdf": Permission.REPORT_VIEW,
        "html": Permission.REPORT_VIEW,
    }

    def list(self, request: Request) -> Response:
        rows = selectors.visible_reports(actor=self.actor)
        if slug := request.query_params.get("project"):
            rows = rows.filter(project=projects.get_project(actor=self.actor, slug=slug))
        return self.pages(rows, self.serializer_class)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, selectors.get_report(actor=self.actor, report_id=pk))

    @extend_schema(request=serializers.ReportStart, responses={202: serializers.ReportSerializer})
    def create(self, request: Request) -> Response:
        body = self.body(serializers.ReportStart)
        project = projects.get_project(actor=self.actor, slug=body["project"])
        report = services.request_report(actor=self.actor, project=project, model_version_id=body["model_version"])
        return self.answer(self.serializer_class, report, status=202)

    @extend_schema(responses=_BYTES)
    @action(detail=True, methods=["get"])
    def pdf(self, request: Request, pk: UUID) -> HttpResponse:
        return self._edition(pk, "pdf")

    @extend_schema(responses=_BYTES)
    @action(detail=True, methods=["get"])
    def html(self, request: Request, pk: UUID) -> HttpResponse:
        return self._edition(pk, "html")

    def _edition(self, pk: UUID, form: str) -> HttpResponse:
        report = selectors.get_report(actor=self.actor, report_id=pk)
        content, name, digest = services.report_file(actor=self.actor, report=report, form=form)
        return shown(content, name=name, digest=digest)


class LedgerViewSet(PortalViewSet):
    """The tenant's ledger: read, verified, handed out."""

    serializer_class = serializers.LedgerEntry
    permissions = {
        "list": Permission.LEDGER_VIEW,
        "verify": Permission.LEDGER_EXPORT,
        "export": Permission.LEDGER_EXPORT,
        "key": Permission.LEDGER_VIEW,
        "anchor": Permission.LEDGER_EXPORT,
    }

    @extend_schema(parameters=[serializers.LedgerFilters])
    def list(self, request: Request) -> Response:
        """The newest first; `next` leads to the older ones."""
        checked = serializers.LedgerFilters(data=request.query_params)
        checked.is_valid(raise_exception=True)
        found = ledger.activity(self.actor, **self._narrowed(checked.validated_data))
        results = self.serializer_class(found.events, many=True).data
        return Response({"next": self._next(request, found.next), "previous": None, "results": results})

    @extend_schema(request=None, responses=serializers.LedgerCheckSerializer)
    @action(detail=False, methods=["post"])
    def verify(self, request: Request) -> Response:
        check = services.verify_ledger(actor=self.actor, now=now())
        return Response(serializers.LedgerCheckSerializer(check).data)

    @extend_schema(responses={(200, "application/x-ndjson"): OpenApiTypes.BINARY})
    @action(detail=False, methods=["get"])
    def export(self, request: Request) -> HttpResponseBase:
        lines = services.export_ledger(actor=self.actor)
        return attached(lines, name=f"ledger-{self.actor.tenant.slug}.jsonl", kind=JSON_LINES)

    @extend_schema(responses={(200, "application/x-pem-file"): OpenApiTypes.BINARY})
    @action(detail=False, methods=["get"])
    def key(self, request: Request) -> HttpResponseBase:
        return attached(ledger.public_keys(), name="ledger-key.pem", kind="application/x-pem-file")

    @extend_schema(responses={(200, "application/x-ndjson"): OpenApiTypes.BINARY})
    @action(detail=False, methods=["get"])
    def anchor(self, request: Request) -> HttpResponseBase:
        lines = services.anchor(actor=self.actor)
        return attached(lines, name=f"anchor-{self.actor.tenant.slug}.jsonl", kind=JSON_LINES)

    def _narrowed(self, given: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {
            key: given[key] for key in ("kind", "since", "until", "cursor", "limit") if key in given
        }
        if "q" in given:
            found["sought"] = selectors.sought(actor=self.actor, words=given["q"])
        if "actor" in given:
            found["actor_id"] = given["actor"]
        if "subject" in given:
            kind, _sign, pk = given["subject"].partition(":")
            found["subject"] = (kind, UUID(pk))
        if "project" in given:
            found["project_id"] = projects.get_project(actor=self.actor, slug=given["project"]).pk
        return found

    @staticmethod
    def _next(request: Request, cursor: str) -> str | None:
        if not cursor:
            return None
        query = request.query_params.copy()
        query["cursor"] = cursor
        return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")
