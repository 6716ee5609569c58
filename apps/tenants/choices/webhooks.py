"""Webhooks and their deliveries: how they stand, and what may follow."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class WebhookState(TextChoices):
    ENABLED = "enabled", _("Enabled")
    PAUSED = "paused", _("Paused")
    DISABLED = "disabled", _("Disabled")


class WebhookShape(TextChoices):
    """How an event is told: as the ledger has it and signed, or in another system's words."""

    EVENTS = "events", _("The ledger's events, signed (Standard Webhooks)")
    OPENLINEAGE = "openlineage", _("Lineage of data, as OpenLineage has it")


class WebhookTrouble(TextChoices):
    """Why the portal disabled a webhook by itself."""

    GONE = "gone", _("the receiver answered that it is gone for good (410)")
    FAILING = "failing", _("every attempt failed for a day and longer")


class DeliveryState(TextChoices):
    WAITING = "waiting", _("To be sent")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Failed")


WEBHOOK_NEXT: dict[WebhookState, frozenset[WebhookState]] = {
    WebhookState.ENABLED: frozenset({WebhookState.PAUSED, WebhookState.DISABLED}),
    WebhookState.PAUSED: frozenset({WebhookState.ENABLED}),
    WebhookState.DISABLED: frozenset({WebhookState.ENABLED}),
}
# Back to waiting: somebody asked for it again.
DELIVERY_NEXT: dict[DeliveryState, frozenset[DeliveryState]] = {
    DeliveryState.WAITING: frozenset({DeliveryState.DELIVERED, DeliveryState.FAILED}),
    DeliveryState.DELIVERED: frozenset({DeliveryState.WAITING}),
    DeliveryState.FAILED: frozenset({DeliveryState.WAITING}),
}
MOST_WEBHOOKS = 20
# So long rests what was to be sent when somebody cancelled its sending.
SENDING_RESTS = timedelta(hours=1)
SECRET_OVERLAP = timedelta(hours=24)
DELIVERIES_KEPT = timedelta(days=30)
