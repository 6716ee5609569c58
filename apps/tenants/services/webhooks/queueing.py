"""What is to be sent to webhooks: one row for each event, and the bell for whoever sends."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.tenants.choices import DELIVERIES_KEPT, SENDING_RESTS, DeliveryState, WebhookState
from apps.tenants.models import Webhook, WebhookDelivery
from apps.tenants.services.webhooks.shapes import told_as
from foundation import clock, jobs
from foundation.errors import Conflict
from foundation.identity import Actor
from foundation.jobs.choices import JobState
from foundation.jobs.models import Job
from foundation.ledger import RecordedEvent
from foundation.tenancy import for_each, in_each, scope
from foundation.tenancy.models import Tenant

_AT_ONCE = 5000


def queue_event(event: RecordedEvent) -> int:
    """Write a delivery for each webhook that wants the event; how many. Heard twice, it is written once.

    Also where a webhook is paused or disabled: what happens meanwhile waits for it.
    """
    rows = Webhook.objects.filter(tenant_id=event.tenant_id, after_seq__lt=event.seq)
    wanted = [webhook for webhook in rows if webhook.wants(event.kind, event.project_id)]
    told = 0
    for webhook in wanted:
        delivery = _delivery(webhook, event, now=clock.database_now())
        if delivery is None:
            continue
        WebhookDelivery.objects.bulk_create([delivery], ignore_conflicts=True)
        ring(webhook)
        told += 1
    return told


def queue_test(webhook: Webhook, *, now: datetime) -> WebhookDelivery:
    event = RecordedEvent(
        id=uuid4(),
        tenant_id=webhook.tenant_id,
        seq=0,
        kind="webhook.test",
        version=1,
        payload={"webhook_id": str(webhook.pk)},
        subject=("webhook", webhook.pk),
        project_id=webhook.project_id,
        actor_kind="system",
        actor_id=None,
        request_id="",
        recorded_at=now,
    )
    delivery = _delivery(webhook, event, now=now)
    if delivery is None:
        raise Conflict(_("This webhook takes no test event."))
    delivery.save(force_insert=True)
    return delivery


def due(webhook: Webhook, *, now: datetime) -> QuerySet[WebhookDelivery]:
    """What may be sent now, in the ledger's order; of one object nothing before what happened to it earlier."""
    waiting = WebhookDelivery.objects.filter(webhook=webhook, state=DeliveryState.WAITING)
    earlier = WebhookDelivery.objects.filter(
        webhook=OuterRef("webhook"),
        state=DeliveryState.WAITING,
        subject_id=OuterRef("subject_id"),
        seq__lt=OuterRef("seq"),
    )
    ready = Q(next_attempt_at__lte=now)
    if webhook.enabled_at is not None:
        ready |= Q(paced_at__lte=webhook.enabled_at)
    if webhook.rested_at is not None and webhook.rested_at + SENDING_RESTS > now:
        ready &= ~(Q(next_attempt_at__lte=webhook.rested_at) | Q(tries__gt=0, paced_at__lte=webhook.rested_at))
    return waiting.filter(~Exists(earlier), ready).order_by("seq", "created_at")


def ring(webhook: Webhook) -> None:
    """Ask for a worker, unless one is asked for already."""
    if webhook.state != WebhookState.ENABLED:
        return
    actor = Actor.system(webhook.tenant, "webhooks")
    asked = jobs.jobs_of(actor=actor, subject=("webhook", webhook.pk)).filter(state=JobState.QUEUED)
    if not asked.exists():
        jobs.enqueue(
            "tenants.send_webhook",
            actor=actor,
            title=_("Send to the webhook “%(name)s”") % {"name": webhook},
            subject=("webhook", webhook.pk),
            webhook_id=str(webhook.pk),
        )


@jobs.on_cancel("tenants.send_webhook")
def _sending_cancelled(job: Job, _sentence: str, _actor: Actor) -> None:
    """Whoever may cancel work may not pause a webhook: what was to be sent rests for an hour.

    Said once, on the webhook: hundreds of thousands may wait, and each would be written and locked.
    """
    Webhook.objects.filter(pk=UUID(job.arguments["webhook_id"])).update(rested_at=Now())


def ring_due_webhooks(*, now: datetime) -> int:
    """Ring for every webhook, of all tenants, that has something due: attempts that are to be made again."""

    def ring_those_of(tenant: Tenant) -> int:
        enabled = Webhook.objects.filter(tenant_id=tenant.pk, state=WebhookState.ENABLED)
        waiting = [webhook for webhook in enabled if due(webhook, now=now).exists()]
        for webhook in waiting:
            ring(webhook)
        return len(waiting)

    return in_each(ring_those_of)


def forget_deliveries(*, now: datetime) -> int:
    """Drop the log of what is older than 30 days, with what still waited; how many deliveries went."""

    def forget(tenant: Tenant) -> int:
        gone = 0
        while some := _forget_some(tenant, before=now - DELIVERIES_KEPT):
            gone += some
        return gone

    return for_each(forget)


def _forget_some(tenant: Tenant, *, before: datetime) -> int:
    """A transaction of its own for each handful: none holds rows for as long as there is something to forget."""
    with scope(tenant.pk):
        old = WebhookDelivery.objects.filter(tenant_id=tenant.pk, created_at__lt=before)
        keys = list(old.values_list("pk", flat=True)[:_AT_ONCE])
        return WebhookDelivery.objects.filter(pk__in=keys).delete()[1].get("tenants.WebhookDelivery", 0)


def _delivery(webhook: Webhook, event: RecordedEvent, *, now: datetime) -> WebhookDelivery | None:
    said = told_as(webhook, event, _said)
    if said is None:
        return None
    return WebhookDelivery(
        tenant_id=webhook.tenant_id,
        webhook=webhook,
        event_id=event.id,
        seq=event.seq,
        kind=event.kind,
        subject_kind=event.subject[0],
        subject_id=event.subject[1],
        payload=json.dumps(said, ensure_ascii=False, separators=(",", ":")),
        next_attempt_at=now,
        created_at=now,
    )


def _said(event: RecordedEvent) -> dict[str, Any]:
    """The event as the ledger shows it to everybody who may read it: ids, digests, numbers and words."""
    return {
        "type": event.kind,
        "timestamp": event.recorded_at.isoformat(),
        "data": {
            "id": str(event.id),
            "seq": event.seq,
            "kind": event.kind,
            "version": event.version,
            "tenant_id": str(event.tenant_id),
            "project_id": str(event.project_id) if event.project_id else None,
            "subject_kind": event.subject[0],
            "subject_id": str(event.subject[1]),
            "actor_kind": event.actor_kind,
            "actor_id": str(event.actor_id) if event.actor_id else None,
            "payload": event.payload,
        },
    }
