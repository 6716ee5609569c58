"""Addresses that are told what happens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from apps.tenants.choices import WebhookTrouble
from foundation import ledger


@dataclass(frozen=True, kw_only=True)
class WebhookCreated(ledger.Event):
    """`kinds` are families and kinds of events, none for all; the address itself could name somebody."""

    kind = "webhook.created"
    said = _("made a webhook")
    icon = "plus"
    webhook_id: UUID
    kinds: list[str]
    project: UUID | None


@dataclass(frozen=True, kw_only=True)
class WebhookChanged(ledger.Event):
    """`changed` names the fields, never their text."""

    kind = "webhook.changed"
    said = _("changed the webhook")
    icon = "writing"
    webhook_id: UUID
    changed: list[str]


@dataclass(frozen=True, kw_only=True)
class WebhookSecretRolled(ledger.Event):
    kind = "webhook.secret_rolled"
    said = _("gave the webhook a new secret")
    icon = "key"
    webhook_id: UUID
    previous_until: datetime


@dataclass(frozen=True, kw_only=True)
class WebhookPaused(ledger.Event):
    kind = "webhook.paused"
    said = _("paused the webhook")
    icon = "player-pause"
    webhook_id: UUID


@dataclass(frozen=True, kw_only=True)
class WebhookEnabled(ledger.Event):
    kind = "webhook.enabled"
    said = _("enabled the webhook")
    icon = "player-play"
    webhook_id: UUID


@dataclass(frozen=True, kw_only=True)
class WebhookDisabled(ledger.Event):
    """By the portal itself."""

    kind = "webhook.disabled"
    said = _("disabled the webhook: %(trouble)s")
    labels: ClassVar = {"trouble": WebhookTrouble}
    icon = "alert-triangle"
    webhook_id: UUID
    trouble: str
    failures: int


@dataclass(frozen=True, kw_only=True)
class WebhookReplayed(ledger.Event):
    kind = "webhook.replayed"
    said = _("sent %(deliveries)s deliveries of the webhook again")
    icon = "refresh"
    webhook_id: UUID
    deliveries: int


@dataclass(frozen=True, kw_only=True)
class WebhookTested(ledger.Event):
    kind = "webhook.tested"
    said = _("sent a test event to the webhook")
    icon = "flask"
    webhook_id: UUID
    delivery_id: UUID


@dataclass(frozen=True, kw_only=True)
class WebhookDeleted(ledger.Event):
    kind = "webhook.deleted"
    said = _("deleted the webhook")
    icon = "trash"
    webhook_id: UUID
