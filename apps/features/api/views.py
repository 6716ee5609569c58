from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.features import selectors, services
from apps.features.api import serializers
from apps.features.api.projects import ProjectListViewSet
from foundation.access import Permission
from foundation.clock import now


class EntityViewSet(ProjectListViewSet):
    serializer_class = serializers.EntitySerializer
    permissions = {
        "list": Permission.FEATURE_VIEW,
        "retrieve": Permission.FEATURE_VIEW,
        "create": Permission.FEATURE_DEFINE,
        "partial_update": Permission.FEATURE_DEFINE,
    }

    def list(self, request: Request) -> Response:
        project = self.wanted_project(request)
        rows = selectors.visible_entities(actor=self.actor, project_id=project.pk).select_related("owner")
        return self.pages(rows, self.serializer_class)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, selectors.get_entity(actor=self.actor, entity_id=pk))

    @extend_schema(request=serializers.EntityDescription)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change description, owner or tags; say what its keys hold, where nothing did yet."""
        body = self.body(serializers.EntityDescription)
        entity = selectors.get_entity(actor=self.actor, entity_id=pk)
        services.describe_entity(actor=self.actor, entity=entity, **body)
        return self.answer(self.serializer_class, selectors.get_entity(actor=self.actor, entity_id=pk))

    @extend_schema(request=serializers.EntityStart)
    def create(self, request: Request) -> Response:
        body = self.body(serializers.EntityStart)
        entity = services.define_entity(actor=self.actor, project=self.project_of(body.pop("project")), **body)
        return self.answer(self.serializer_class, entity, status=201)


class FeatureViewViewSet(ProjectListViewSet):
    serializer_class = serializers.FeatureViewSerializer
    permissions = {
        "list": Permission.FEATURE_VIEW,
        "retrieve": Permission.FEATURE_VIEW,
        "create": Permission.FEATURE_DEFINE,
        "preview": Permission.FEATURE_DEFINE,
        "online": Permission.FEATURE_VIEW,
        "partial_update": Permission.FEATURE_DEFINE,
        "deprecate": Permission.FEATURE_DEFINE,
        "restore": Permission.FEATURE_DEFINE,
        "remove": Permission.DATASET_DESTROY,
        "reader": Permission.FEATURE_VIEW,
        "materialise": Permission.FEATURE_DEFINE,
        "materialisations": Permission.FEATURE_VIEW,
        "freshness": Permission.FEATURE_DEFINE,
        "skew": Permission.FEATURE_VIEW,
        "watch_skew": Permission.FEATURE_DEFINE,
    }
    only_read = frozenset({"preview", "online"})
    shown_once = frozenset({"reader"})

    def list(self, request: Request) -> Response:
        project = self.wanted_project(request)
        return self.pages(selectors.listed_views(actor=self.actor, project_id=project.pk), self.serializer_class)

    @extend_schema(responses=serializers.FeatureViewDetail)
    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.answer(serializers.FeatureViewDetail, selectors.get_view(actor=self.actor, view_id=pk))

    @extend_schema(request=serializers.FeatureViewStart, responses={202: serializers.FeatureViewMade})
    def create(self, request: Request) -> Response:
        body = self.body(serializers.FeatureViewStart)
        project = self.project_of(body.pop("project"))
        entity = services.entity_called(actor=self.actor, project=project, name=body.pop("entity"))
        view = services.define_view(actor=self.actor, project=project, entity=entity, **body)
        return self.made(serializers.FeatureViewDetail, view, status=202)

    @extend_schema(request=serializers.Description, responses=serializers.FeatureViewDetail)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change description, owner or tags; the version stays."""
        body = self.body(serializers.Description)
        services.describe_view(actor=self.actor, view=self._view(pk), **body)
        return self.retrieve(request, pk)

    @extend_schema(request=serializers.Deprecation, responses=serializers.FeatureViewDetail)
    @action(detail=True, methods=["post"])
    def deprecate(self, request: Request, pk: UUID) -> Response:
        """Mark it, with a reason, and tell whoever uses it."""
        body = self.body(serializers.Deprecation)
        instead = self._view(body["instead"]) if body["instead"] else None
        services.deprecate_view(
            actor=self.actor, view=self._view(pk), reason=body["reason"], instead=instead, now=now()
        )
        return self.retrieve(request, pk)

    @extend_schema(request=None, responses=serializers.FeatureViewDetail)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: UUID) -> Response:
        """Withdraw its deprecation."""
        services.restore_view(actor=self.actor, view=self._view(pk))
        return self.retrieve(request, pk)

    @extend_schema(request=serializers.Removal, responses={202: serializers.FeatureViewSerializer})
    @action(detail=True, methods=["post"])
    def remove(self, request: Request, pk: UUID) -> Response:
        """Move it into the bin, and its values offline; refused while a deployed model or a service uses it."""
        body = self.body(serializers.Removal)
        services.ask_to_remove_view(actor=self.actor, view=self._view(pk), **body)
        return self.answer(self.serializer_class, self._view(pk), status=202)

    def _view(self, pk: UUID) -> Any:
        return selectors.get_view(actor=self.actor, view_id=pk)

    @extend_schema(request=serializers.PreviewStart)
    @action(detail=False, methods=["post"])
    def preview(self, request: Request) -> Response:
        """The first rows that the SQL gives, and `warnings` of what in it looks ahead, or may; nothing is kept."""
        body = self.body(serializers.PreviewStart)
        project = self.project_of(body.pop("project"))
        sql, inputs = body["sql"], body["inputs"]
        rows = services.preview_sql(actor=self.actor, project=project, sql=sql, inputs=inputs)
        warnings = [*services.warnings_of_sql(sql, body["event_time"]), *services.future_seen(actor=self.actor, **body)]
        shown = [list(row.values()) for row in rows.to_pylist()]
        return Response({"columns": rows.column_names, "rows": shown, "warnings": warnings})

    @extend_schema(request=serializers.OnlineQuestion)
    @action(detail=False, methods=["post"])
    def online(self, request: Request) -> Response:
        body = self.body(serializers.OnlineQuestion)
        words = {"entities": body.pop("entities"), "requests": body.pop("requests", None)}
        plan = services.online_plan(actor=self.actor, asked=body)
        return Response({"results": services.read_plan(plan, **words, tenant_id=self.actor.tenant_id, now=now())})

    @extend_schema(request=serializers.ReaderQuestion)
    @action(detail=False, methods=["post"])
    def reader(self, request: Request) -> Response:
        """What a program inside the house's network needs to read the online store itself, for a quarter of an hour."""
        body = self.body(serializers.ReaderQuestion)
        found = services.admit_reader(actor=self.actor, asked=body, now=now())
        return Response({"plan": found.plan.as_document(), "url": found.url, "expires_at": found.expires_at})

    @extend_schema(request=None, responses={202: serializers.MaterialisationSerializer})
    @action(detail=True, methods=["post"])
    def materialise(self, request: Request, pk: UUID) -> Response:
        """Materialise the view again: put all its newest values online."""
        row = services.request_materialisation(actor=self.actor, view_id=pk)
        return self.answer(serializers.MaterialisationSerializer, row, status=202)

    @extend_schema(responses=serializers.MaterialisationSerializer(many=True))
    @action(detail=True, methods=["get"])
    def materialisations(self, request: Request, pk: UUID) -> Response:
        """Every time that the view was materialised, newest first."""
        view = selectors.get_view(actor=self.actor, view_id=pk)
        rows = selectors.materialisations_of(actor=self.actor, view=view)
        return self.pages(rows, serializers.MaterialisationSerializer)

    @extend_schema(request=serializers.Freshness, responses=serializers.FeatureViewSerializer)
    @action(detail=True, methods=["post"])
    def freshness(self, request: Request, pk: UUID) -> Response:
        """How old the latest event online may be before it is an alert."""
        seconds = self.body(serializers.Freshness)["seconds"]
        view = services.promise_freshness(actor=self.actor, view_id=pk, seconds=seconds)
        return self.answer(self.serializer_class, view)

    @extend_schema(responses=serializers.SkewSerializer)
    @action(detail=True, methods=["get"])
    def skew(self, request: Request, pk: UUID) -> Response:
        """What was served beside what a join has of that moment, over the comparisons that are kept."""
        view = selectors.get_view(actor=self.actor, view_id=pk)
        return self.answer(serializers.SkewSerializer, selectors.skew_of(actor=self.actor, view=view))

    @extend_schema(request=serializers.SkewWatch, responses=serializers.FeatureViewSerializer)
    @action(detail=True, methods=["post"], url_path="watch-skew")
    def watch_skew(self, request: Request, pk: UUID) -> Response:
        """Which share of what is served is compared, and which share of that may differ before it is an alert."""
        view = services.watch_skew(actor=self.actor, view_id=pk, **self.body(serializers.SkewWatch))
        return self.answer(self.serializer_class, view)
