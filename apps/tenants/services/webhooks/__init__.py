"""Events told over HTTP to addresses that a tenant names: their settings, queue, shapes and signatures."""

from apps.tenants.services.webhooks.changing import (
    create_webhook,
    delete_webhook,
    edit_webhook,
    enable_webhook,
    pause_webhook,
    replay_delivery,
    replay_failed,
    roll_webhook_secret,
    send_test_event,
)
from apps.tenants.services.webhooks.queueing import forget_deliveries, queue_event, ring_due_webhooks
from apps.tenants.services.webhooks.sending import send_webhook

__all__ = [
    "create_webhook",
    "delete_webhook",
    "edit_webhook",
    "enable_webhook",
    "forget_deliveries",
    "pause_webhook",
    "queue_event",
    "replay_delivery",
    "replay_failed",
    "ring_due_webhooks",
    "roll_webhook_secret",
    "send_test_event",
    "send_webhook",
]
