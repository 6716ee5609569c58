from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.projects import selectors as projects
from apps.registry import selectors, services
from apps.registry.api import serializers
from foundation.access import Permission
from foundation.web.api import PortalViewSet
from foundation.web.editions import editions
from foundation.web.editions_api import EditionSerializer, RestoreWanted


class ModelViewSet(PortalViewSet):
    serializer_class = serializers.ModelSerializer
    permissions = {
        "list": Permission.MODEL_VIEW,
        "retrieve": Permission.MODEL_VIEW,
        "create": Permission.MODEL_REGISTER,
        "versions": Permission.MODEL_VIEW,
    }

    def list(self, request: Request) -> Response:
        project = projects.get_project(actor=self.actor, slug=self.wanted(request, "project"))
        return self.pages(selectors.visible_models(actor=self.actor, project_id=project.pk), self.serializer_class)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, selectors.get_model(actor=self.actor, model_id=pk))

    @extend_schema(request=serializers.Registration, responses={202: serializers.VersionSerializer})
    def create(self, request: Request) -> Response:
        body = self.body(serializers.Registration)
        version = services.register_version(actor=self.actor, run_id=body.pop("run"), **body)
        return self.answer(serializers.VersionSerializer, version, status=202)

    @action(detail=True)
    def versions(self, request: Request, pk: UUID) -> Response:
        model = selectors.get_model(actor=self.actor, model_id=pk)
        return self.pages(
            selectors.visible_versions(actor=self.actor).filter(model=model), serializers.VersionSerializer
        )


class ModelVersionViewSet(PortalViewSet):
    serializer_class = serializers.VersionSerializer
    permissions = {
        "retrieve": Permission.MODEL_VIEW,
        "promote": Permission.MODEL_PROMOTE,
        "retire": Permission.MODEL_REGISTER,
        "card": Permission.MODEL_REGISTER,
        "editions": Permission.MODEL_VIEW,
        "restore_card": Permission.MODEL_REGISTER,
    }

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, self._version(pk))

    @extend_schema(request=None, responses={200: serializers.PromotionSerializer, 202: serializers.PromotionSerializer})
    @action(detail=True, methods=["post"])
    def promote(self, request: Request, pk: UUID) -> Response:
        """202 with the case that somebody else decides; 200 with `approval` null and the gates that have not passed."""
        asked = services.request_promotion(actor=self.actor, version=self._version(pk))
        return Response(serializers.PromotionSerializer(asked).data, status=202 if asked.case else 200)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def retire(self, request: Request, pk: UUID) -> Response:
        version = services.retire_version(actor=self.actor, version=self._version(pk))
        return self.answer(self.serializer_class, version)

    @extend_schema(request=serializers.CardText)
    @action(detail=True, methods=["put"])
    def card(self, request: Request, pk: UUID) -> Response:
        body = self.body(serializers.CardText)
        version = services.edit_card(
            actor=self.actor,
            version=self._version(pk),
            card=body["card"],
            seen_number=body["card_number"],
            why=body["why"],
        )
        return self.answer(self.serializer_class, version)

    @extend_schema(responses=EditionSerializer(many=True))
    @action(detail=True, methods=["get"])
    def editions(self, request: Request, pk: UUID) -> Response:
        """What the card's text was, the newest edition first."""
        about = selectors.about_card(self._version(pk))
        return self.pages(editions(about), EditionSerializer, ordering=("-number",))

    @extend_schema(request=RestoreWanted)
    @action(detail=True, methods=["post"], url_path="restore-card")
    def restore_card(self, request: Request, pk: UUID) -> Response:
        """The text of an earlier edition counts again, as a new one."""
        body = self.body(RestoreWanted)
        version = services.restore_card(
            actor=self.actor, version=self._version(pk), number=body["edition"], why=body["why"]
        )
        return self.answer(self.serializer_class, version)

    def _version(self, pk: UUID) -> Any:
        return selectors.get_model_version(actor=self.actor, version_id=pk)
