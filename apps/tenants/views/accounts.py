"""Sign-in, the start, and a person's own account: pages outside of any tenant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import auth, messages
from django.contrib.auth import update_session_auth_hash
from django.db import transaction
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from apps.tenants import selectors, services
from apps.tenants.errors import SignInRefused, TooManyAttempts
from apps.tenants.forms import NewPersonForm, PasswordForm, ProfileForm, SetUpForm, SignInForm
from apps.tenants.views.pipeline import begin_session, note_session
from apps.tenants.views.requests import known_of, next_of
from apps.tenants.views.single_sign_out import leave_by
from foundation import access
from foundation.access.actors import actor_for_user
from foundation.access.second_factor import lets_in
from foundation.clock import now
from foundation.errors import AccessDenied, NotFound
from foundation.identity import Actor
from foundation.identity.ways import Way
from foundation.tenancy import scope, zones
from foundation.web.editing import alone
from foundation.web.refusals import refusals_on
from foundation.web.requests import PersonRequest, PortalRequest, address_of

if TYPE_CHECKING:
    from foundation.tenancy.models import Tenant

_OWN = access.own("A person's own account: it shows and changes nothing of anybody else.")
_ANY_WAY = access.own("A person's own pages, also for whom a tenant's identity provider vouches.", by_provider=True)


@access.public("The door: whoever comes without a session has to knock here.")
@sensitive_post_parameters("password")
@never_cache
def sign_in(request: PortalRequest) -> HttpResponse:
    # Somebody known is inside a tenant's transaction, in which a failed attempt would not be counted.
    if request.user.is_authenticated or request.actor is not None:
        return HttpResponseRedirect(next_of(request))
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _try(request, form)
    return _show_door(request, form, 422 if form.errors else 200)


def _try(request: HttpRequest, form: SignInForm) -> HttpResponse:
    try:
        given = {"address": address_of(request), "known": known_of(request)}
        user = services.sign_in(**form.cleaned_data, **given, now=now())
    except TooManyAttempts as refusal:
        form.add_error(None, refusal.sentence)
        response = _show_door(request, form, refusal.status)
        response["Retry-After"] = str(refusal.details["retry_after"])
        return response
    except SignInRefused as refusal:
        form.add_error(None, refusal.sentence)
        return _show_door(request, form, 422)
    return begin_session(request, user, next_url=next_of(request))


@access.public("Whoever leaves needs no permission to go.")
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        services.forget_session(user=request.user, session_key=_key(request))
    way = Way.of(request.session)
    auth.logout(request)
    # Whoever came by their organisation's provider reads how to sign out there too, and back in.
    return HttpResponseRedirect(leave_by(request, way) if way.tenant_id is not None else "/accounts/login/")


@_ANY_WAY
@never_cache
def start(request: PersonRequest) -> HttpResponse:
    """Each person begins at their role's place; who belongs to several tenants chooses one."""
    way = Way.of(request.session)
    found = selectors.tenants_of(user=request.user, way=way)
    if not found and request.user.is_operator and way.tenant_id is None:
        return HttpResponseRedirect(reverse("tenants:platform"))
    if len(found) != 1:
        return render(request, "accounts/tenant_choose.html", {"choices": found})
    tenant = found[0][0]
    actor = actor_for_user(user=request.user, tenant=tenant, way=way)
    with scope(tenant.pk, user_id=request.user.pk):
        return HttpResponseRedirect(services.start_address(actor))


@_ANY_WAY
@transaction.atomic
def profile(request: PersonRequest) -> HttpResponse:
    alone(request)
    user = request.user
    initial = {name: getattr(user, name) for name in ProfileForm.base_fields}
    form = ProfileForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            services.edit_profile(user=user, **form.cleaned_data)
            messages.success(request, _("Saved."))
            return HttpResponseRedirect(request.path)
    return show_account(request, form=form)


@_OWN
@require_POST
@sensitive_post_parameters("old", "new")
def password(request: PersonRequest) -> HttpResponse:
    form = PasswordForm(request.POST)
    if form.is_valid():
        with refusals_on(form):
            user = services.change_password(user=request.user, **form.cleaned_data)
            services.end_other_sessions(user=user, keep=_key(request))
            update_session_auth_hash(request, user)
            note_session(request, user)
            messages.success(request, _("The password is changed; every other session was signed out."))
            return HttpResponseRedirect("/accounts/")
    return show_account(request, password_form=form)


@_ANY_WAY
@require_POST
def end_other_sessions(request: PersonRequest) -> HttpResponse:
    services.end_other_sessions(user=request.user, keep=_key(request), way=Way.of(request.session))
    messages.success(request, _("You are signed in here only now."))
    return HttpResponseRedirect("/accounts/#sessions")


