"""Coming in by a tenant's identity provider: where an e-mail leads, the way there, and the way back."""

from __future__ import annotations

from importlib import import_module
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from apps.tenants import policies, services
from apps.tenants.adapters import openid, saml
from apps.tenants.errors import ProviderRefused
from apps.tenants.forms.single_sign_on import AddressForm
from apps.tenants.ports import Said
from apps.tenants.views.pipeline import begin_session_by_provider
from apps.tenants.views.requests import next_of
from foundation import access
from foundation.access.actors import actor_for_user
from foundation.clock import now
from foundation.errors import AccessDenied, Invalid, Unavailable
from foundation.identity.ways import Way
from foundation.tenancy import find_tenant, scope

_DOOR = access.public("The door of a tenant's identity provider: whoever is led through it has no session yet.")
# An answer waits for the browser's own next request, which shows whose it is.
_WAITS_S, _WAITING = 120, "sanad_saml_answer"
TESTED = "sanad_tested_provider"


@_DOOR
@never_cache
@require_POST
def lead(request: HttpRequest) -> HttpResponse:
    """Where the domain of an e-mail leads; a link and no redirect, since a form of ours sends nobody elsewhere."""
    form = AddressForm(request.POST)
    if not form.is_valid():
        return render(request, "accounts/sso_lead.html", {"form": form, "next": next_of(request)}, status=422)
    email = form.cleaned_data["email"]
    tenant = services.tenant_of_address(email)
    context = {
        "form": form,
        "email": email,
        "home": tenant,
        "providers": services.providers_for(tenant) if tenant else [],
        "next": next_of(request),
    }
    return render(request, "accounts/sso_lead.html", context)


@_DOOR
@never_cache
@require_GET
def tenant_door(request: HttpRequest, tenant: str) -> HttpResponse:
    """A tenant's own door, to which a sign-out leads back."""
    home = find_tenant(tenant)
    context = {"home": home, "providers": services.providers_for(home), "next": next_of(request)}
    return render(request, "accounts/sso_lead.html", context)


@_DOOR
@never_cache
@require_GET
def begin(request: HttpRequest, tenant: str, provider_id: UUID) -> HttpResponse:
    provider, home = services.find_provider(tenant_slug=tenant, provider_id=provider_id)
    wanted = next_of(request)
    next_url = wanted if wanted.startswith(f"/t/{home.slug}/") else f"/t/{home.slug}/"
    return send_there(request, provider, home, next_url=next_url, hint=request.GET.get("login_hint", "")[:254])


def send_there(
    request: HttpRequest, provider: Any, home: Any, *, next_url: str, testing: bool = False, hint: str = ""
) -> HttpResponse:
    """The browser on its way to the provider."""
    given: dict[str, Any] = {"key": str(provider.pk), "settings": _settings(provider, home), "next_url": next_url}
    if provider.kind == provider.Kind.OIDC:
        callback = callback_of(home.slug, provider.pk)
        return openid.begin(request, **given, callback=callback, testing=testing, hint=hint)
    given |= {"acs": acs_of(home.slug, provider.pk), "entity_id": entity_id_of(home.slug, provider.pk)}
    return saml.begin(request, **given, testing=testing)


@_DOOR
@never_cache
@require_GET
def callback(request: HttpRequest, tenant: str, provider_id: UUID) -> HttpResponse:
    """Back from an OpenID provider."""
    provider, home = services.find_provider(tenant_slug=tenant, provider_id=provider_id, testing=True)
    words: dict[str, Any] = {
        "key": str(provider.pk),
        "settings": _settings(provider, home),
        "callback": callback_of(home.slug, provider.pk),
    }
    state: dict[str, Any] = {}
    try:
        state = openid.state_of(request, **words)
        said = openid.finish(request, **words, state=state)
        return _arrive(request, provider, home, state, said)
    except (ProviderRefused, Invalid, Unavailable) as refusal:
        return _refused(request, provider, home, state, refusal)


@_DOOR
@csrf_exempt
@never_cache
@require_POST
def acs(request: HttpRequest, tenant: str, provider_id: UUID) -> HttpResponse:
    """A SAML response, posted by the provider's page: without our cookies, which the next request brings."""
    provider, home = services.find_provider(tenant_slug=tenant, provider_id=provider_id, testing=True)
    places = {"acs": acs_of(home.slug, provider.pk), "entity_id": entity_id_of(home.slug, provider.pk)}
    answer = request.POST.get("SAMLResponse", "")
    try:
        saml.read(answer, settings=_settings(provider, home), **places)
    except ProviderRefused as refusal:
        return _refused(request, provider, home, {}, refusal)
    waiting = _store()
    waiting[_WAITING] = answer
    waiting.set_expiry(_WAITS_S)
    waiting.create()
    address = reverse("tenants:sso_finish", args=[home.slug, provider.pk, waiting.session_key])
    return HttpResponse(status=303, headers={"Location": address})


