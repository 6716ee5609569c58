"""The end of a session that came by an identity provider: said here by the person, or there by the provider."""

from __future__ import annotations

import hmac
import secrets
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from apps.tenants import services
from apps.tenants.adapters import openid
from apps.tenants.errors import ProviderRefused
from apps.tenants.views.provider_addresses import after_sign_out
from foundation import access
from foundation.clock import now
from foundation.errors import Invalid, Unavailable
from foundation.identity.ways import Way
from foundation.tenancy import scope, why_locked

_LEFT = "sanad_left"


def leave_by(request: HttpRequest, way: Way) -> str:
    """Remember, in the session that begins after a sign-out, which provider the person came by; where they read it."""
    if services.single_sign_on.provider_of(way) is None:
        return "/accounts/login/"
    words = {"tenant": str(way.tenant_id), "provider": str(way.provider_id), "state": secrets.token_urlsafe(24)}
    request.session[_LEFT] = words
    return reverse("tenants:signed_out")


@access.public("Whoever just left reads here that they did; the session says by which provider, and nothing else does.")
@never_cache
@require_GET
def signed_out(request: HttpRequest) -> HttpResponse:
    left: dict[str, str] = request.session.get(_LEFT) or {}
    way = Way(tenant_id=UUID(left["tenant"]), provider_id=UUID(left["provider"])) if left else Way()
    found = services.single_sign_on.provider_of(way)
    if request.user.is_authenticated or found is None:
        return HttpResponseRedirect("/accounts/login/")
    provider, home = found
    back_from_there = hmac.compare_digest(request.GET.get("state", "").encode(), left["state"].encode())
    address = "" if back_from_there else _sign_out_address(provider, home, left["state"])
    context = {"provider": provider, "home": home, "address": address, "also_there": back_from_there}
    return render(request, "accounts/signed_out.html", context)


@access.public("Called by the provider itself, without cookies; what it signs says whose session ended there.")
@csrf_exempt
@never_cache
@require_POST
def provider_logout(request: HttpRequest, tenant: str, provider_id: UUID) -> HttpResponse:
    """OpenID Connect Back-Channel Logout 1.0, 2.5 to 2.8."""
    provider, home = services.single_sign_on.find_provider(tenant_slug=tenant, provider_id=provider_id, kind="oidc")
    request_id = getattr(request, "request_id", "")
    try:
        with scope(home.pk):
            words = services.single_sign_on.settings_of(provider)
        token = openid.read_logout_token(request.POST.get("logout_token", ""), settings=words)
        services.single_sign_on.end_by_provider(provider=provider, tenant=home, token=token, request_id=request_id)
    except (ProviderRefused, Invalid, Unavailable) as refusal:
        reason = refusal.reason if isinstance(refusal, ProviderRefused) else "unreachable"
        services.note_stray(
            tenant_slug=tenant, provider_id=provider_id, reason=f"logout-{reason}", now=now(), request_id=request_id
        )
        body = {"error": "invalid_request", "error_description": str(refusal.sentence)}
        return JsonResponse(body, status=400)
    return HttpResponse(status=200)


def _sign_out_address(provider: Any, home: Any, state: str) -> str:
    if provider.kind != provider.Kind.OIDC or why_locked(home):
        return ""
    with scope(home.pk):
        words = services.single_sign_on.settings_of(provider)
    return openid.sign_out_address(words, back=after_sign_out(), state=state)
