"""Prices, quotas and budgets, as administrators set them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.tenants import policies, selectors, services
from apps.tenants.forms.limits import BudgetForm, PriceForm, QuotaForm
from apps.tenants.selectors import budgets as all_budgets
from apps.tenants.selectors import prices
from apps.tenants.selectors import quotas as all_quotas
from apps.tenants.views.tabs import tabs
from foundation import access
from foundation.access import Permission
from foundation.clock import now
from foundation.web import redirect, render_page
from foundation.web.editing import alone
from foundation.web.pages import offer_undo
from foundation.web.refusals import asked, refusals_on
from foundation.web.requests import PortalRequest


@access.page(Permission.USAGE_VIEW)
def quotas(request: PortalRequest, tenant: str) -> HttpResponse:
    alone(request)
    found = all_quotas.quotas(actor=request.actor)
    said = _chosen(request, found)
    limits = {part.field: part.most for part in said.parts} if said else {}
    initial = QuotaForm.as_said(said.project_id, limits) if said else None
    form = QuotaForm(request.POST or None, projects=_projects(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            services.set_quota(actor=request.actor, project_id=form.project_id, **form.limits())
            messages.success(request, _("The quota holds from now on; what runs already goes on."))
            return redirect(request, request.path)
    context: dict[str, Any] = {
        "quotas": found,
        "form": form,
        "chosen": said,
        "may_change": access.ask(policies.check_can_change_limits, request.actor, None),
        "tabs": tabs(request, "quotas"),
    }
    return render_page(request, "tenants/quotas.html", status=422 if form.errors else 200, **context)


@access.page(Permission.TENANT_MANAGE)
@require_POST
def quota_remove(request: PortalRequest, tenant: str, quota_id: UUID) -> HttpResponse:
    quota, here = all_quotas.get_quota(actor=request.actor, quota_id=quota_id), reverse("tenants:quotas", args=[tenant])
    before = QuotaForm.as_said(quota.project_id, all_quotas.limits_of(quota))
    services.remove_quota(actor=request.actor, quota=quota)
    offer_undo(request, _("The quota is removed; nothing limits it here now."), here, **before)
    return redirect(request, here)


@access.page(Permission.USAGE_VIEW)
def budgets(request: PortalRequest, tenant: str) -> HttpResponse:
    alone(request)
    found = all_budgets.budgets(actor=request.actor, now=now())
    chosen = _chosen(request, found)
    known = {"project": str(chosen.project_id or ""), "soft_limit": chosen.soft_limit} if chosen else {}
    initial = {**known, "hard_limit": chosen.hard_limit} if chosen else None
    form = BudgetForm(request.POST or None, projects=_projects(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            said = {name: form.cleaned_data[name] for name in ("soft_limit", "hard_limit")}
            services.set_budget(actor=request.actor, project_id=form.project_id, **said)
            messages.success(request, _("The budget holds from now on."))
            return redirect(request, request.path)
    context: dict[str, Any] = {
        "budgets": found,
        "chosen": chosen,
        "over": [budget for budget in found if budget.is_over],
        "form": form,
        "may_change": access.ask(policies.check_can_change_limits, request.actor, None),
        "tabs": tabs(request, "budgets"),
    }
    return render_page(request, "tenants/budgets.html", status=422 if form.errors else 200, **context)


@access.page(Permission.TENANT_MANAGE)
@require_POST
def budget_remove(request: PortalRequest, tenant: str, budget_id: UUID) -> HttpResponse:
    budget = all_budgets.get_budget(actor=request.actor, budget_id=budget_id)
    here, project = reverse("tenants:budgets", args=[tenant]), budget.project_id
    before = {"project": project or "", "soft_limit": budget.soft_limit, "hard_limit": budget.hard_limit}
    services.remove_budget(actor=request.actor, budget=budget)
    offer_undo(request, _("The budget is removed; nothing warns or refuses for it now."), here, **before)
    return redirect(request, here)


@access.page(Permission.USAGE_VIEW)
def price_list(request: PortalRequest, tenant: str) -> HttpResponse:
    form = PriceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            price = services.set_price(actor=request.actor, **form.cleaned_data, now=now())
            words = {"item": price.label, "at": f"{price.valid_from:%Y-%m-%d %H:%M} UTC"}
            messages.success(request, _("The price of “%(item)s” holds from %(at)s on.") % words)
            return redirect(request, request.path)
    return _prices(request, form)


@access.page(Permission.TENANT_MANAGE)
@require_POST
def price_take_back(request: PortalRequest, tenant: str, price_id: UUID) -> HttpResponse:
    refused = asked()
    with refusals_on(refused):
        services.take_back_price(actor=request.actor, price_id=price_id, now=now())
        messages.success(request, _("The price is taken back; what holds now goes on."))
        return redirect(request, reverse("tenants:prices", args=[tenant]))
    return _prices(request, PriceForm(), refused=refused)


def _prices(request: PortalRequest, form: PriceForm, *, refused: Form | None = None) -> HttpResponse:
    moment = now()
    context: dict[str, Any] = {
        "now": moment,
        "refused": refused,
        "prices": prices.price_list(actor=request.actor, now=moment),
        "history": prices.prices_set(actor=request.actor),
        "form": form,
        "may_change": access.ask(policies.check_can_change_limits, request.actor, None),
        "tabs": tabs(request, "prices"),
    }
    status = 422 if form.errors or refused else 200
    return render_page(request, "tenants/prices.html", status=status, **context)


State = TypeVar("State", all_quotas.QuotaState, all_budgets.BudgetState)


def _chosen(request: PortalRequest, states: Sequence[State]) -> State | None:
    """The one that the address names, to be changed: the form begins with what it says."""
    return next((state for state in states if str(state.id) == request.GET.get("of")), None)


def _projects(request: PortalRequest) -> list[tuple[UUID, str]]:
    return [(project.id, project.name) for project in selectors.projects_of(request.actor)]
