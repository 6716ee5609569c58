"""The tenant's settings: its members, its tokens, its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from apps.tenants import policies, selectors, services
from apps.tenants.choices import ROLE_SAYS
from apps.tenants.forms import InvitationForm, RoleForm, TenantForm
from apps.tenants.forms.tokens import TokenForm
from apps.tenants.views.tables import MemberFilter, MemberTable, TokenFilter, TokenTable
from apps.tenants.views.tabs import tabs
from foundation import access
from foundation.access import Permission
from foundation.clock import now
from foundation.identity import Actor
from foundation.tenancy import zones
from foundation.web import redirect, render_page
from foundation.web.editing import alone
from foundation.web.history import history
from foundation.web.locked import opens_without_keys
from foundation.web.pages import offer_undo
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest
from foundation.web.tables import build_table


@opens_without_keys
@access.page(Permission.TENANT_VIEW)
def settings_start(request: PortalRequest, tenant: str) -> HttpResponse:
    """The members; while the tenant's key is withdrawn, where whoever may brings it back."""
    if request.tenant.keys_withdrawn_at and access.can(request.actor, Permission.TENANT_MANAGE):
        return redirect(request, reverse("tenants:encryption", args=[tenant]))
    return redirect(request, reverse("tenants:member_list", args=[tenant]))


@access.page(Permission.TENANT_VIEW)
@never_cache
def member_list(request: PortalRequest, tenant: str) -> HttpResponse:
    may = access.ask(policies.check_can_manage_members, request.actor)
    form = InvitationForm(request.POST or None)
    link, replaced = "", False
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            replaced = may.allowed and _is_invited(request, form.cleaned_data["email"])
            _row, secret = services.invite(actor=request.actor, **form.cleaned_data, now=now())
            link, form = _link(secret), InvitationForm()
    rows = selectors.members(actor=request.actor)
    context: dict[str, Any] = {
        "table": build_table(request, MemberTable, rows, filterset_class=MemberFilter, manages=may.allowed),
        "count": rows.count(),
        "given": selectors.permissions_given(actor=request.actor),
        "invitations": selectors.open_invitations(actor=request.actor) if may else [],
        "may_manage": may,
        "form": form,
        "link": [{"name": _("Invitation link"), "code": link}] if link else [],
        "mailed": settings.SANAD_SENDS_MAIL,
        "replaced": replaced,
        "roles": ROLE_SAYS.items(),
        "moment": now(),
        "tabs": tabs(request, "members"),
    }
    return render_page(request, "tenants/member_list.html", status=422 if form.errors else 200, **context)


@access.page(Permission.MEMBER_MANAGE)
def member_edit(request: PortalRequest, tenant: str, membership_id: UUID) -> HttpResponse:
    alone(request)
    membership = selectors.get_member(actor=request.actor, membership_id=membership_id)
    form = RoleForm(request.POST or None, initial={"role": membership.role})
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            before = membership.role
            services.change_role(actor=request.actor, membership=membership, role=form.cleaned_data["role"])
            offer_undo(request, _("The role is changed."), request.path, role=before)
            return redirect(request, reverse("tenants:member_list", args=[tenant]))
    context: dict[str, Any] = {
        "membership": membership,
        "form": form,
        "may_remove": access.ask(policies.check_can_remove_member, request.actor, membership),
        "roles": ROLE_SAYS.items(),
        "may_open": access.ask(policies.check_can_open_account, request.actor, membership),
        "locked": services.is_member_locked(membership=membership, now=now()),
        "may_restore": access.ask(policies.check_can_manage_members, request.actor),
        "given": selectors.permissions_given(actor=request.actor, membership=membership),
        "reach": selectors.reach_of(actor=request.actor, membership=membership),
        "groups": selectors.groups_of(actor=request.actor, user=membership.user),
        "history": history(request.actor, ("membership", membership.pk), names=selectors.names_of),
        "tabs": tabs(request, "members"),
    }
    return render_page(request, "tenants/member_edit.html", status=422 if form.errors else 200, **context)


@access.page(Permission.MEMBER_MANAGE)
@require_POST
def member_remove(request: PortalRequest, tenant: str, membership_id: UUID) -> HttpResponse:
    membership = selectors.get_member(actor=request.actor, membership_id=membership_id)
    services.remove_member(actor=request.actor, membership=membership, now=now())
    messages.success(request, _("%(name)s is no longer a member; their tokens are void.") % {"name": membership.user})
    gone = membership.user == request.user
    return redirect(request, "/" if gone else reverse("tenants:member_list", args=[tenant]))


@access.page(Permission.MEMBER_MANAGE)
@require_POST
def member_suspend(request: PortalRequest, tenant: str, membership_id: UUID) -> HttpResponse:
    membership = selectors.get_member(actor=request.actor, membership_id=membership_id)
    services.suspend_member(actor=request.actor, membership=membership, now=now())
    messages.success(request, _("%(name)s is suspended; their tokens are void.") % {"name": membership.user})
    gone = membership.user == request.user
    return redirect(request, "/" if gone else reverse("tenants:member_edit", args=[tenant, membership_id]))


@access.page(Permission.MEMBER_MANAGE)
@require_POST
def member_restore(request: PortalRequest, tenant: str, membership_id: UUID) -> HttpResponse:
    membership = selectors.get_member(actor=request.actor, membership_id=membership_id)
    services.restore_member(actor=request.actor, membership=membership)
    messages.success(request, _("%(name)s may come in again, with the role they had.") % {"name": membership.user})
    return redirect(request, reverse("tenants:member_edit", args=[tenant, membership_id]))


