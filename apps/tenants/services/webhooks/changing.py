"""Webhooks: made, changed, given a new secret, paused and enabled, tested, played again, deleted."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.tenants import policies, selectors
from apps.tenants.choices import DELIVERY_NEXT, SECRET_OVERLAP, WEBHOOK_NEXT, DeliveryState, WebhookShape, WebhookState
from apps.tenants.events import (
    WebhookChanged,
    WebhookCreated,
    WebhookDeleted,
    WebhookEnabled,
    WebhookPaused,
    WebhookReplayed,
    WebhookSecretRolled,
    WebhookTested,
)
from apps.tenants.models import BinnedThing, Webhook, WebhookDelivery
from apps.tenants.services.binning import keep_webhook
from apps.tenants.services.webhooks import signing
from apps.tenants.services.webhooks.queueing import queue_test, ring
from foundation import access, clock, ledger, states
from foundation.errors import Conflict
from foundation.identity import Actor
from foundation.ledger.selectors import last_seq


@transaction.atomic
def create_webhook(
    *,
    actor: Actor,
    url: str,
    kinds: Collection[str],
    now: datetime,
    description: str = "",
    project_id: UUID | None = None,
    shape: str = WebhookShape.EVENTS,
    namespace: str = "",
    token: str = "",
) -> tuple[Webhook, str]:
    """The webhook and its secret, whose one readable copy this is. It hears what is recorded from now on.

    One for OpenLineage has no secret of ours: it is sent the receiver's own `token`, which is sealed.
    """
    policies.check_can_manage_webhooks(actor)
    access.require_fresh(actor)
    policies.check_room_for_webhook(actor)
    policies.check_project_of_webhook(actor, project_id)
    webhook = Webhook(
        tenant=actor.tenant,
        url=policies.check_url_of_webhook(url),
        kinds=policies.check_kinds(kinds),
        description=description.strip(),
        project_id=project_id,
        shape=WebhookShape(shape),
        namespace=policies.check_namespace(shape, namespace),
        after_seq=last_seq(tenant_id=actor.tenant_id),
        created_by=actor.user,
        created_at=now,
    )
    lineage = webhook.shape == WebhookShape.OPENLINEAGE
    secret = token.strip() if lineage else signing.new_secret()
    webhook.sealed_secret = signing.sealed(webhook, secret)
    webhook.save(force_insert=True)
    created = WebhookCreated(webhook_id=webhook.pk, kinds=webhook.kinds, project=project_id)
    ledger.record(created, actor=actor, subject=("webhook", webhook.pk))
    return webhook, "" if lineage else secret


@transaction.atomic
def edit_webhook(
    *,
    actor: Actor,
    webhook: Webhook,
    url: str,
    kinds: Collection[str],
    description: str = "",
    project_id: UUID | None = None,
) -> Webhook:
    """What waits goes to the new address; what is told is decided anew for what is recorded from now on."""
    policies.check_can_manage_webhooks(actor)
    access.require_fresh(actor)
    policies.check_project_of_webhook(actor, project_id)
    webhook = _locked(webhook)
    wanted = {
        "url": policies.check_url_of_webhook(url),
        "kinds": policies.check_kinds(kinds),
        "description": description.strip(),
        "project_id": project_id,
    }
    changed = [name for name, value in wanted.items() if getattr(webhook, name) != value]
    for name in changed:
        setattr(webhook, name, wanted[name])
    if changed:
        webhook.save(update_fields=changed)
        ledger.record(
            WebhookChanged(webhook_id=webhook.pk, changed=changed), actor=actor, subject=("webhook", webhook.pk)
        )
    return webhook


@transaction.atomic
def roll_webhook_secret(*, actor: Actor, webhook: Webhook, now: datetime) -> tuple[Webhook, str]:
    """A new secret, shown once; for 24 hours both sign, and after that the new one alone."""
    policies.check_can_manage_webhooks(actor)
    access.require_fresh(actor)
    policies.check_signs(webhook)
    webhook, secret = _locked(webhook), signing.new_secret()
    webhook.sealed_previous, webhook.previous_until = webhook.sealed_secret, now + SECRET_OVERLAP
    webhook.sealed_secret = signing.sealed(webhook, secret)
    webhook.save(update_fields=["sealed_secret", "sealed_previous", "previous_until"])
    rolled = WebhookSecretRolled(webhook_id=webhook.pk, previous_until=webhook.previous_until)
    ledger.record(rolled, actor=actor, subject=("webhook", webhook.pk))
    return webhook, secret


@transaction.atomic
def pause_webhook(*, actor: Actor, webhook: Webhook) -> Webhook:
    """Nothing is sent to it; what happens meanwhile waits for up to 30 days."""
    policies.check_can_manage_webhooks(actor)
    webhook = _locked(webhook)
    if webhook.state == WebhookState.DISABLED:
        raise Conflict(_("This webhook is disabled already; nothing is sent to it."))
    if webhook.state == WebhookState.ENABLED:
        states.move(webhook, WebhookState.PAUSED, WEBHOOK_NEXT)
        webhook.save(update_fields=["state"])
        ledger.record(WebhookPaused(webhook_id=webhook.pk), actor=actor, subject=("webhook", webhook.pk))
    return webhook


@transaction.atomic
def enable_webhook(*, actor: Actor, webhook: Webhook) -> Webhook:
    """What has waited is sent at once, in its order."""
    policies.check_can_manage_webhooks(actor)
    webhook = _locked(webhook)
    if webhook.state != WebhookState.ENABLED:
        states.move(webhook, WebhookState.ENABLED, WEBHOOK_NEXT)
        webhook.trouble, webhook.failures, webhook.failing_since = "", 0, None
        # Said once, here: hundreds of thousands may wait, and each would be written.
        webhook.enabled_at, webhook.rested_at = clock.database_now(), None
        webhook.save(update_fields=["state", "trouble", "failures", "failing_since", "enabled_at", "rested_at"])
        ledger.record(WebhookEnabled(webhook_id=webhook.pk), actor=actor, subject=("webhook", webhook.pk))
        ring(webhook)
    return webhook


@transaction.atomic
def send_test_event(*, actor: Actor, webhook: Webhook, now: datetime) -> WebhookDelivery:
    """An event of no consequence (`webhook.test`), signed and sent like any other."""
    policies.check_can_manage_webhooks(actor)
    webhook = _locked(webhook)
    policies.check_is_sent_to(webhook)
    delivery = queue_test(webhook, now=now)
    ledger.record(
        WebhookTested(webhook_id=webhook.pk, delivery_id=delivery.pk), actor=actor, subject=("webhook", webhook.pk)
    )
    ring(webhook)
    return delivery


@transaction.atomic
def replay_delivery(*, actor: Actor, delivery: WebhookDelivery, now: datetime) -> WebhookDelivery:
    """Send it again, with the id and payload that it had; one that still waits is sent at once."""
    policies.check_can_manage_webhooks(actor)
    webhook = _locked(delivery.webhook)
    policies.check_is_sent_to(webhook)
    delivery = WebhookDelivery.objects.select_for_update().get(pk=delivery.pk)
    if delivery.state != DeliveryState.WAITING:
        states.move(delivery, DeliveryState.WAITING, DELIVERY_NEXT)
    delivery.tries, delivery.next_attempt_at = 0, now
    delivery.save(update_fields=["state", "tries", "next_attempt_at"])
    _note_replay(actor, webhook, 1)
    return delivery


@transaction.atomic
def replay_failed(*, actor: Actor, webhook: Webhook, since: datetime, now: datetime) -> int:
    """Send again all that failed of what was recorded since then; how many."""
    policies.check_can_manage_webhooks(actor)
    webhook = _locked(webhook)
    policies.check_is_sent_to(webhook)
    rows = selectors.failed_since(actor=actor, webhook=webhook, since=since)
    count = states.move_rows(rows, DeliveryState.WAITING, DELIVERY_NEXT, tries=0, next_attempt_at=now)
    if not count:
        raise Conflict(_("No delivery has failed since then."))
    _note_replay(actor, webhook, count)
    return count


@transaction.atomic
def delete_webhook(*, actor: Actor, webhook: Webhook) -> BinnedThing:
    """With it go what waits and the log of what was sent; itself and its sealed secret lie in the bin."""
    policies.check_can_manage_webhooks(actor)
    access.require_fresh(actor)
    webhook = _locked(webhook)
    binned = keep_webhook(actor=actor, webhook=webhook)
    ledger.record(WebhookDeleted(webhook_id=webhook.pk), actor=actor, subject=("webhook", webhook.pk))
    webhook.delete()
    return binned


def _note_replay(actor: Actor, webhook: Webhook, count: int) -> None:
    ledger.record(
        WebhookReplayed(webhook_id=webhook.pk, deliveries=count), actor=actor, subject=("webhook", webhook.pk)
    )
    ring(webhook)


def _locked(webhook: Webhook) -> Webhook:
    return Webhook.objects.select_for_update().get(pk=webhook.pk)
