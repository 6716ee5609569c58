"""A person's second factors: set up, listed on their account, taken away."""

from __future__ import annotations

import base64
import ipaddress

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from apps.tenants import services
from apps.tenants.adapters import codes, passkeys
from apps.tenants.errors import FactorRefused
from apps.tenants.forms.factors import AppForm, PasskeyForm
from apps.tenants.views.accounts import show_account
from foundation import access
from foundation.clock import now
from foundation.tenancy import scope
from foundation.web import going_on
from foundation.web.refusals import asked, refusals_on
from foundation.web.requests import PersonRequest

_OWN = access.own("A person's own factors: nobody else sees them, and they open nobody else's account.")
_PENDING = "sanad_app_secret"
_LIST = "/accounts/#factors"


@_OWN
@access.fresh(reading=True)
@sensitive_post_parameters("code")
@never_cache
def app_add(request: PersonRequest) -> HttpResponse:
    """The secret as a picture, and the code that proves that the app took it; sealed it waits in the session."""
    kept = request.session.get(_PENDING)
    secret = codes.unsealed(kept) if kept else codes.new_secret()
    request.session[_PENDING] = kept or codes.sealed(secret)
    form = AppForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form, otherwise="code"):
            made = services.add_app(user=request.user, secret=secret, code=form.cleaned_data["code"], now=now())
            request.session.pop(_PENDING)
            return _done(request, made, _("The authenticator app is set up."))
    address = codes.address_of(request.user, secret)
    path, side = codes.picture_of(address)
    by_hand = [{"name": _("Key of the account"), "code": secret}]
    context = {"form": form, "by_hand": by_hand, "address": address, "path": path, "side": side}
    return render(request, "accounts/app_add.html", context, status=422 if form.errors else 200)


@_OWN
@access.fresh(reading=True)  # so that the proof does not come between the challenge and the device's answer
@never_cache
def passkey_add(request: PersonRequest) -> HttpResponse:
    form = PasskeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            with refusals_on(form):
                made = services.add_passkey(user=request.user, **form.cleaned_data, now=now())
                return _done(request, made, _("The passkey is set up."))
        except FactorRefused as refusal:
            form.add_error(None, refusal.sentence)
    context = {"form": form, "by_number": _host_is_number(request), "by_name": _under_a_name(request)}
    return render(request, "accounts/passkey_add.html", context, status=422 if form.errors else 200)


@_OWN
@never_cache
@require_GET
def passkey_options(request: PersonRequest) -> HttpResponse:
    with scope(None, user_id=request.user.pk):
        return JsonResponse(passkeys.begin_registration(request.user))


@_OWN
@access.fresh
@require_POST
def factor_remove(request: PersonRequest, factor_id: int) -> HttpResponse:
    refused = asked()
    with refusals_on(refused):
        services.remove_factor(user=request.user, factor_id=factor_id, now=now())
        messages.success(request, _("It is removed and opens nothing from now on."))
        return HttpResponseRedirect(_LIST)
    return show_account(request, factors_refused=refused)


@_OWN
@access.fresh
@require_POST
@never_cache
def recovery_renew(request: PersonRequest) -> HttpResponse:
    refused = asked()
    with refusals_on(refused):
        return _show_codes(request, services.renew_recovery_codes(user=request.user))
    return show_account(request, factors_refused=refused)


def _done(request: HttpRequest, made: list[str], sentence: str) -> HttpResponse:
    """On to where the person was held up for want of a factor, or back to their factors."""
    messages.success(request, sentence)
    after = going_on.take(request) or _LIST
    return _show_codes(request, made, after) if made else HttpResponseRedirect(after)


def _show_codes(request: HttpRequest, made: list[str], after: str = _LIST) -> HttpResponse:
    """The one time at which recovery codes can be read; the file to keep is in the page itself."""
    text = "\n".join(made)
    packed = base64.b64encode(f"{text}\n".encode()).decode()
    context = {
        "codes": [{"name": _("Recovery codes"), "code": text}],
        "after": after,
        "file": f"data:text/plain;charset=utf-8;base64,{packed}",
    }
    return render(request, "accounts/recovery_codes.html", context)


def _under_a_name(request: HttpRequest) -> str:
    """The same page under the name that each machine has for itself; empty where the portal is on another one."""
    host, _colon, port = request.get_host().rpartition(":")
    if host.strip("[]") not in {"127.0.0.1", "::1"}:
        return ""
    return f"{request.scheme}://localhost:{port}{request.path}"


def _host_is_number(request: HttpRequest) -> bool:
    """Whether the portal was opened under a bare address: browsers bind passkeys to names alone."""
    try:
        ipaddress.ip_address(request.get_host().rsplit(":", 1)[0].strip("[]"))
    except ValueError:
        return False
    return True
