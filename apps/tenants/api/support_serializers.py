from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.tenants.choices import LONGEST_SUPPORT, SupportState
from foundation.access import Role
from foundation.access.models import SupportGrant
from foundation.clock import now


class SupportSerializer(serializers.ModelSerializer[SupportGrant]):
    """`asked_at` is empty where it was given unasked, `ends_at` where it was not granted; `ended_at` is when it did."""

    operator = serializers.UUIDField(source="user_id", read_only=True)
    operator_name = serializers.CharField(source="user", read_only=True)
    decided_by = serializers.CharField(read_only=True, allow_null=True)
    state = serializers.SerializerMethodField()

    class Meta:
        model = SupportGrant
        fields = [
            "id",
            "operator",
            "operator_name",
            "level",
            "hours",
            "reason",
            "state",
            "asked_at",
            "granted_at",
            "refused_at",
            "ends_at",
            "ended_at",
            "decided_by",
        ]
        read_only_fields = fields

    def get_state(self, grant: SupportGrant) -> SupportState:
        return SupportState.of(grant, now())


class SupportGiven(serializers.Serializer[Any]):
    """`operator` is the id of one of those whom `operators` lists."""

    operator = serializers.UUIDField()
    level = serializers.ChoiceField(choices=[(role.value, role.label) for role in (Role.VIEWER, Role.ADMIN)])
    hours = serializers.IntegerField(min_value=1, max_value=LONGEST_SUPPORT)
    reason = serializers.CharField(max_length=500)


class OperatorSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField(source="__str__")
