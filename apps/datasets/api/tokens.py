"""Tokens that stand for personal values: the key behind them, and its end."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.datasets import services
from foundation.access import Permission
from foundation.web.api import PortalViewSet


class UnlinkChoice(serializers.Serializer[Any]):
    """`confirmation` is the organisation's short name."""

    confirmation = serializers.CharField(max_length=120)


class ColumnTokenViewSet(PortalViewSet):
    """What columns were tokenised with."""

    permissions = {"destroy_key": Permission.DATASET_DESTROY}

    @extend_schema(request=UnlinkChoice, responses={204: None})
    @action(detail=False, methods=["post"], url_path="destroy-key")
    def destroy_key(self, request: Request) -> Response:
        """Destroy the key of all tokens of the organisation: from now on nobody can tell whose they are."""
        services.destroy_token_key(actor=self.actor, **self.body(UnlinkChoice))
        return Response(status=204)
