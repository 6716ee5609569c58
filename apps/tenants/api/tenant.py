from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.tenants import services
from apps.tenants.api.tenant_serializers import TenantChange, TenantSerializer
from apps.tenants.choices import LONGEST_GRACE
from foundation.access import Permission
from foundation.clock import now
from foundation.web.api import PortalViewSet

if TYPE_CHECKING:
    from foundation.tenancy.models import Tenant


class TenantViewSet(PortalViewSet):
    """The organisation that the token is of: its names, its plan, and where its data may lie."""

    serializer_class = TenantSerializer
    pagination_class = None
    permissions = {"retrieve": Permission.TENANT_VIEW, "partial_update": Permission.TENANT_MANAGE}

    @extend_schema(operation_id="tenant_retrieve")
    def retrieve(self, request: Request) -> Response:
        return self.answer(self.serializer_class, self.actor.tenant)

    @extend_schema(request=TenantChange, operation_id="tenant_partial_update")
    def partial_update(self, request: Request) -> Response:
        present = {name: getattr(self.actor.tenant, name) for name in ("name", "name_ar", "zones")}
        words = {**present, **self.body(TenantChange, partial=True)}
        return self.answer(self.serializer_class, services.edit_tenant(actor=self.actor, **words))


class SecondFactorRuleSerializer(serializers.Serializer[Any]):
    """`second_factor` says whether there is such a rule, `due` from when on, `in_force` whether that day has come."""

    second_factor = serializers.BooleanField(read_only=True)
    due = serializers.DateTimeField(read_only=True, allow_null=True)
    in_force = serializers.BooleanField(read_only=True)


class SecondFactorWanted(serializers.Serializer[Any]):
    second_factor = serializers.BooleanField()
    grace_days = serializers.IntegerField(min_value=0, max_value=LONGEST_GRACE, default=14)


class SecondFactorRuleViewSet(PortalViewSet):
    """Whether every member needs a second factor to work here by a session, and from when on; tokens go on."""

    serializer_class = SecondFactorRuleSerializer
    pagination_class = None
    permissions = {"retrieve": Permission.TENANT_VIEW, "partial_update": Permission.TENANT_MANAGE}

    @extend_schema(operation_id="second_factor_rule_retrieve")
    def retrieve(self, request: Request) -> Response:
        return self._rule(self.actor.tenant)

    @extend_schema(request=SecondFactorWanted, operation_id="second_factor_rule_partial_update")
    def partial_update(self, request: Request) -> Response:
        said = self.body(SecondFactorWanted)
        words = {"required": said["second_factor"], "grace_days": said["grace_days"]}
        return self._rule(services.set_second_factor_rule(actor=self.actor, **words, now=now()))

    def _rule(self, tenant: Tenant) -> Response:
        due = tenant.second_factor_due
        words = {"second_factor": due is not None, "due": due, "in_force": due is not None and due <= now()}
        return self.answer(self.serializer_class, words)
