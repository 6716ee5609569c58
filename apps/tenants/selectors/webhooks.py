"""Webhooks of a tenant and what was sent to them, for those who manage the tenant."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from apps.tenants.choices import DeliveryState, WebhookState
from apps.tenants.models import Webhook, WebhookAttempt, WebhookDelivery
from foundation import access
from foundation.access import Permission
from foundation.errors import NotFound
from foundation.identity import Actor


def webhooks(*, actor: Actor) -> QuerySet[Webhook]:
    """The newest first, each with how many deliveries wait and failed."""
    access.require(actor, Permission.TENANT_MANAGE)
    counted = {state.value: Count("deliveries", filter=Q(deliveries__state=state)) for state in DeliveryState}
    return Webhook.objects.filter(tenant_id=actor.tenant_id).select_related("created_by").annotate(**counted)


def get_webhook(*, actor: Actor, webhook_id: UUID) -> Webhook:
    found = webhooks(actor=actor).filter(pk=webhook_id).first()
    if found is None:
        raise NotFound(_("There is no such webhook in this tenant."))
    return found


def disabled_webhooks(*, actor: Actor) -> QuerySet[Webhook]:
    """Those that the portal disabled: whoever made one is asked to mend its receiver, or where it left, everybody."""
    mine = Q(created_by=actor.user) | Q(created_by=None) | ~Q(created_by__memberships__tenant_id=actor.tenant_id)
    return webhooks(actor=actor).filter(mine, state=WebhookState.DISABLED).distinct()


def deliveries(*, actor: Actor, webhook: Webhook) -> QuerySet[WebhookDelivery]:
    """What was and is to be sent to it, the newest first."""
    access.require(actor, Permission.TENANT_MANAGE)
    rows = WebhookDelivery.objects.filter(tenant_id=actor.tenant_id, webhook=webhook)
    # A page of rows shows how attempts ended; what was said is read where one delivery is looked at.
    ended = WebhookAttempt.objects.defer("answer", "request_headers")
    return rows.select_related("webhook").prefetch_related(Prefetch("attempts", queryset=ended))


def get_delivery(*, actor: Actor, webhook: Webhook, delivery_id: UUID) -> WebhookDelivery:
    found = deliveries(actor=actor, webhook=webhook).filter(pk=delivery_id).first()
    if found is None:
        raise NotFound(_("There is no such delivery of this webhook, or it is older than 30 days and was forgotten."))
    return found


def attempts(*, actor: Actor, delivery: WebhookDelivery) -> list[WebhookAttempt]:
    """The requests of a delivery, the newest first."""
    access.require(actor, Permission.TENANT_MANAGE)
    return list(WebhookAttempt.objects.filter(tenant_id=actor.tenant_id, delivery=delivery))


def failed_since(*, actor: Actor, webhook: Webhook, since: datetime) -> QuerySet[WebhookDelivery]:
    access.require(actor, Permission.TENANT_MANAGE)
    rows = WebhookDelivery.objects.filter(tenant_id=actor.tenant_id, webhook=webhook, created_at__gte=since)
    return rows.filter(state=DeliveryState.FAILED)