@_DOOR
@never_cache
@require_GET
def finish(request: HttpRequest, tenant: str, provider_id: UUID, ticket: str) -> HttpResponse:
    """The same response, now with the session that asked for it."""
    provider, home = services.find_provider(tenant_slug=tenant, provider_id=provider_id, testing=True)
    places = {"acs": acs_of(home.slug, provider.pk), "entity_id": entity_id_of(home.slug, provider.pk)}
    waiting = _store(ticket)
    answer = waiting.get(_WAITING, "")
    waiting.flush()
    state: dict[str, Any] = {}
    try:
        said, request_id = saml.read(answer, settings=_settings(provider, home), **places)
        state = saml.state_of(request, key=str(provider.pk), request_id=request_id)
        return _arrive(request, provider, home, state, said)
    except ProviderRefused as refusal:
        return _refused(request, provider, home, state, refusal)


@access.public("What an identity provider has to know of the portal; it holds addresses and nothing of anybody.")
@require_GET
def metadata(request: HttpRequest, tenant: str, provider_id: UUID) -> HttpResponse:
    provider, home = services.find_provider(tenant_slug=tenant, provider_id=provider_id, testing=True)
    xml = saml.metadata(acs=acs_of(home.slug, provider.pk), entity_id=entity_id_of(home.slug, provider.pk))
    return HttpResponse(xml, content_type="application/samlmetadata+xml")


def callback_of(tenant_slug: str, provider_id: UUID) -> str:
    return _public("tenants:sso_callback", tenant_slug, provider_id)


def acs_of(tenant_slug: str, provider_id: UUID) -> str:
    return _public("tenants:sso_acs", tenant_slug, provider_id)


def entity_id_of(tenant_slug: str, provider_id: UUID) -> str:
    return _public("tenants:sso_metadata", tenant_slug, provider_id)


def _public(name: str, tenant_slug: str, provider_id: UUID) -> str:
    return str(settings.SANAD_PUBLIC_URL) + reverse(name, args=[tenant_slug, provider_id])


def _arrive(request: HttpRequest, provider: Any, home: Any, state: dict[str, Any], said: Said) -> HttpResponse:
    if _is_test(state):
        return _tested(request, provider, home, said=said)
    if provider.enabled_at is None:
        raise ProviderRefused(
            _("This identity provider is disabled; an administrator can enable it."), reason="disabled"
        )
    request_id = getattr(request, "request_id", "")
    user = services.enter(provider=provider, tenant=home, said=said, now=now(), request_id=request_id)
    next_url = state.get("next") or f"/t/{home.slug}/"
    return begin_session_by_provider(request, user, provider_id=provider.pk, tenant_id=home.pk, next_url=next_url)


def _refused(
    request: HttpRequest,
    provider: Any,
    home: Any,
    state: dict[str, Any],
    refusal: ProviderRefused | Invalid | Unavailable,
) -> HttpResponse:
    """The sentence, on a page that leads back; on the ledger, or in the test that found it."""
    reason = refusal.reason if isinstance(refusal, ProviderRefused) else "unreachable"
    if _is_test(state):
        return _tested(request, provider, home, refusal=refusal)
    request_id = getattr(request, "request_id", "")
    services.note_refusal(provider=provider, tenant=home, reason=reason, request_id=request_id)
    context = {"sentence": refusal.sentence, "home": home, "provider": provider, "request_id": request_id}
    return render(request, "accounts/sso_refused.html", context, status=403)


def _tested(
    request: HttpRequest,
    provider: Any,
    home: Any,
    *,
    said: Said | None = None,
    refusal: ProviderRefused | Invalid | Unavailable | None = None,
) -> HttpResponse:
    """What came, for the page of the provider; whoever began the test is still its administrator."""
    if not request.user.is_authenticated:
        raise AccessDenied(_("The test was begun in a session that has ended; sign in and begin it anew."))
    actor = actor_for_user(user=request.user, tenant=home, way=Way.of(request.session))
    policies.check_can_manage_sign_in(actor)
    checks: list[dict[str, str]] = []
    if said is not None:
        found = services.look_at(actor=actor, provider=provider, said=said, now=now())
        checks = [{"claim": str(c.claim), "value": c.value, "fault": str(c.fault)} for c in found]
    if refusal is not None:
        claim = refusal.claim if isinstance(refusal, ProviderRefused) else ""
        reason = refusal.reason if isinstance(refusal, ProviderRefused) else "unreachable"
        services.note_test(actor=actor, provider=provider, fault=reason, now=now())
        checks = [{"claim": claim or _("answer"), "value": "", "fault": refusal.sentence}]
    claims = {name: str(value)[:300] for name, value in said.claims.items()} if said else {}
    request.session[TESTED] = {"provider": str(provider.pk), "checks": checks, "claims": claims}
    return HttpResponseRedirect(reverse("tenants:provider_detail", args=[home.slug, provider.pk]) + "#tested")


def _is_test(state: dict[str, Any]) -> bool:
    return bool((state.get("data") or {}).get("testing"))


def _settings(provider: Any, home: Any) -> Any:
    with scope(home.pk):
        return services.settings_of(provider)


def _store(key: str | None = None) -> Any:
    return import_module(settings.SESSION_ENGINE).SessionStore(key)
