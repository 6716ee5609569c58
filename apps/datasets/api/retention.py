"""How long versions of a dataset are kept."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.datasets import selectors, services
from foundation.clock import now
from foundation.web.api import PortalViewSet


class RetentionLimits(serializers.Serializer[Any]):
    """A version that either limit keeps stays; with both null everything stays."""

    keep_newest = serializers.IntegerField(min_value=1, max_value=100_000, allow_null=True, default=None)
    keep_days = serializers.IntegerField(min_value=1, max_value=100_000, allow_null=True, default=None)


class FateSerializer(serializers.Serializer[Any]):
    """`kept_because` empty: the version goes."""

    version = serializers.UUIDField(source="version.pk")
    number = serializers.IntegerField(source="version.number")
    goes = serializers.BooleanField()
    kept_because = serializers.CharField(allow_null=True)


class RetentionSerializer(RetentionLimits):
    fates = FateSerializer(many=True)


class RetentionMixin(PortalViewSet):
    """The rule by which a dataset's versions go."""

    @extend_schema(responses=RetentionSerializer)
    @action(detail=True)
    def retention(self, request: Request, pk: UUID) -> Response:
        """The rule, and what becomes of each version by it."""
        dataset = selectors.get_dataset(actor=self.actor, dataset_id=pk)
        rule = selectors.rule_of(dataset)
        return self._told(dataset, {"keep_newest": rule and rule.keep_newest, "keep_days": rule and rule.keep_days})

    @extend_schema(request=RetentionLimits, responses=RetentionSerializer)
    @retention.mapping.put
    def set_retention(self, request: Request, pk: UUID) -> Response:
        """Set the rule; what it lets go is destroyed within a day."""
        dataset, limits = selectors.get_dataset(actor=self.actor, dataset_id=pk), self.body(RetentionLimits)
        services.set_retention(actor=self.actor, dataset=dataset, **limits)
        return self._told(dataset, limits)

    @extend_schema(request=RetentionLimits, responses=RetentionSerializer)
    @action(detail=True, methods=["post"], url_path="retention/preview")
    def preview_retention(self, request: Request, pk: UUID) -> Response:
        """What would become of each version by these limits; nothing is changed."""
        return self._told(selectors.get_dataset(actor=self.actor, dataset_id=pk), self.body(RetentionLimits))

    def _told(self, dataset: Any, limits: dict[str, Any]) -> Response:
        found = selectors.fates(dataset, **limits, now=now())
        return Response(RetentionSerializer({**limits, "fates": found}).data)
