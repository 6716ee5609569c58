from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.tenants.services.single_sign_on import RECORD_AT, RECORD_SAYS
from foundation.access import Role
from foundation.identity.models import EmailDomain, IdentityProvider


class MappingLine(serializers.Serializer[Any]):
    """A group of the provider, and the role or the group here (by id) that it brings."""

    external = serializers.CharField(max_length=255)
    role = serializers.ChoiceField(choices=Role.choices, required=False, allow_blank=True, default="")
    group = serializers.CharField(required=False, allow_blank=True, default="", max_length=40)


class ClaimNames(serializers.Serializer[Any]):
    """Under which names the provider sends what is needed; the usual ones where empty."""

    email = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)
    name = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)
    groups = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)


class IdentityProviderSerializer(serializers.ModelSerializer[IdentityProvider]):
    """Its client secret is kept sealed and never shown."""

    mapping = MappingLine(many=True)

    class Meta:
        model = IdentityProvider
        fields = [
            "id",
            "kind",
            "name",
            "issuer",
            "default_role",
            "mapping",
            "makes_members",
            "vouches_for_email",
            "only_way_in",
            "created_at",
            "enabled_at",
            "tested_at",
        ]
        read_only_fields = fields


class IdentityProviderWanted(serializers.Serializer[Any]):
    """Of OpenID: `issuer`, `client_id`, `client_secret`. Of SAML: `metadata_url`, or the XML itself in `metadata`."""

    kind = serializers.ChoiceField(choices=IdentityProvider.Kind.choices)
    name = serializers.CharField(max_length=80)
    issuer = serializers.CharField(required=False, allow_blank=True, default="", max_length=500)
    client_id = serializers.CharField(required=False, allow_blank=True, default="", max_length=190)
    client_secret = serializers.CharField(required=False, allow_blank=True, default="", max_length=190)
    metadata_url = serializers.CharField(required=False, allow_blank=True, default="", max_length=500)
    metadata = serializers.CharField(required=False, allow_blank=True, default="", max_length=512 * 1024)


class IdentityProviderWords(serializers.Serializer[Any]):
    default_role = serializers.ChoiceField(choices=Role.choices, required=False, allow_blank=True, default="")
    mapping = MappingLine(many=True, required=False, default=list)
    makes_members = serializers.BooleanField(required=False, default=True)
    vouches_for_email = serializers.BooleanField(required=False, default=False)
    only_way_in = serializers.BooleanField(required=False, default=False)
    claims = ClaimNames(required=False)
    client_secret = serializers.CharField(required=False, allow_blank=True, default="", max_length=190)


class ScimTokenWanted(serializers.Serializer[Any]):
    days = serializers.IntegerField(min_value=1, max_value=365, default=365)


class ScimTokenMade(serializers.Serializer[Any]):
    """`token` is there once, in the answer to the request that made it; `url` is where SCIM listens."""

    token = serializers.CharField()
    url = serializers.CharField()
    expires_at = serializers.DateTimeField()


class EmailDomainSerializer(serializers.ModelSerializer[EmailDomain]):
    """`record` and `value` are the TXT record that proves it."""

    record = serializers.SerializerMethodField("record_of")
    value = serializers.SerializerMethodField("value_of")

    class Meta:
        model = EmailDomain
        fields = ["id", "name", "record", "value", "claimed_at", "proven_at"]
        read_only_fields = fields

    def record_of(self, domain: EmailDomain) -> str:
        return f"{RECORD_AT}.{domain.name}"

    def value_of(self, domain: EmailDomain) -> str:
        return f"{RECORD_SAYS}{domain.challenge}"


class EmailDomainWanted(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=253)
