from __future__ import annotations

from uuid import UUID

from django.http import FileResponse, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.experiments import selectors, services
from apps.experiments.api import serializers
from apps.projects import selectors as projects
from foundation.access import Permission
from foundation.engines import LOG_PIECE
from foundation.errors import Invalid
from foundation.figures import whole
from foundation.web.api import PortalViewSet
from foundation.web.estimates import EstimateSerializer
from runtime.recipes.catalogue import CATALOGUE


class ExperimentViewSet(PortalViewSet):
    serializer_class = serializers.ExperimentSerializer
    permissions = {"list": Permission.RUN_VIEW}

    def list(self, request: Request) -> Response:
        project = projects.get_project(actor=self.actor, slug=self.wanted(request, "project"))
        return self.pages(selectors.visible_experiments(actor=self.actor, project_id=project.pk), self.serializer_class)


class RunViewSet(PortalViewSet):
    serializer_class = serializers.RunSerializer
    permissions = {
        "list": Permission.RUN_VIEW,
        "retrieve": Permission.RUN_VIEW,
        "create": Permission.RUN_START,
        "estimate": Permission.RUN_VIEW,
        "cancel": Permission.RUN_START,
        "repeat": Permission.RUN_START,
        "log": Permission.RUN_VIEW,
        "metrics": Permission.RUN_VIEW,
        "recipes": Permission.RUN_VIEW,
        "spec": Permission.RUN_TRACK,
        "data": Permission.RUN_TRACK,
    }

    def list(self, request: Request) -> Response:
        project = projects.get_project(actor=self.actor, slug=self.wanted(request, "project"))
        rows = selectors.visible_runs(actor=self.actor, project_id=project.pk)
        if state := request.query_params.get("state"):
            rows = rows.filter(state=state)
        return self.pages(rows, self.serializer_class)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, selectors.get_run(actor=self.actor, run_id=pk))

    @extend_schema(request=serializers.RunStart, responses={202: serializers.RunSerializer})
    def create(self, request: Request) -> Response:
        body = self.body(serializers.RunStart)
        project = projects.get_project(actor=self.actor, slug=body.pop("project"))
        run = services.start_run(actor=self.actor, project=project, training_set_id=body.pop("training_set"), **body)
        return self.answer(self.serializer_class, run, status=202)

    @extend_schema(request=serializers.RunEstimateAsked, responses=EstimateSerializer)
    @action(detail=False, methods=["post"])
    def estimate(self, request: Request) -> Response:
        """What a run would take, cost and find of the quotas; nothing is started."""
        body = self.body(serializers.RunEstimateAsked)
        project = projects.get_project(actor=self.actor, slug=body.pop("project"))
        training_set_id = body.pop("training_set")
        found = services.estimate_run(actor=self.actor, project_id=project.pk, training_set_id=training_set_id, **body)
        return self.answer(EstimateSerializer, found)

    @extend_schema(request=None, responses={202: serializers.RunSerializer})
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: UUID) -> Response:
        run = services.cancel_run(actor=self.actor, run=selectors.get_run(actor=self.actor, run_id=pk))
        return self.answer(self.serializer_class, run, status=202)

    @extend_schema(request=None, responses={202: serializers.RunSerializer})
    @action(detail=True, methods=["post"])
    def repeat(self, request: Request, pk: UUID) -> Response:
        run = services.repeat_run(actor=self.actor, run=selectors.get_run(actor=self.actor, run_id=pk))
        return self.answer(self.serializer_class, run, status=202)

    @extend_schema(responses={(200, "text/plain"): OpenApiTypes.STR})
    @action(detail=True)
    def log(self, request: Request, pk: UUID) -> HttpResponseBase:
        """The whole log; with `offset` the next piece of it from that byte on."""
        run, offset = selectors.get_run(actor=self.actor, run_id=pk), request.query_params.get("offset")
        if offset is None:
            return FileResponse(selectors.open_log(run), content_type="text/plain; charset=utf-8")
        if (begin := whole(offset, digits=18)) is None:
            raise Invalid(_("The offset is a number of bytes."), fields={"offset": [_("Not a number.")]})
        piece, end = selectors.read_log(run, offset=begin)
        # A full piece is hardly the last one: the reader comes again for more.
        size = end + (len(piece) >= LOG_PIECE) if run.is_active else run.log_bytes
        ended = not run.is_active and end >= size
        headers = {"X-Log-Offset": str(end), "X-Log-Size": str(size), "X-Log-Ended": str(ended).lower()}
        return HttpResponse(piece, content_type="text/plain; charset=utf-8", headers=headers)

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @action(detail=True)
    def metrics(self, request: Request, pk: UUID) -> Response:
        run = selectors.get_run(actor=self.actor, run_id=pk)
        keys = [key for key in request.query_params.get("keys", "").split(",") if key]
        return Response(selectors.metric_history(run, keys))

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @action(detail=False)
    def recipes(self, request: Request) -> Response:
        return Response({name: info.json_schema() | {"summary": info.summary} for name, info in CATALOGUE.items()})

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @action(detail=True)
    def spec(self, request: Request, pk: UUID) -> Response:
        run = selectors.get_run(actor=self.actor, run_id=pk)
        return Response(services.run_spec(actor=self.actor, run=run))

    @extend_schema(responses={(200, "application/vnd.apache.arrow.stream"): OpenApiTypes.BINARY})
    @action(detail=True)
    def data(self, request: Request, pk: UUID) -> StreamingHttpResponse:
        run = selectors.get_run(actor=self.actor, run_id=pk)
        rows = services.arrow_stream(actor=self.actor, run=run)
        return StreamingHttpResponse(rows, content_type="application/vnd.apache.arrow.stream")
