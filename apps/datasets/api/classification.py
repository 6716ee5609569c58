"""What kind of data columns hold: suggestions, and a person's word on many of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.datasets import selectors, services
from apps.datasets.api.classification_serializers import ClassesChoice, SuggestionSerializer, suggested
from apps.datasets.api.serializers import VersionSerializer
from foundation.web.api import PortalViewSet


class ClassifyingMixin(PortalViewSet):
    """The acts on a version that are about the classes of its columns."""

    @extend_schema(responses=SuggestionSerializer(many=True))
    @action(detail=True)
    def suggestions(self, request: Request, pk: UUID) -> Response:
        """What is proposed for each column that nobody has classified yet."""
        version = selectors.get_version(actor=self.actor, version_id=pk)
        return Response(SuggestionSerializer(suggested(version), many=True).data)

    @extend_schema(request=ClassesChoice, responses=VersionSerializer)
    @action(detail=True, methods=["post"], url_path="classify-many")
    def classify_many(self, request: Request, pk: UUID) -> Response:
        """Say the class of several columns at once, or take every suggestion."""
        version, body = selectors.get_version(actor=self.actor, version_id=pk), self.body(ClassesChoice)
        said: dict[str, Any] | None = body["classes"]
        if said is None:
            version = services.confirm_suggestions(actor=self.actor, version=version)
        else:
            version = services.classify_columns(actor=self.actor, version=version, classes=said)
        return self.answer(VersionSerializer, version)
