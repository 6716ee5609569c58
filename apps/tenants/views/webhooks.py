"""Webhooks under Settings: made, changed, tested, paused, and what was sent to them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from apps.tenants import selectors, services
from apps.tenants.choices import DeliveryState, WebhookState
from apps.tenants.forms.webhooks import SinceForm, WebhookForm
from apps.tenants.views.bin import offer_restore
from apps.tenants.views.bin_tables import would_be_kept
from apps.tenants.views.tabs import tabs
from apps.tenants.views.webhook_tables import (
    DeliveryFilter,
    DeliveryTable,
    WebhookFilter,
    WebhookTable,
    readable,
    told_of,
)
from foundation import access
from foundation.access import Permission
from foundation.clock import now
from foundation.web import redirect, render_page
from foundation.web.editing import alone
from foundation.web.history import history
from foundation.web.pages import offer_undo
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest
from foundation.web.tables import build_table


@access.page(Permission.TENANT_MANAGE)
@never_cache
def webhook_list(request: PortalRequest, tenant: str) -> HttpResponse:
    projects = selectors.projects_of(request.actor)
    form, secret, made = WebhookForm(request.POST or None, projects=projects), "", None
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            made, secret = services.webhooks.create_webhook(
                actor=request.actor, now=now(), **_words(request, form), **form.shaping
            )
            if not secret:
                messages.success(request, _("It is made. Send it a test event."))
                return redirect(request, _address(request, made.pk))
            form = WebhookForm(projects=projects)
    rows = selectors.webhooks(actor=request.actor)
    context: dict[str, Any] = {
        "table": build_table(request, WebhookTable, rows, filterset_class=WebhookFilter),
        "count": len(rows),
        "disabled": sum(row.state == WebhookState.DISABLED for row in rows),
        "form": form,
        "made": made,
        "secret": _secret(secret),
        "tabs": tabs(request, "webhooks"),
    }
    return render_page(request, "tenants/webhook_list.html", status=422 if form.errors else 200, **context)


@access.page(Permission.TENANT_MANAGE)
@never_cache
def webhook_detail(request: PortalRequest, tenant: str, webhook_id: UUID) -> HttpResponse:
    webhook = selectors.get_webhook(actor=request.actor, webhook_id=webhook_id)
    return _page(request, webhook, None, "")


@access.page(Permission.TENANT_MANAGE)
def webhook_edit(request: PortalRequest, tenant: str, webhook_id: UUID) -> HttpResponse:
    alone(request)
    webhook = selectors.get_webhook(actor=request.actor, webhook_id=webhook_id)
    form = WebhookForm(request.POST or None, projects=selectors.projects_of(request.actor), webhook=webhook)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            services.webhooks.edit_webhook(actor=request.actor, webhook=webhook, **_words(request, form))
            messages.success(request, _("Saved."))
            return redirect(request, _address(request, webhook_id))
    context: dict[str, Any] = {"webhook": webhook, "form": form, "tabs": tabs(request, "webhooks")}
    return render_page(request, "tenants/webhook_edit.html", status=422 if form.errors else 200, **context)


@access.page(Permission.TENANT_MANAGE)
@require_POST
@never_cache
def webhook_roll(request: PortalRequest, tenant: str, webhook_id: UUID) -> HttpResponse:
    webhook = selectors.get_webhook(actor=request.actor, webhook_id=webhook_id)
    _row, secret = services.webhooks.roll_webhook_secret(actor=request.actor, webhook=webhook, now=now())
    return _page(request, selectors.get_webhook(actor=request.actor, webhook_id=webhook_id), None, secret)


@access.page(Permission.TENANT_MANAGE)
@require_POST
def webhook_pause(request: PortalRequest, tenant: str, webhook_id: UUID) -> HttpResponse:
    webhook = selectors.get_webhook(actor=request.actor, webhook_id=webhook_id)
    services.webhooks.pause_webhook(actor=request.actor, webhook=webhook)
    back = reverse("tenants:webhook_enable", args=[tenant, webhook_id])
    offer_undo(request, _("It is paused; what happens meanwhile waits for it."), back)
    return redirect(request, _address(request, webhook_id))


@access.page(Permission.TENANT_MANAGE)
@require_POST
def webhook_enable(request: PortalRequest, tenant: str, webhook_id: UUID) -> HttpResponse:
    webhook = selectors.get_webhook(actor=request.actor, webhook_id=webhook_id)
    services.webhooks.enable_webhook(actor=request.actor, webhook=webhook)
    messages.success(request, _("It is enabled; what waited is sent now."))
    return redirect(request, _address(request, webhook_id))


@access.page(Permission.TENANT_MANAGE)
@require_POST
def webhook_test(request: PortalRequest, tenant: str, webhook_id: UUID) -> HttpResponse:
    webhook = selectors.get_webhook(actor=request.actor, webhook_id=webhook_id)
    delivery = services.webhooks.send_test_event(actor=request.actor, webhook=webhook, now=now())
    return redirect(request, reverse("tenants:webhook_delivery", args=[tenant, webhook_id, delivery.pk]))


@access.page(Permission.TENANT_MANAGE)
@require_POST
def webhook_delete(request: PortalRequest, tenant: str, webhook_id: UUID) -> HttpResponse:
    webhook = selectors.get_webhook(actor=request.actor, webhook_id=webhook_id)
    offer_restore(request, services.webhooks.delete_webhook(actor=request.actor, webhook=webhook))
    return redirect(request, reverse("tenants:webhook_list", args=[tenant]))


@access.page(Permission.TENANT_MANAGE)
@require_POST
def webhook_replay_failed(request: PortalRequest, tenant: str, webhook_id: UUID) -> HttpResponse:
    webhook = selectors.get_webhook(actor=request.actor, webhook_id=webhook_id)
    form, moment = SinceForm(request.POST), now()
    if form.is_valid():
        with refusals_on(form):
            count = services.webhooks.replay_failed(
                actor=request.actor, webhook=webhook, since=moment - form.span, now=moment
            )
            said = ngettext("%(count)s delivery is sent again.", "%(count)s deliveries are sent again.", count)
            messages.success(request, said % {"count": count})
            return redirect(request, _address(request, webhook_id))
    return _page(request, webhook, form, "")


@access.page(Permission.TENANT_MANAGE)
@require_GET
def webhook_delivery(request: PortalRequest, tenant: str, webhook_id: UUID, delivery_id: UUID) -> HttpResponse:
    webhook = selectors.get_webhook(actor=request.actor, webhook_id=webhook_id)
    delivery = selectors.get_delivery(actor=request.actor, webhook=webhook, delivery_id=delivery_id)
    context: dict[str, Any] = {
        "webhook": webhook,
        "delivery": delivery,
        "attempts": selectors.attempts(actor=request.actor, delivery=delivery),
        "payload": readable(delivery.payload),
        "waits": delivery.state == DeliveryState.WAITING,
        "rests": delivery.due_at > now(),
        "tabs": tabs(request, "webhooks"),
    }
    return render_page(request, "tenants/webhook_delivery.html", **context)


@access.page(Permission.TENANT_MANAGE)
@require_POST
def webhook_replay(request: PortalRequest, tenant: str, webhook_id: UUID, delivery_id: UUID) -> HttpResponse:
    webhook = selectors.get_webhook(actor=request.actor, webhook_id=webhook_id)
    delivery = selectors.get_delivery(actor=request.actor, webhook=webhook, delivery_id=delivery_id)
    services.webhooks.replay_delivery(actor=request.actor, delivery=delivery, now=now())
    messages.success(request, _("It is sent again."))
    return redirect(request, reverse("tenants:webhook_delivery", args=[tenant, webhook_id, delivery_id]))


def _page(request: PortalRequest, webhook: Any, since: SinceForm | None, secret: str) -> HttpResponse:
    rows = selectors.deliveries(actor=request.actor, webhook=webhook)
    names = {project.id: project.name for project in selectors.projects_of(request.actor)}
    context: dict[str, Any] = {
        "webhook": webhook,
        "told_of": told_of(webhook.kinds),
        "project_name": names.get(webhook.project_id, "") if webhook.project_id else "",
        "table": build_table(request, DeliveryTable, rows, filterset_class=DeliveryFilter),
        "count": rows.count(),
        "since": since or SinceForm(),
        "secret": _secret(secret),
        "kept_until": would_be_kept(),
        "rests": webhook.rests_until if webhook.rests_until and webhook.rests_until > now() else None,
        "both_sign": bool(webhook.previous_until and webhook.previous_until > now()),
        "history": history(request.actor, ("webhook", webhook.pk), names=selectors.names_of),
        "topic": f"webhook:{webhook.pk}",
        "tabs": tabs(request, "webhooks"),
    }
    return render_page(request, "tenants/webhook_detail.html", status=422 if since and since.errors else 200, **context)


def _words(request: PortalRequest, form: WebhookForm) -> dict[str, Any]:
    slug = form.cleaned_data["project"]
    return {
        "url": form.cleaned_data["url"],
        "description": form.cleaned_data["description"],
        "kinds": form.kinds,
        "project_id": selectors.project_id_of(request.actor, slug) if slug else None,
    }


def _secret(text: str) -> list[dict[str, str]]:
    return [{"name": _("Signing secret"), "code": text}] if text else []


def _address(request: PortalRequest, webhook_id: UUID) -> str:
    return reverse("tenants:webhook_detail", args=[request.tenant.slug, webhook_id])
