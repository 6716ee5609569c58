"""Support access, as an administrator decides on it: who of the platform is let in, and who asks to be."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.tenants import selectors, services
from apps.tenants.api.support_serializers import OperatorSerializer, SupportGiven, SupportSerializer
from foundation.access import Permission
from foundation.web.api import PortalViewSet

if TYPE_CHECKING:
    from foundation.access.models import SupportGrant

_ACTS = ("list", "retrieve", "create", "operators", "grant", "refuse", "end")


class SupportViewSet(PortalViewSet):
    """Leave for an operator of the platform to come in for some hours; all they do stands on the ledger."""

    serializer_class = SupportSerializer
    permissions = dict.fromkeys(_ACTS, Permission.TENANT_MANAGE)

    def list(self, request: Request) -> Response:
        rows = selectors.support_grants(actor=self.actor)
        return self.pages(rows, self.serializer_class, ordering=("-since", "-id"))

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self._answer(pk)

    @extend_schema(request=SupportGiven, responses={201: SupportSerializer})
    def create(self, request: Request) -> Response:
        """Let an operator in without being asked."""
        body = self.body(SupportGiven)
        operator = selectors.get_operator(user_id=body.pop("operator"))
        grant = services.give_support(actor=self.actor, operator=operator, **body)
        return self._answer(grant.pk, status=201)

    @extend_schema(responses=OperatorSerializer(many=True))
    @action(detail=False, pagination_class=None)
    def operators(self, request: Request) -> Response:
        """Whom the organisation could let in."""
        return Response(OperatorSerializer(selectors.operators_to_let_in(actor=self.actor), many=True).data)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def grant(self, request: Request, pk: UUID) -> Response:
        """Let in whoever asked, for the hours that they asked for, from now on."""
        services.grant_support(actor=self.actor, grant=self._grant(pk))
        return self._answer(pk)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def refuse(self, request: Request, pk: UUID) -> Response:
        services.refuse_support(actor=self.actor, grant=self._grant(pk))
        return self._answer(pk)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: UUID) -> Response:
        """Send the operator out at once, or take a request off the list; what has ended stays as it is."""
        services.end_support(actor=self.actor, grant=self._grant(pk))
        return self._answer(pk)

    def _grant(self, pk: UUID) -> SupportGrant:
        return selectors.get_support_grant(actor=self.actor, grant_id=pk)

    def _answer(self, pk: UUID, *, status: int = 200) -> Response:
        return self.answer(self.serializer_class, self._grant(pk), status=status)
