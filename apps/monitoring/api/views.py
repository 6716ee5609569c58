from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.monitoring import selectors, services
from apps.monitoring.api import serializers
from apps.projects import selectors as projects
from foundation.access import Permission
from foundation.clock import now
from foundation.web.api import PortalViewSet


class MonitorViewSet(PortalViewSet):
    serializer_class = serializers.MonitorSerializer
    permissions = {
        "list": Permission.MONITOR_VIEW,
        "retrieve": Permission.MONITOR_VIEW,
        "partial_update": Permission.MONITOR_CHANGE,
        "drift": Permission.MONITOR_VIEW,
        "traffic": Permission.MONITOR_VIEW,
        "acknowledge": Permission.MONITOR_CHANGE,
    }

    def list(self, request: Request) -> Response:
        project = projects.get_project(actor=self.actor, slug=self.wanted(request, "project"))
        return self.pages(selectors.visible_monitors(actor=self.actor, project_id=project.pk), self.serializer_class)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, self._monitor(pk))

    @extend_schema(request=serializers.Thresholds)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        body = self.body(serializers.Thresholds)
        monitor = services.configure_monitor(actor=self.actor, monitor=self._monitor(pk), **body)
        return self.answer(self.serializer_class, monitor)

    @extend_schema(responses=serializers.DriftCellSerializer(many=True))
    @action(detail=True)
    def drift(self, request: Request, pk: UUID) -> Response:
        cells = selectors.drift_cells(actor=self.actor, monitor=self._monitor(pk))
        return Response(serializers.DriftCellSerializer(cells, many=True).data)

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @action(detail=True)
    def traffic(self, request: Request, pk: UUID) -> Response:
        since = now() - timedelta(hours=1)
        rows = selectors.traffic(actor=self.actor, deployment_id=self._monitor(pk).deployment_id, since=since)
        return Response(list(rows.values("minute", "revision_id", "requests", "rows", "errors", "positives")))

    @extend_schema(request=serializers.NoteOfMany, responses=serializers.Acknowledged)
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, pk: UUID) -> Response:
        """All open alerts of a month, or of every month."""
        body = self.body(serializers.NoteOfMany)
        said = {"window": body["month"], "note": body["note"], "now": now()}
        return Response(
            {"acknowledged": services.acknowledge_alerts(actor=self.actor, monitor=self._monitor(pk), **said)}
        )

    def _monitor(self, pk: UUID) -> Any:
        return selectors.get_monitor(actor=self.actor, monitor_id=pk)


class AlertViewSet(PortalViewSet):
    serializer_class = serializers.AlertSerializer
    permissions = {
        "list": Permission.MONITOR_VIEW,
        "retrieve": Permission.MONITOR_VIEW,
        "acknowledge": Permission.MONITOR_CHANGE,
        "resolve": Permission.MONITOR_CHANGE,
    }

    def list(self, request: Request) -> Response:
        project = projects.get_project(actor=self.actor, slug=self.wanted(request, "project"))
        rows = selectors.visible_alerts(actor=self.actor, project_id=project.pk)
        if state := request.query_params.get("state"):
            rows = rows.filter(state=state)
        return self.pages(rows, self.serializer_class, ordering=("-raised_at", "-id"))

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, self._alert(pk))

    @extend_schema(request=serializers.Note)
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, pk: UUID) -> Response:
        body = self.body(serializers.Note)
        alert = services.acknowledge_alert(actor=self.actor, alert=self._alert(pk), note=body["note"], now=now())
        return self.answer(self.serializer_class, alert)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def resolve(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, services.resolve_alert(actor=self.actor, alert=self._alert(pk)))

    def _alert(self, pk: UUID) -> Any:
        return selectors.get_alert(actor=self.actor, alert_id=pk)


class ReplayViewSet(PortalViewSet):
    serializer_class = serializers.ReplaySerializer
    permissions = {
        "list": Permission.MONITOR_VIEW,
        "retrieve": Permission.MONITOR_VIEW,
        "create": Permission.MONITOR_CHANGE,
        "partial_update": Permission.MONITOR_CHANGE,
    }

    def list(self, request: Request) -> Response:
        project = projects.get_project(actor=self.actor, slug=self.wanted(request, "project"))
        return self.pages(selectors.visible_replays(actor=self.actor, project_id=project.pk), self.serializer_class)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, selectors.get_replay(actor=self.actor, replay_id=pk))

    @extend_schema(request=serializers.ReplayStart)
    def create(self, request: Request) -> Response:
        body = self.body(serializers.ReplayStart)
        replay = services.start_replay(
            actor=self.actor,
            deployment_id=body.pop("deployment"),
            training_set_id=body.pop("training_set"),
            **body,
        )
        return self.answer(self.serializer_class, replay, status=201)

    @extend_schema(request=serializers.ReplayChange)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        replay = selectors.get_replay(actor=self.actor, replay_id=pk)
        changed = services.change_replay(actor=self.actor, replay=replay, **self.body(serializers.ReplayChange))
        return self.answer(self.serializer_class, changed)
