"""Tags on versions, and the way back to an earlier one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.datasets import selectors, services
from apps.datasets.api.serializers import VersionSerializer
from foundation.web.api import PortalViewSet


class TagChoice(serializers.Serializer[Any]):
    tag = serializers.CharField(max_length=60)


class TaggingMixin(PortalViewSet):
    """The acts on a version that name it, and that bring its rows back."""

    @extend_schema(request=TagChoice, responses=VersionSerializer)
    @action(detail=True, methods=["post"])
    def tag(self, request: Request, pk: UUID) -> Response:
        """Give the version a tag; another version of the dataset that had it loses it."""
        version = selectors.get_version(actor=self.actor, version_id=pk)
        services.tag_version(actor=self.actor, version=version, **self.body(TagChoice))
        return self.answer(VersionSerializer, selectors.get_version(actor=self.actor, version_id=pk))

    @extend_schema(request=TagChoice, responses=VersionSerializer)
    @action(detail=True, methods=["post"])
    def untag(self, request: Request, pk: UUID) -> Response:
        """Take a tag away from the version."""
        version = selectors.get_version(actor=self.actor, version_id=pk)
        services.untag_version(actor=self.actor, version=version, **self.body(TagChoice))
        return self.answer(VersionSerializer, selectors.get_version(actor=self.actor, version_id=pk))

    @extend_schema(request=None, responses={201: VersionSerializer})
    @action(detail=True, methods=["post"], url_path="roll-back")
    def roll_back(self, request: Request, pk: UUID) -> Response:
        """A new version with the rows of this one, as the newest; nothing is copied."""
        version = services.roll_back(actor=self.actor, to=selectors.get_version(actor=self.actor, version_id=pk))
        return self.answer(VersionSerializer, version, status=201)
