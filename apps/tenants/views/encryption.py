"""The tenant's keys: how they stand, a new one, one of the tenant's own, and taking that away."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from apps.tenants import selectors
from apps.tenants.forms.encryption import BringForm, RotateForm, WithdrawForm
from apps.tenants.views.key_table import KeyTable
from apps.tenants.views.tabs import tabs
from foundation import access, jobs
from foundation.access import Permission
from foundation.clock import now
from foundation.jobs.presentation import job_context
from foundation.storage import keys
from foundation.web import redirect, render_page
from foundation.web.history import history
from foundation.web.locked import opens_without_keys
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest
from foundation.web.tables import build_table


@opens_without_keys
@access.page(Permission.TENANT_MANAGE)
@never_cache
def encryption(request: PortalRequest, tenant: str) -> HttpResponse:
    return _page(request)


@access.page(Permission.TENANT_MANAGE)
@require_POST
def key_rotate(request: PortalRequest, tenant: str) -> HttpResponse:
    number = keys.rotate_key(actor=request.actor, reseal="reseal" in request.POST)
    messages.success(request, _("Key %(number)s is made; everything new is sealed under it.") % {"number": number})
    return redirect(request, _address(request))


@access.page(Permission.TENANT_MANAGE)
@require_POST
def key_rewrap(request: PortalRequest, tenant: str) -> HttpResponse:
    keys.ask_for_rewrap(actor=request.actor)
    messages.success(request, _("The keys are being wrapped anew."))
    return redirect(request, _address(request))


@opens_without_keys
@access.page(Permission.TENANT_MANAGE)
@never_cache
@require_POST
def key_bring(request: PortalRequest, tenant: str) -> HttpResponse:
    form = BringForm(request.POST, vault_beginning=keys.standing_of(actor=request.actor).vault_beginning)
    if form.is_valid():
        with refusals_on(form):
            keys.bring_key(actor=request.actor, now=now(), **form.cleaned_data)
            messages.success(request, _("Your key is in use: without it nothing of the organisation opens."))
            return redirect(request, _address(request))
    return _page(request, bring=form)


@access.page(Permission.TENANT_MANAGE)
@never_cache
@require_POST
def key_withdraw(request: PortalRequest, tenant: str) -> HttpResponse:
    form = WithdrawForm(request.POST, name=request.tenant.slug)
    if form.is_valid():
        with refusals_on(form):
            keys.withdraw_key(actor=request.actor, now=now(), **form.cleaned_data)
            messages.success(request, _("Your key is withdrawn; nothing of the organisation opens until it is back."))
            return redirect(request, _address(request))
    return _page(request, withdraw=form)


@access.page(Permission.TENANT_MANAGE)
@require_POST
def key_release(request: PortalRequest, tenant: str) -> HttpResponse:
    keys.release_key(actor=request.actor, now=now())
    messages.success(request, _("The keys are left to the portal again."))
    return redirect(request, _address(request))


def _page(request: PortalRequest, **forms: Any) -> HttpResponse:
    actor, lines = request.actor, keys.key_lines(actor=request.actor)
    standing, subject = keys.standing_of(actor=request.actor), ("keys", request.tenant.pk)
    running = next((job for job in jobs.jobs_of(actor=actor, subject=subject) if not job.is_final), None)
    newest = next((line.number for line in lines if not line.purpose), None)
    given: dict[str, Any] = {
        "rotate": RotateForm(),
        "bring": BringForm(vault_beginning=standing.vault_beginning),
        "withdraw": WithdrawForm(name=request.tenant.slug),
        **forms,
    }
    context: dict[str, Any] = {
        "standing": standing,
        "newest": newest,
        "table": build_table(request, KeyTable, lines),
        "count": len(lines),
        "outdated": any(not line.is_current for line in lines),
        "exposed": any(line.exposed for line in lines),
        "job": job_context(running, actor=actor, now=now()) if running else None,
        "history": history(actor, subject, names=selectors.names_of),
        "tabs": tabs(request, "encryption"),
        **given,
    }
    status = 422 if any(form.errors for form in forms.values()) else 200
    return render_page(request, "tenants/encryption.html", status=status, **context)


def _address(request: PortalRequest) -> str:
    return reverse("tenants:encryption", args=[request.tenant.slug])
