from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.dashboards import selectors
from apps.dashboards.api import serializers
from foundation.access import Permission
from foundation.errors import NotFound
from foundation.web.api import PortalViewSet
from foundation.web.chain import chain_of


class ChainViewSet(PortalViewSet):
    """The chain of a thing, from the source of its data to the monitor of its traffic."""

    serializer_class = serializers.ChainNodeSerializer
    permissions = {"retrieve": Permission.PROJECT_VIEW}

    @extend_schema(responses=serializers.ChainNodeSerializer(many=True))
    def retrieve(self, request: Request, kind: str, pk: UUID) -> Response:
        """`kind` is one of dataset_version, feature_view, training_set, run, model_version, approval_case, revision,
        monitor."""
        nodes = chain_of(self.actor, kind, pk)
        if not nodes:
            raise NotFound(_("There is no such thing with a chain here, or it is not yours to see."))
        return Response(self.serializer_class(nodes, many=True).data)


class AccessViewSet(PortalViewSet):
    """Who can see a thing, and why."""

    serializer_class = serializers.ReachSerializer
    permissions = {"retrieve": Permission.PROJECT_VIEW}

    @extend_schema(responses=serializers.ReachSerializer(many=True))
    def retrieve(self, request: Request, kind: str, pk: UUID) -> Response:
        """`kind` is one of project, dataset, dataset_version, feature_view, training_set, run, model, model_version,
        deployment, monitor, alert, approval_case, report, erasure."""
        _thing, people = selectors.who_sees(actor=self.actor, kind=kind, object_id=pk)
        return Response(self.serializer_class(people, many=True).data)