@access.page(Permission.MEMBER_MANAGE)
@require_POST
def permission_take_back(request: PortalRequest, tenant: str, membership_id: UUID, grant_id: int) -> HttpResponse:
    membership = selectors.get_member(actor=request.actor, membership_id=membership_id)
    grant = selectors.get_permission_given(actor=request.actor, membership=membership, grant_id=grant_id)
    services.take_back_permission(actor=request.actor, grant=grant)
    messages.success(
        request,
        _("Taken back. From now on the role alone says what %(name)s may do there.") % {"name": membership.user},
    )
    return redirect(request, reverse("tenants:member_list", args=[tenant]))


@access.page(Permission.MEMBER_MANAGE)
@require_POST
def invitation_withdraw(request: PortalRequest, tenant: str, invitation_id: UUID) -> HttpResponse:
    found = selectors.get_invitation(actor=request.actor, invitation_id=invitation_id)
    services.withdraw_invitation(actor=request.actor, invitation=found, now=now())
    messages.success(request, _("The invitation is withdrawn; its link opens nothing now."))
    return redirect(request, reverse("tenants:member_list", args=[tenant]))


@access.page(Permission.TENANT_VIEW)
@never_cache
def token_list(request: PortalRequest, tenant: str) -> HttpResponse:
    actor = request.actor
    projects = selectors.projects_of(actor)
    held = _held_by(actor)
    form = TokenForm(request.POST or None, initial=request.GET.dict(), projects=projects, held=held)
    text = ""
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            _row, text = services.create_token(actor=request.actor, **token_words(request, form))
    rows = selectors.visible_tokens(actor=actor)
    names = {project.id: project.name for project in projects}
    context: dict[str, Any] = {
        "table": build_table(request, TokenTable, rows, filterset_class=TokenFilter, projects=names),
        "count": rows.count(),
        "live": selectors.live_tokens(actor=actor, now=now()).count(),
        "form": TokenForm(projects=projects, held=held) if text else form,
        "token": [{"name": _("Token"), "code": text}] if text else [],
        "snippets": token_snippets(text),
        "back": _back(request),
        "may_create": access.ask(policies.check_can_create_token, actor),
        "tabs": tabs(request, "tokens"),
    }
    return render_page(request, "tenants/token_list.html", status=422 if form.errors else 200, **context)


@access.page(Permission.TENANT_VIEW)
@require_POST
def token_revoke(request: PortalRequest, tenant: str, token_id: UUID) -> HttpResponse:
    token = selectors.get_token(actor=request.actor, token_id=token_id)
    services.revoke_token(actor=request.actor, token=token, now=now())
    messages.success(request, _("The token “%(name)s” is revoked.") % {"name": token.name})
    return redirect(request, reverse("tenants:token_list", args=[tenant]))


@access.page(Permission.TENANT_MANAGE)
def tenant_edit(request: PortalRequest, tenant: str) -> HttpResponse:
    alone(request)
    words = ("name", "name_ar", "zones")
    form = TenantForm(request.POST or None, initial={name: getattr(request.tenant, name) for name in words})
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            services.edit_tenant(actor=request.actor, **{name: form.cleaned_data[name] for name in words})
            messages.success(request, _("Saved."))
            return redirect(request, request.path)
    context: dict[str, Any] = {
        "form": form,
        "plan": request.tenant.get_plan_display(),
        "laid": selectors.plan_laid(actor=request.actor),
        "zone": zones.zone_name(zones.here()),
        "history": history(request.actor, ("tenant", request.tenant.pk), names=selectors.names_of),
        "elsewhere": selectors.zone_trouble(actor=request.actor),
        "tabs": tabs(request, "tenant"),
    }
    return render_page(request, "tenants/tenant_edit.html", status=422 if form.errors else 200, **context)


def _held_by(actor: Actor) -> Callable[[UUID | None], list[Permission]]:
    return lambda project_id: selectors.permissions_held(actor=actor, project_id=project_id)


def token_words(request: PortalRequest, form: TokenForm) -> dict[str, Any]:
    """What the form says of a new token, as the services that make one take it."""
    said, moment = form.cleaned_data, now()
    return {
        "name": said["name"],
        "scopes": form.chosen_scopes,
        "project_id": selectors.project_id_of(request.actor, said["project"]) if said["project"] else None,
        "networks": said["networks"].split(),
        "expires_at": moment + form.lifetime,
        "now": moment,
    }


def _is_invited(request: PortalRequest, email: str) -> bool:
    """Whether a link of before is void once this address is invited."""
    return selectors.open_invitations(actor=request.actor).filter(email=email.strip().lower()).exists()


def _link(secret: str) -> str:
    return settings.SANAD_PUBLIC_URL + reverse("tenants:invitation", args=[secret])


def _back(request: PortalRequest) -> str:
    """The page whose snippet the token is for; only one of this tenant."""
    asked = request.GET.get("next", "")
    return asked if asked.startswith(f"/t/{request.tenant.slug}/") else ""


def token_snippets(token: str) -> list[dict[str, str]]:
    """How a program signs in with the token; with snd_… in its place where none was made just now."""
    shown, url = token or "snd_…", settings.SANAD_PUBLIC_URL
    return [
        {"name": "CLI", "code": f"sanad login --url {url} --token {shown}"},
        {"name": "curl", "code": f"curl {url}/api/v1/projects/ -H 'Authorization: Bearer {shown}'"},
        {"name": "Python", "code": f'import sanad\n\nclient = sanad.Client("{url}", token="{shown}")'},
    ]
