from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.tenants import selectors
from foundation.tenancy import zones
from foundation.tenancy.models import Tenant


class TenantSerializer(serializers.ModelSerializer[Tenant]):
    """`zones` is where data may lie, `portal_zone` where this portal stands; `zone_allowed` whether the two meet."""

    portal_zone = serializers.SerializerMethodField()
    zone_allowed = serializers.SerializerMethodField()
    zones = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Tenant
        fields = [
            "id",
            "slug",
            "name",
            "name_ar",
            "plan",
            "zones",
            "portal_zone",
            "zone_allowed",
            "created_at",
            "deletion_due",
        ]
        read_only_fields = fields

    def get_portal_zone(self, tenant: Tenant) -> str:
        return zones.here()

    def get_zone_allowed(self, tenant: Tenant) -> bool:
        return selectors.zone_is_allowed(tenant=tenant)


class TenantChange(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=200)
    name_ar = serializers.CharField(max_length=200, allow_blank=True)
    zones = serializers.ListField(child=serializers.CharField(max_length=10), max_length=300)
