"""Settings › Support: who of the platform is let in, and who asks to be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.tenants import policies, selectors, services
from apps.tenants.choices import SupportState
from apps.tenants.forms.platform import SupportGivenForm
from apps.tenants.views.tabs import tabs
from foundation import access
from foundation.access import Permission
from foundation.clock import now
from foundation.web import redirect, render_page
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest


@access.page(Permission.TENANT_MANAGE)
def support_page(request: PortalRequest, tenant: str) -> HttpResponse:
    people = selectors.operators_to_let_in(actor=request.actor)
    form = SupportGivenForm(request.POST or None, operators=people)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        chosen = next(user for user in people if str(user.pk) == said.pop("operator"))
        with refusals_on(form):
            services.give_support(actor=request.actor, operator=chosen, **said)
            messages.success(request, _("%(name)s may come in.") % {"name": chosen})
            return redirect(request, request.path)
    rows = list(selectors.support_grants(actor=request.actor)[:100])
    context: dict[str, Any] = {
        "form": form,
        "operators": people,
        "may_grant": access.ask(policies.check_can_grant_support, request.actor),
        "rows": shown(rows),
        "open": sum(SupportState.of(row, now()) == SupportState.OPEN for row in rows),
        "tabs": tabs(request, "support"),
    }
    return render_page(request, "tenants/support.html", status=422 if form.errors else 200, **context)


@access.page(Permission.TENANT_MANAGE)
@require_POST
def support_grant(request: PortalRequest, tenant: str, support_id: UUID) -> HttpResponse:
    grant = selectors.get_support_grant(actor=request.actor, grant_id=support_id)
    services.grant_support(actor=request.actor, grant=grant)
    messages.success(request, _("%(name)s may come in.") % {"name": grant.user})
    return redirect(request, _back(tenant))


@access.page(Permission.TENANT_MANAGE)
@require_POST
def support_refuse(request: PortalRequest, tenant: str, support_id: UUID) -> HttpResponse:
    grant = selectors.get_support_grant(actor=request.actor, grant_id=support_id)
    services.refuse_support(actor=request.actor, grant=grant)
    messages.success(request, _("The request is refused."))
    return redirect(request, _back(tenant))


@access.page(Permission.TENANT_MANAGE)
@require_POST
def support_end(request: PortalRequest, tenant: str, support_id: UUID) -> HttpResponse:
    grant = selectors.get_support_grant(actor=request.actor, grant_id=support_id)
    services.end_support(actor=request.actor, grant=grant)
    messages.success(request, _("The support access has ended."))
    return redirect(request, _back(tenant))


def shown(rows: Iterable[Any]) -> list[dict[str, Any]]:
    """Each with how it stands, for pages of tenant and platform."""
    moment = now()
    return [{"row": row, "state": SupportState.of(row, moment)} for row in rows]


def _back(tenant: str) -> str:
    return reverse("tenants:support", args=[tenant])
