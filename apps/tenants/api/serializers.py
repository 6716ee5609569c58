from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.tenants import selectors
from apps.tenants.choices import PROGRAM_ROLES, ServiceAccountState
from apps.tenants.models import Invitation, PasswordLink
from foundation.access import Role
from foundation.access.models import Membership
from foundation.clock import now
from foundation.identity.models import ApiToken, ServiceAccount


class MemberSerializer(serializers.ModelSerializer[Membership]):
    user = serializers.UUIDField(source="user_id", read_only=True)
    name = serializers.CharField(source="user.name", read_only=True)
    email = serializers.EmailField(source="user.email", read_only=True)

    class Meta:
        model = Membership
        fields = ["id", "user", "name", "email", "role", "joined_at", "suspended_at"]
        read_only_fields = fields


class InvitationSerializer(serializers.ModelSerializer[Invitation]):
    """`link` is there once, in the answer to the request that made it."""

    link = serializers.CharField(read_only=True)

    class Meta:
        model = Invitation
        fields = ["id", "email", "role", "created_at", "expires_at", "link"]
        read_only_fields = fields


class PasswordLinkSerializer(serializers.ModelSerializer[PasswordLink]):
    """`link` is there once, in the answer to the request that made it."""

    link = serializers.CharField(read_only=True)

    class Meta:
        model = PasswordLink
        fields = ["link", "expires_at"]
        read_only_fields = fields


class TokenSerializer(serializers.ModelSerializer[ApiToken]):
    owner = serializers.SerializerMethodField()
    state = serializers.SerializerMethodField()

    class Meta:
        model = ApiToken
        fields = [
            "id",
            "name",
            "hint",
            "owner",
            "scopes",
            "networks",
            "project_id",
            "state",
            "created_at",
            "expires_at",
            "last_used_at",
            "last_used_from",
            "revoked_at",
        ]
        read_only_fields = fields

    def get_owner(self, token: ApiToken) -> str:
        return str(token.user or token.service_account)

    def get_state(self, token: ApiToken) -> str:
        return selectors.token_state(token, now=now()).value


class NewTokenSerializer(TokenSerializer):
    """`token` is there once, in the answer to the request that made it."""

    token = serializers.CharField(read_only=True)

    class Meta(TokenSerializer.Meta):
        fields = [*TokenSerializer.Meta.fields, "token"]
        read_only_fields = fields


class MemberInvited(serializers.Serializer[Any]):
    email = serializers.EmailField()
    role = serializers.ChoiceField(choices=Role.choices)


class RoleGiven(serializers.Serializer[Any]):
    role = serializers.ChoiceField(choices=Role.choices)


class TokenWanted(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)
    scopes = serializers.ListField(child=serializers.CharField(max_length=80), allow_empty=False)
    project = serializers.SlugField(required=False, allow_null=True, default=None)
    networks = serializers.ListField(child=serializers.CharField(max_length=80), default=list, max_length=200)
    expires_at = serializers.DateTimeField()


class ServiceAccountSerializer(serializers.ModelSerializer[ServiceAccount]):
    state = serializers.SerializerMethodField()

    class Meta:
        model = ServiceAccount
        fields = ["id", "name", "role", "state", "created_at", "disabled_at"]
        read_only_fields = fields

    def get_state(self, account: ServiceAccount) -> str:
        return ServiceAccountState.of(account).value


class ServiceAccountWanted(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)
    role = serializers.ChoiceField(choices=[role.value for role in PROGRAM_ROLES])


class ProgramRoleGiven(serializers.Serializer[Any]):
    role = serializers.ChoiceField(choices=[role.value for role in PROGRAM_ROLES])
