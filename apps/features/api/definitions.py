from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.features import services
from apps.features.api import service_serializers as serializers
from apps.features.api.projects import ProjectListViewSet
from foundation.access import Permission


class FeatureDefinitionViewSet(ProjectListViewSet):
    """Entities, views and services as one file in YAML, as it may lie in Git."""

    serializer_class = serializers.PlanSerializer
    pagination_class = None
    permissions = {
        "list": Permission.FEATURE_VIEW,
        "plan": Permission.FEATURE_DEFINE,
        "apply": Permission.FEATURE_DEFINE,
    }
    only_read = frozenset({"plan"})

    @extend_schema(
        parameters=[OpenApiParameter("project", str, required=True, description="Its short name.")],
        responses=serializers.DefinitionsSerializer,
        filters=False,
    )
    def list(self, request: Request) -> Response:
        """What is there, as a file that an apply would leave as it is."""
        text = services.definitions_text(actor=self.actor, project=self.wanted_project(request))
        return self.answer(serializers.DefinitionsSerializer, {"text": text})

    @extend_schema(request=serializers.DefinitionFile)
    @action(detail=False, methods=["post"])
    def plan(self, request: Request) -> Response:
        """What the file would change, each view tried on a sample of its data; nothing is kept.

        `problems` of a refusal are its sentences with their lines.
        """
        body = self.body(serializers.DefinitionFile)
        found = services.plan_definitions(actor=self.actor, project=self.project_of(body["project"]), text=body["text"])
        return self.answer(self.serializer_class, found)

    @extend_schema(request=serializers.DefinitionFileWithPlan)
    @action(detail=False, methods=["post"])
    def apply(self, request: Request) -> Response:
        """Make the file true, all of it or nothing; again, it changes nothing."""
        body = self.body(serializers.DefinitionFileWithPlan)
        project = self.project_of(body["project"])
        made = services.apply_definitions(actor=self.actor, project=project, text=body["text"], plan=body["plan"])
        return self.answer(self.serializer_class, made)
