"""Programs of the tenant: made, given tokens, given another role, disabled."""

from __future__ import annotations

import functools
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from apps.tenants import selectors, services
from apps.tenants.choices import PROGRAM_ROLES, ROLE_SAYS
from apps.tenants.forms.tokens import ProgramRoleForm, ServiceAccountForm, TokenForm
from apps.tenants.views.settings import token_snippets, token_words
from apps.tenants.views.tables import ServiceAccountFilter, ServiceAccountTable, TokenFilter, TokenTable
from apps.tenants.views.tabs import tabs
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

_ROLES = [(role, ROLE_SAYS[role]) for role in PROGRAM_ROLES]


@access.page(Permission.MEMBER_MANAGE)
def service_account_list(request: PortalRequest, tenant: str) -> HttpResponse:
    form = ServiceAccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            account = services.create_service_account(actor=request.actor, **form.cleaned_data)
            messages.success(request, _("“%(name)s” is made; give it a token.") % {"name": account.name})
            return redirect(request, _address(request, account.pk))
    rows = selectors.service_accounts(actor=request.actor)
    context: dict[str, Any] = {
        "table": build_table(request, ServiceAccountTable, rows, filterset_class=ServiceAccountFilter),
        "count": rows.count(),
        "form": form,
        "roles": _ROLES,
        "tabs": tabs(request, "service_accounts"),
    }
    status = 422 if form.errors else 200
    return render_page(request, "tenants/service_account_list.html", status=status, **context)


@access.page(Permission.MEMBER_MANAGE)
@never_cache
def service_account_detail(request: PortalRequest, tenant: str, account_id: UUID) -> HttpResponse:
    account = selectors.get_service_account(actor=request.actor, account_id=account_id)
    given = _given(request, account)
    form, text = TokenForm(request.POST or None, **given), ""
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            words = token_words(request, form)
            _row, text = services.create_service_token(actor=request.actor, account=account, **words)
            form = TokenForm(**given)
    return _page(request, account, form=form, text=text)


@access.page(Permission.MEMBER_MANAGE)
@never_cache
@require_POST
def service_account_role(request: PortalRequest, tenant: str, account_id: UUID) -> HttpResponse:
    alone(request)
    account = selectors.get_service_account(actor=request.actor, account_id=account_id)
    form, before = ProgramRoleForm(request.POST, initial={"role": account.role}), account.role
    if form.is_valid():
        with refusals_on(form):
            services.change_role_of_service_account(
                actor=request.actor, account=account, role=form.cleaned_data["role"]
            )
            offer_undo(request, _("The role is changed."), request.path, role=before)
            return redirect(request, _address(request, account_id))
    return _page(request, account, role_form=form)


def _page(
    request: PortalRequest,
    account: Any,
    *,
    form: TokenForm | None = None,
    role_form: ProgramRoleForm | None = None,
    text: str = "",
) -> HttpResponse:
    rows = selectors.visible_tokens(actor=request.actor).filter(service_account=account)
    projects = selectors.projects_of(request.actor)
    names = {project.id: project.name for project in projects}
    form = form or TokenForm(**_given(request, account))
    role_form = role_form or ProgramRoleForm(initial={"role": account.role})
    context: dict[str, Any] = {
        "account": account,
        "table": build_table(request, TokenTable, rows, filterset_class=TokenFilter, projects=names),
        "count": rows.count(),
        "reach": selectors.reach_of_account(actor=request.actor, account=account),
        "form": form,
        "role_form": role_form,
        "roles": _ROLES,
        "token": [{"name": _("Token"), "code": text}] if text else [],
        "snippets": token_snippets(text),
        "history": history(request.actor, ("service_account", account.pk), names=selectors.names_of),
        "tabs": tabs(request, "service_accounts"),
    }
    status = 422 if form.errors or role_form.errors else 200
    return render_page(request, "tenants/service_account_detail.html", status=status, **context)


def _given(request: PortalRequest, account: Any) -> dict[str, Any]:
    """What a form of its tokens takes."""
    held = functools.partial(_held_by, request, account)
    return {"projects": selectors.projects_of(request.actor), "held": held, "of_program": True}


@access.page(Permission.MEMBER_MANAGE)
@require_POST
def service_account_disable(request: PortalRequest, tenant: str, account_id: UUID) -> HttpResponse:
    account = selectors.get_service_account(actor=request.actor, account_id=account_id)
    services.disable_service_account(actor=request.actor, account=account, now=now())
    messages.success(request, _("“%(name)s” is disabled; its tokens are void.") % {"name": account.name})
    return redirect(request, _address(request, account_id))


@access.page(Permission.MEMBER_MANAGE)
@require_POST
def service_account_enable(request: PortalRequest, tenant: str, account_id: UUID) -> HttpResponse:
    account = selectors.get_service_account(actor=request.actor, account_id=account_id)
    services.enable_service_account(actor=request.actor, account=account)
    messages.success(request, _("“%(name)s” is enabled; give it a new token.") % {"name": account.name})
    return redirect(request, _address(request, account_id))


def _held_by(request: PortalRequest, account: Any, project_id: UUID | None) -> list[Permission]:
    return selectors.permissions_of_account(actor=request.actor, account=account, project_id=project_id)


def _address(request: PortalRequest, account_id: UUID) -> str:
    return reverse("tenants:service_account_detail", args=[request.tenant.slug, account_id])
