"""In whose words events are told to webhooks: the upper rooms that know other words register them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apps.tenants.choices import WebhookShape
from apps.tenants.models import Webhook
from foundation.ledger import RecordedEvent

# Of an event in the webhook's namespace; None where there is nothing to tell.
Teller = Callable[[RecordedEvent, str], dict[str, Any] | None]
_tellers: dict[WebhookShape, Teller] = {}


def register_webhook_shape(shape: WebhookShape, teller: Teller) -> None:
    """Say how events are told in this shape; a test is told as the event `webhook.test`."""
    _tellers[shape] = teller


def told_as(webhook: Webhook, event: RecordedEvent, usual: Callable[[RecordedEvent], dict[str, Any]]) -> Any:
    """What is sent of an event; None where this webhook is not told of it."""
    shape = WebhookShape(webhook.shape)
    if shape is WebhookShape.EVENTS:
        return usual(event)
    return _tellers[shape](event, webhook.namespace)
