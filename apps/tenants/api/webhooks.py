from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.tenants import selectors, services
from apps.tenants.api import webhook_serializers as serializers
from foundation.access import Permission
from foundation.clock import now
from foundation.web.api import PortalViewSet

_ACTS = (
    "list",
    "retrieve",
    "create",
    "partial_update",
    "destroy",
    "roll_secret",
    "pause",
    "enable",
    "test",
    "replay_failed",
    "deliveries",
    "delivery",
    "replay",
)


class WebhookViewSet(PortalViewSet):
    """Addresses that are told what happens, signed; the answer that makes a secret holds it, once."""

    serializer_class = serializers.WebhookSerializer
    shown_once = frozenset({"create", "roll_secret"})
    permissions = dict.fromkeys(_ACTS, Permission.TENANT_MANAGE)

    def list(self, request: Request) -> Response:
        return self.pages(selectors.webhooks(actor=self.actor), self.serializer_class)

    def retrieve(self, request: Request, pk: UUID, **within: UUID) -> Response:
        """The webhook, or what `within` names of it: with that If-Match is compared where it is changed."""
        if delivery_id := within.get("delivery_id"):
            return self.answer(serializers.DeliveryWithAttempts, self._delivery(pk, delivery_id))
        return self.answer(self.serializer_class, self._webhook(pk))

    @extend_schema(request=serializers.WebhookWanted, responses={201: serializers.NewWebhookSerializer})
    def create(self, request: Request) -> Response:
        body = self._words(self.body(serializers.WebhookWanted))
        webhook, secret = services.webhooks.create_webhook(actor=self.actor, now=now(), **body)
        webhook.secret = secret  # type: ignore[attr-defined]  # in this answer only, never stored
        return self.answer(serializers.NewWebhookSerializer, webhook, status=201)

    @extend_schema(request=serializers.WebhookChange)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        webhook = self._webhook(pk)
        present = {name: getattr(webhook, name) for name in ("url", "description", "kinds", "project_id")}
        changed = {**present, **self._words(self.body(serializers.WebhookChange))}
        services.webhooks.edit_webhook(actor=self.actor, webhook=webhook, **changed)
        return self._again(pk)

    def destroy(self, request: Request, pk: UUID) -> Response:
        services.webhooks.delete_webhook(actor=self.actor, webhook=self._webhook(pk))
        return Response(status=204)

    @extend_schema(request=None, responses=serializers.NewWebhookSerializer)
    @action(detail=True, methods=["post"], url_path="roll-secret")
    def roll_secret(self, request: Request, pk: UUID) -> Response:
        _row, secret = services.webhooks.roll_webhook_secret(actor=self.actor, webhook=self._webhook(pk), now=now())
        webhook = self._webhook(pk)
        webhook.secret = secret
        return self.answer(serializers.NewWebhookSerializer, webhook)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: UUID) -> Response:
        services.webhooks.pause_webhook(actor=self.actor, webhook=self._webhook(pk))
        return self._again(pk)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def enable(self, request: Request, pk: UUID) -> Response:
        services.webhooks.enable_webhook(actor=self.actor, webhook=self._webhook(pk))
        return self._again(pk)

    @extend_schema(request=None, responses={201: serializers.DeliverySerializer})
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: UUID) -> Response:
        delivery = services.webhooks.send_test_event(actor=self.actor, webhook=self._webhook(pk), now=now())
        return self.answer(serializers.DeliverySerializer, delivery, status=201)

    @extend_schema(request=serializers.Since, responses=serializers.Replayed)
    @action(detail=True, methods=["post"], url_path="replay-failed")
    def replay_failed(self, request: Request, pk: UUID) -> Response:
        since = self.body(serializers.Since)["since"]
        count = services.webhooks.replay_failed(actor=self.actor, webhook=self._webhook(pk), since=since, now=now())
        return self.answer(serializers.Replayed, {"deliveries": count})

    @extend_schema(responses=serializers.DeliverySerializer(many=True))
    @action(detail=True, methods=["get"])
    def deliveries(self, request: Request, pk: UUID) -> Response:
        rows = selectors.deliveries(actor=self.actor, webhook=self._webhook(pk))
        return self.pages(rows, serializers.DeliverySerializer)

    @extend_schema(responses=serializers.DeliveryWithAttempts)
    @action(detail=True, methods=["get"], url_path="deliveries/<uuid:delivery_id>")
    def delivery(self, request: Request, pk: UUID, delivery_id: UUID) -> Response:
        return self.answer(serializers.DeliveryWithAttempts, self._delivery(pk, delivery_id))

    @extend_schema(request=None, responses=serializers.DeliverySerializer)
    @action(detail=True, methods=["post"], url_path="deliveries/<uuid:delivery_id>/replay")
    def replay(self, request: Request, pk: UUID, delivery_id: UUID) -> Response:
        delivery = self._delivery(pk, delivery_id)
        services.webhooks.replay_delivery(actor=self.actor, delivery=delivery, now=now())
        return self.answer(serializers.DeliverySerializer, self._delivery(pk, delivery_id))

    def _words(self, body: dict[str, Any]) -> dict[str, Any]:
        """The body as services take it: a project by its id."""
        if "project" in body:
            slug = body.pop("project")
            body["project_id"] = selectors.project_id_of(self.actor, slug) if slug else None
        return body

    def _webhook(self, pk: UUID) -> Any:
        return selectors.get_webhook(actor=self.actor, webhook_id=pk)

    def _delivery(self, pk: UUID, delivery_id: UUID) -> Any:
        return selectors.get_delivery(actor=self.actor, webhook=self._webhook(pk), delivery_id=delivery_id)

    def _again(self, pk: UUID) -> Response:
        return self.answer(self.serializer_class, self._webhook(pk))
