from __future__ import annotations

from typing import Any

from rest_framework import serializers

from foundation.storage.choices import BroughtSource, KeyState


class KeySerializer(serializers.Serializer[Any]):
    """`purpose` is empty for the key of objects and secrets; `wrapped_by` the key store, empty for the old way."""

    purpose = serializers.CharField()
    number = serializers.IntegerField()
    state = serializers.ChoiceField(choices=KeyState.choices)
    made_at = serializers.DateTimeField()
    wrapped_at = serializers.DateTimeField()
    wrapped_by = serializers.CharField(allow_blank=True)
    is_current = serializers.BooleanField()
    with_own_key = serializers.BooleanField()
    exposed = serializers.BooleanField()


class KeysSerializer(serializers.Serializer[Any]):
    """`source` is empty where the tenant brought no key; keys themselves are never shown."""

    store = serializers.CharField()
    source = serializers.ChoiceField(choices=BroughtSource.choices, allow_blank=True)  # type: ignore[assignment]
    vault_key = serializers.CharField(allow_blank=True)
    brought_at = serializers.DateTimeField(allow_null=True)
    withdrawn_at = serializers.DateTimeField(allow_null=True)
    keys = KeySerializer(many=True)


class Rotation(serializers.Serializer[Any]):
    reseal = serializers.BooleanField(default=False)


class KeyGiven(serializers.Serializer[Any]):
    """Either the key, 32 bytes in base64, or its name in Vault."""

    secret = serializers.CharField(max_length=200, default="", allow_blank=True, write_only=True)
    vault_key = serializers.CharField(max_length=120, default="", allow_blank=True)


class Withdrawal(serializers.Serializer[Any]):
    """`confirmation` is the tenant's short name."""

    confirmation = serializers.CharField(max_length=63)
