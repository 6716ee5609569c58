"""/platform/: tenants, what they use, and how support comes into them. Nothing of what they keep is shown here."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from apps.tenants import selectors, services
from apps.tenants.forms.platform import NewTenantForm, PlanForm, SupportForm
from apps.tenants.selectors import platform
from apps.tenants.selectors.usage import Month
from apps.tenants.views.support import shown
from foundation import access
from foundation.clock import now
from foundation.tenancy import zones
from foundation.web import redirect, render_page
from foundation.web.refusals import refusals_on
from foundation.web.requests import PersonRequest

_EACH_PAGE = 50


@access.operator("see which tenants there are and what they use")
@require_GET
def tenant_list(request: PersonRequest) -> HttpResponse:
    month, words = _month(request), request.GET.get("q", "").strip().casefold()
    lines = platform.figures(operator=request.user, month=month)
    found = [line for line in lines if words in f"{line.tenant.slug} {line.tenant.name}".casefold()]
    context: dict[str, Any] = {
        "page": Paginator(found, _EACH_PAGE).get_page(request.GET.get("page")),
        "count": len(lines),
        "q": request.GET.get("q", ""),
        "months": _months(month),
        "month": str(month),
        "cost": sum((line.cost for line in lines), start=0),
        "support": shown(platform.support_of_platform(operator=request.user)[:20]),
    }
    return render_page(request, "platform/tenant_list.html", **context)


@access.operator("make a tenant and hand over the link of its first administrator")
@access.fresh
@never_cache
def tenant_new(request: PersonRequest) -> HttpResponse:
    form, link = NewTenantForm(request.POST or None, initial={"zones": [zones.here()]}), ""
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            words = dict(form.cleaned_data)
            email = words.pop("email")
            _tenant, secret = services.open_tenant(operator=request.user, email=email, now=now(), **words)
            link = settings.SANAD_PUBLIC_URL + reverse("tenants:invitation", args=[secret])
            form = NewTenantForm(initial={"zones": [zones.here()]})
    context: dict[str, Any] = {"form": form, "link": [{"name": _("Invitation link"), "code": link}] if link else []}
    return render_page(request, "platform/tenant_new.html", status=422 if form.errors else 200, **context)


@access.operator("see what one tenant uses, and how it stands")
@require_GET
def tenant_detail(request: PersonRequest, tenant_id: UUID) -> HttpResponse:
    return _show_tenant(request, tenant_id, SupportForm())


@access.operator("put a tenant on another plan")
@access.fresh
@require_POST
def tenant_plan(request: PersonRequest, tenant_id: UUID) -> HttpResponse:
    services.change_plan(operator=request.user, tenant_id=tenant_id, plan=request.POST.get("plan", ""))
    messages.success(request, _("The plan is changed."))
    return redirect(request, _page_of(tenant_id))


@access.operator("close every door of a tenant for the time being")
@access.fresh
@require_POST
def tenant_suspend(request: PersonRequest, tenant_id: UUID) -> HttpResponse:
    services.suspend_tenant(operator=request.user, tenant_id=tenant_id, now=now())
    messages.success(request, _("The organisation is suspended; every door of it is closed."))
    return redirect(request, _page_of(tenant_id))


@access.operator("open a suspended tenant again")
@access.fresh
@require_POST
def tenant_resume(request: PersonRequest, tenant_id: UUID) -> HttpResponse:
    services.resume_tenant(operator=request.user, tenant_id=tenant_id)
    messages.success(request, _("The organisation is open again."))
    return redirect(request, _page_of(tenant_id))


@access.operator("begin the deletion of a tenant whose administrators confirmed twice")
@access.fresh
@require_POST
def tenant_delete(request: PersonRequest, tenant_id: UUID) -> HttpResponse:
    services.delete_now(operator=request.user, tenant_id=tenant_id)
    messages.success(request, _("The deletion has begun."))
    return redirect(request, _page_of(tenant_id))


@access.operator("ask a tenant to be let in for support")
@require_POST
def support_ask(request: PersonRequest, tenant_id: UUID) -> HttpResponse:
    form = SupportForm(request.POST)
    if form.is_valid():
        with refusals_on(form):
            services.ask_support(operator=request.user, tenant_id=tenant_id, **form.cleaned_data)
            messages.success(request, _("The organisation's administrators are asked."))
            return redirect(request, _page_of(tenant_id))
    return _show_tenant(request, tenant_id, form)


@access.operator("give a support access back before its time")
@require_POST
def support_leave(request: PersonRequest, support_id: UUID) -> HttpResponse:
    grant = platform.get_support_of_platform(operator=request.user, grant_id=support_id)
    services.leave_support(operator=request.user, grant=grant)
    messages.success(request, _("The support access has ended."))
    return redirect(request, _page_of(grant.tenant_id))


def _show_tenant(request: PersonRequest, tenant_id: UUID, form: SupportForm) -> HttpResponse:
    month = _month(request)
    line = platform.figures_of(operator=request.user, tenant_id=tenant_id, month=month)
    context: dict[str, Any] = {
        "line": line,
        "month": str(month),
        "months": _months(month),
        "zones": [zones.zone_name(code) for code in line.tenant.zones],
        "may_delete": selectors.wait_is_cut(operator=request.user, tenant_id=tenant_id),
        "plan_form": PlanForm(initial={"plan": line.tenant.plan}),
        "form": form,
        "support": shown(platform.support_of_platform(operator=request.user, tenant_id=tenant_id)),
    }
    status = 422 if form.errors else 200
    return render_page(request, "platform/tenant_detail.html", status=status, **context)


def _month(request: PersonRequest) -> Month:
    asked = request.GET.get("month")
    return Month.parse(asked) if asked else Month.of(now())


def _months(chosen: Month) -> list[str]:
    """The last twelve, and whichever was asked for."""
    found = [Month.of(now())]
    while len(found) < 12:
        found.append(found[-1].before)
    return [str(month) for month in (found if chosen in found else [*found, chosen])]


def _page_of(tenant_id: UUID) -> str:
    return reverse("tenants:platform_tenant", args=[tenant_id])
