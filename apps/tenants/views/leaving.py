"""Settings › Leave Sanad: an archive of everything, and the deletion with its wait."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.tenants import policies, selectors, services
from apps.tenants.choices import ExportState
from apps.tenants.forms.platform import NameTypedForm
from apps.tenants.views.tabs import tabs
from foundation import access
from foundation.access import Permission
from foundation.clock import now
from foundation.web import redirect, render_page
from foundation.web.downloads import attached
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest


@access.page(Permission.TENANT_MANAGE)
def leaving(request: PortalRequest, tenant: str) -> HttpResponse:
    """A post asks for the deletion, or, where it was asked for, confirms a second time."""
    form = NameTypedForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        act = services.cut_the_wait if request.tenant.deletion_due else services.ask_to_leave
        with refusals_on(form):
            act(actor=request.actor, **form.cleaned_data)
            messages.success(request, _("It is written down."))
            return redirect(request, request.path)
    rows = list(selectors.exports(actor=request.actor)[:20])
    context: dict[str, Any] = {
        "form": form,
        "exports": [
            {"row": row, "job": selectors.job_of_export(actor=request.actor, export=row), "live": _is_live(row)}
            for row in rows
        ],
        "erased": any(row.state == ExportState.ERASED for row in rows),
        "leaving": selectors.leaving_of(actor=request.actor),
        "due": request.tenant.deletion_due,
        "days": settings.SANAD_LEAVING_DAYS,
        "may_leave": access.ask(policies.check_can_leave, request.actor),
        "tabs": tabs(request, "leaving"),
    }
    return render_page(request, "tenants/leaving.html", status=422 if form.errors else 200, **context)


@access.page(Permission.TENANT_MANAGE)
@require_POST
def leaving_undo(request: PortalRequest, tenant: str) -> HttpResponse:
    services.stay(actor=request.actor)
    messages.success(request, _("The organisation stays."))
    return redirect(request, _back(tenant))


@access.page(Permission.TENANT_MANAGE)
@require_POST
def export_make(request: PortalRequest, tenant: str) -> HttpResponse:
    services.ask_for_export(actor=request.actor)
    messages.success(request, _("The archive is being made; it is shown here when it is ready."))
    return redirect(request, _back(tenant))


@access.page(Permission.TENANT_MANAGE)
@access.fresh
@require_POST
def export_fetch(request: PortalRequest, tenant: str, export_id: UUID) -> HttpResponseBase:
    export = selectors.get_export(actor=request.actor, export_id=export_id)
    content = services.fetch_export(actor=request.actor, export=export)
    return attached(content, name=f"{tenant}-{export}.zip", kind="application/zip")


def _is_live(row: Any) -> bool:
    return row.state == ExportState.READY and row.expires_at is not None and row.expires_at > now()


def _back(tenant: str) -> str:
    return reverse("tenants:leaving", args=[tenant])
