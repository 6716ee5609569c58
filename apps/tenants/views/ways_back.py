"""A lost password, lost factors, too many tries: the administrator's side on the member's page, and the link's page."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from apps.tenants import selectors, services
from apps.tenants.forms import NewPasswordForm
from apps.tenants.views.pipeline import begin_session
from foundation import access
from foundation.access import Permission
from foundation.clock import now
from foundation.errors import NotFound
from foundation.web import redirect, render_page
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest


@access.page(Permission.MEMBER_MANAGE)
@never_cache
@require_POST
def member_password(request: PortalRequest, tenant: str, membership_id: UUID) -> HttpResponse:
    """The answer is the one page that shows the link."""
    membership = selectors.get_member(actor=request.actor, membership_id=membership_id)
    made, secret = services.make_password_link(actor=request.actor, membership=membership, now=now())
    link = [{"name": _("Link for a new password"), "code": link_of(secret)}]
    context: dict[str, Any] = {"membership": membership, "link": link, "expires": made.expires_at}
    return render_page(request, "tenants/member_password.html", **context)


@access.page(Permission.MEMBER_MANAGE)
@require_POST
def member_factors(request: PortalRequest, tenant: str, membership_id: UUID) -> HttpResponse:
    membership = selectors.get_member(actor=request.actor, membership_id=membership_id)
    services.take_factors_of_member(actor=request.actor, membership=membership, now=now())
    said = _("%(name)s has no second factor now and is signed out; the password opens the account.")
    messages.success(request, said % {"name": membership.user})
    return redirect(request, reverse("tenants:member_edit", args=[tenant, membership_id]))


@access.page(Permission.MEMBER_MANAGE)
@require_POST
def member_unlock(request: PortalRequest, tenant: str, membership_id: UUID) -> HttpResponse:
    membership = selectors.get_member(actor=request.actor, membership_id=membership_id)
    services.unlock_member(actor=request.actor, membership=membership)
    messages.success(request, _("%(name)s may try to sign in again at once.") % {"name": membership.user})
    return redirect(request, reverse("tenants:member_edit", args=[tenant, membership_id]))


@access.public("Whoever lost the password cannot sign in; the secret in the address, good once, is what opens it.")
@sensitive_post_parameters("new")
@never_cache
def password_new(request: HttpRequest, secret: str) -> HttpResponse:
    try:
        return _set(request, secret)
    except NotFound:
        services.note_void_password_link(
            secret=secret,
            request_id=request.request_id,  # type: ignore[attr-defined]  # the middleware's
            method=request.method or "",
        )
        raise


def _set(request: HttpRequest, secret: str) -> HttpResponse:
    person = services.find_password_link(secret=secret, now=now()).user
    form = NewPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            user = services.set_password_by_link(secret=secret, new=form.cleaned_data["new"], now=now())
            if request.user.is_authenticated:  # somebody else may sit at this browser
                auth.logout(request)
            return begin_session(request, user)
    context = {"person": person, "form": form}
    return render(request, "accounts/password_new.html", context, status=422 if form.errors else 200)


def link_of(secret: str) -> str:
    return settings.SANAD_PUBLIC_URL + reverse("tenants:password_new", args=[secret])