@_ANY_WAY
@require_POST
def end_session(request: PersonRequest, session_id: UUID) -> HttpResponse:
    services.end_session(user=request.user, session_id=session_id, way=Way.of(request.session))
    messages.success(request, _("That session has ended."))
    return HttpResponseRedirect("/accounts/#sessions")


@access.public("Nobody has an account yet; the secret in the address, printed at the start, is what opens it.")
@sensitive_post_parameters("password")
@never_cache
def setting_up(request: HttpRequest, secret: str) -> HttpResponse:
    services.check_setup(secret=secret)
    form = SetUpForm(request.POST or None, initial={"zones": [zones.here()]})
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        founder = services.Founder(said["name"], said["email"], said["password"])
        words = {"slug": said["slug"], "name": said["tenant_name"], "name_ar": said["tenant_name_ar"]}
        words["zones"] = said["zones"]
        with refusals_on(form):
            tenant, user = services.set_up(secret=secret, founder=founder, **words)
            return begin_session(request, user, next_url=f"/t/{tenant.slug}/")
    return render(request, "accounts/setting_up.html", {"form": form}, status=422 if form.errors else 200)


@access.public("An invited person has no account yet; the secret in the address is what opens it.")
@sensitive_post_parameters("password")
@never_cache
def invitation(request: PersonRequest, secret: str) -> HttpResponse:
    try:
        return _invited(request, secret)
    except NotFound:
        services.note_void_invitation(
            secret=secret, request_id=request.request_id, method=request.method or "", now=now()
        )
        raise


def _invited(request: PersonRequest, secret: str) -> HttpResponse:
    found, tenant = services.find_invitation(secret=secret, now=now())
    form = NewPersonForm(request.POST if "name" in request.POST else None)
    if request.method == "POST" and request.user.is_authenticated:
        services.accept_invitation(user=request.user, secret=secret, now=now())
        return HttpResponseRedirect(f"/t/{tenant.slug}/")
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            person = services.accept_as_new_person(secret=secret, **form.cleaned_data, now=now())
            return begin_session(request, person)
    context = {"invitation": found, "invited_to": tenant, "form": form}
    return render(request, "accounts/invitation.html", context, status=422 if form.errors else 200)


def _show_door(request: HttpRequest, form: SignInForm, status: int) -> HttpResponse:
    context = {"form": form, "next": next_of(request), "set_up": services.is_set_up()}
    return render(request, "accounts/sign_in.html", context, status=status)


def show_account(request: PersonRequest, **forms: BaseForm) -> HttpResponse:
    """The person's own page, with `form`, `password_form` or `factors_refused` as they were answered."""
    user, way = request.user, Way.of(request.session)
    initial = {name: getattr(user, name) for name in ProfileForm.base_fields}
    context = {
        "form": forms.get("form") or ProfileForm(initial=initial),
        "password_form": forms.get("password_form") or PasswordForm(),
        "factors_refused": forms.get("factors_refused"),
        "sessions": selectors.sessions_of(user=user, now=now(), way=way),
        "present": _key(request),
        "choices": (places := selectors.tenants_of(user=user, way=way)),
        "factors": selectors.factors_of(user=user),
        "asked_by": [tenant for tenant, _role in places if tenant.second_factor_due and not user.second_factor_at],
        "held_up": any(not lets_in(user, tenant, at=now(), way=way) for tenant, _role in places),
    }
    status = 422 if any(form.errors for form in forms.values()) else 200
    with _inside_last_tenant(request):
        return render(request, "accounts/profile.html", context, status=status)


@contextmanager
def _inside_last_tenant(request: PersonRequest) -> Iterator[None]:
    """The shell around one's account is that of the tenant one came from, where one still belongs to it."""
    way = Way.of(request.session)
    found = [tenant for tenant, _role in selectors.tenants_of(user=request.user, way=way)]
    here = [tenant for tenant in found if lets_in(request.user, tenant, at=now(), way=way)]
    tenant = next((t for t in here if t.slug == request.session.get("tenant")), here[0] if here else None)
    actor = _let_in(request, tenant, way) if tenant else None
    if tenant is None or actor is None:
        yield
        return
    request.actor, request.tenant = actor, tenant  # type: ignore[attr-defined]
    with scope(tenant.pk, user_id=request.user.pk):
        yield


def _let_in(request: PersonRequest, tenant: Tenant, way: Way) -> Actor | None:
    """None where the tenant's identity provider alone lets people in: one's own account is open all the same."""
    try:
        return actor_for_user(user=request.user, tenant=tenant, way=way)
    except AccessDenied:
        return None


def _key(request: HttpRequest) -> str:
    return request.session.session_key or ""
