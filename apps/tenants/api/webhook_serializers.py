from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.tenants.choices import WebhookShape
from apps.tenants.models import Webhook, WebhookAttempt, WebhookDelivery


class WebhookSerializer(serializers.ModelSerializer[Webhook]):
    """`kinds` are families (`run`) and kinds (`run.succeeded`) of events, none for all; `trouble` is why the portal
    disabled it."""

    waiting = serializers.IntegerField(read_only=True, default=0)
    failed = serializers.IntegerField(read_only=True, default=0)

    class Meta:
        model = Webhook
        fields = [
            "id",
            "url",
            "description",
            "kinds",
            "shape",
            "namespace",
            "project_id",
            "state",
            "trouble",
            "waiting",
            "failed",
            "failing_since",
            "previous_until",
            "created_at",
        ]
        read_only_fields = fields


class NewWebhookSerializer(WebhookSerializer):
    """`secret` is there once, in the answer to the request that made it."""

    secret = serializers.CharField(read_only=True)

    class Meta(WebhookSerializer.Meta):
        fields = [*WebhookSerializer.Meta.fields, "secret"]
        read_only_fields = fields


class WebhookWanted(serializers.Serializer[Any]):
    """With the shape `openlineage` it is told of data's lineage by OpenLineage's run events, in the `namespace`; its
    `token` is sent as a bearer token, and no secret of ours is made."""

    url = serializers.CharField(max_length=2000)
    description = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    kinds = serializers.ListField(child=serializers.CharField(max_length=80), default=list, max_length=500)
    project = serializers.SlugField(required=False, allow_null=True, default=None)
    shape = serializers.ChoiceField(choices=WebhookShape.choices, required=False, default=WebhookShape.EVENTS)
    namespace = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    token = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="", write_only=True)


class WebhookChange(serializers.Serializer[Any]):
    url = serializers.CharField(max_length=2000, required=False)
    description = serializers.CharField(max_length=200, required=False, allow_blank=True)
    kinds = serializers.ListField(child=serializers.CharField(max_length=80), required=False, max_length=500)
    project = serializers.SlugField(required=False, allow_null=True)


class DeliverySerializer(serializers.ModelSerializer[WebhookDelivery]):
    """`message_id` is the `webhook-id` that every attempt carries."""

    message_id = serializers.CharField(read_only=True)
    status = serializers.SerializerMethodField()
    next_attempt_at = serializers.DateTimeField(source="due_at", read_only=True)

    class Meta:
        model = WebhookDelivery
        fields = [
            "id",
            "message_id",
            "event_id",
            "seq",
            "kind",
            "subject_kind",
            "subject_id",
            "state",
            "status",
            "created_at",
            "next_attempt_at",
            "delivered_at",
        ]
        read_only_fields = fields

    def get_status(self, delivery: WebhookDelivery) -> int | None:
        """What the last attempt was answered with."""
        last = next(iter(delivery.attempts.all()), None)
        return last.status if last else None


class AttemptSerializer(serializers.ModelSerializer[WebhookAttempt]):
    """`status` is empty where nobody answered, and `problem` then says why."""

    class Meta:
        model = WebhookAttempt
        fields = ["at", "seconds", "status", "request_headers", "answer", "truncated", "problem"]
        read_only_fields = fields


class DeliveryWithAttempts(DeliverySerializer):
    """With the payload as it was sent, and the attempts, newest first."""

    attempts = AttemptSerializer(many=True, read_only=True)

    class Meta(DeliverySerializer.Meta):
        fields = [*DeliverySerializer.Meta.fields, "payload", "attempts"]
        read_only_fields = fields


class Since(serializers.Serializer[Any]):
    since = serializers.DateTimeField()


class Replayed(serializers.Serializer[Any]):
    deliveries = serializers.IntegerField()
