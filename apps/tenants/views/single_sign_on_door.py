"""Coming in by a tenant's identity provider: where an e-mail leads, the way there, and the way back."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import import_module
from typing import Any
from urllib.parse import urlencode
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
from apps.tenants.views.provider_addresses import acs_of, callback_of, entity_id_of
from apps.tenants.views.requests import next_of
from foundation import access
from foundation.access.actors import actor_for_user
from foundation.access.freshness import note_proof
from foundation.clock import now
from foundation.errors import AccessDenied, Invalid, NotFound, PortalError, Unavailable
from foundation.identity.ways import Way
from foundation.tenancy import scope
from foundation.web.requests import PersonRequest

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
    context = {
        "form": form,
        "email": email,
        "providers": services.single_sign_on.providers_for(email),
        "next": next_of(request),
    }
    return render(request, "accounts/sso_lead.html", context)


@_DOOR
@never_cache
@require_GET
def tenant_door(request: HttpRequest, tenant: str) -> HttpResponse:
    """A tenant's own door: the same for one that is unknown, suspended or without a provider."""
    context = {"providers": services.single_sign_on.providers_at(tenant), "next": next_of(request)}
    return render(request, "accounts/sso_lead.html", context)


@_DOOR
@never_cache
@require_GET
def begin(request: HttpRequest, tenant: str, provider_id: UUID) -> HttpResponse:
    provider, home = services.single_sign_on.find_provider(tenant_slug=tenant, provider_id=provider_id)
    wanted = next_of(request)
    next_url = wanted if wanted.startswith(f"/t/{home.slug}/") else f"/t/{home.slug}/"
    return send_there(request, provider, home, next_url=next_url, hint=request.GET.get("login_hint", "")[:254])


@access.own("A person's proof of who they are, at the provider that vouches for them.", by_provider=True)
@never_cache
@require_GET
def confirm_there(request: PersonRequest) -> HttpResponse:
    """To the provider once more, which shall ask whoever sits there to prove themselves."""
    found = services.single_sign_on.provider_of(Way.of(request.session))
    if found is None:
        return HttpResponseRedirect(reverse("tenants:confirm"))
    provider, home = found
    wanted = next_of(request)
    next_url = wanted if wanted != "/" else reverse("tenants:confirmed")
    proof = {"user": str(request.user.pk), "at": now().timestamp()}
    return send_there(request, provider, home, next_url=next_url, proof=proof, hint=request.user.email)


def send_there(
    request: HttpRequest,
    provider: Any,
    home: Any,
    *,
    next_url: str,
    testing: bool = False,
    proof: dict[str, Any] | None = None,
    hint: str = "",
) -> HttpResponse:
    """The browser on its way to the provider; with `proof` for a fresh one of this person, asked for at this time."""
    given: dict[str, Any] = {"key": str(provider.pk), "settings": _settings(provider, home), "next_url": next_url}
    given |= {"kept": {"testing": testing, "proof": proof}, "afresh": proof is not None}
    if provider.kind == provider.Kind.OIDC:
        return openid.begin(request, **given, callback=callback_of(home.slug, provider.pk), hint=hint)
    return saml.begin(
        request, **given, acs=acs_of(home.slug, provider.pk), entity_id=entity_id_of(home.slug, provider.pk)
    )


@_DOOR
@never_cache
@require_GET
def callback(request: HttpRequest, tenant: str, provider_id: UUID) -> HttpResponse:
    """Back from an OpenID provider. Without a sign-in of this browser the answer is the same whatever the address."""
    try:
        state = openid.state_of(request, key=str(provider_id))
    except ProviderRefused as refusal:
        return _stray(request, tenant, provider_id, refusal)
    provider, home = services.single_sign_on.find_provider(
        tenant_slug=tenant, provider_id=provider_id, kind="oidc", testing=True
    )
    words: dict[str, Any] = {
        "key": str(provider.pk),
        "settings": _settings(provider, home),
        "callback": callback_of(home.slug, provider.pk),
    }
    try:
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
    answer = request.POST.get("SAMLResponse", "")
    try:
        provider, home = _saml_provider(tenant, provider_id)
        saml.read(answer, settings=_settings(provider, home), **_saml_places(provider, home))
    except (ProviderRefused, NotFound) as refusal:
        return _stray(request, tenant, provider_id, refusal)
    waiting = _store()
    waiting[_WAITING] = services.single_sign_on.keep_answer(tenant=home, answer=answer)
    waiting.set_expiry(_WAITS_S)
    waiting.create()
    address = reverse("tenants:sso_finish", args=[home.slug, provider.pk, waiting.session_key])
    return HttpResponse(status=303, headers={"Location": address})


@_DOOR
@never_cache
@require_GET
def finish(request: HttpRequest, tenant: str, provider_id: UUID, ticket: str) -> HttpResponse:
    """The same response, now with the session that asked for it."""
    waiting = _store(ticket)
    kept = waiting.get(_WAITING, "")
    waiting.flush()
    try:
        provider, home = _saml_provider(tenant, provider_id)
        answer = services.single_sign_on.kept_answer(tenant=home, kept=kept)
        said, request_id = saml.read(answer, settings=_settings(provider, home), **_saml_places(provider, home))
        state = saml.state_of(request, key=str(provider.pk), request_id=request_id)
    except (ProviderRefused, NotFound) as refusal:
        return _stray(request, tenant, provider_id, refusal)
    try:
        return _arrive(request, provider, home, state, said)
    except ProviderRefused as refusal:
        return _refused(request, provider, home, state, refusal)


@access.public("What an identity provider has to know of the portal; it holds addresses and nothing of anybody.")
@require_GET
def metadata(request: HttpRequest, tenant: str, provider_id: UUID) -> HttpResponse:
    provider, home = _saml_provider(tenant, provider_id, draft=True)
    return HttpResponse(saml.metadata(**_saml_places(provider, home)), content_type="application/samlmetadata+xml")


def _arrive(request: HttpRequest, provider: Any, home: Any, state: dict[str, Any], said: Said) -> HttpResponse:
    if _kept(state, "testing"):
        return _tested(request, provider, home, said=said)
    if proof := _kept(state, "proof"):
        return _proved(request, provider, home, state, said, proof)
    if provider.enabled_at is None:
        raise services.single_sign_on.disabled_provider()
    request_id = getattr(request, "request_id", "")
    user = services.single_sign_on.enter(provider=provider, tenant=home, said=said, now=now(), request_id=request_id)
    next_url = state.get("next") or f"/t/{home.slug}/"
    return begin_session_by_provider(
        request, user, provider_id=provider.pk, tenant_id=home.pk, said=said, next_url=next_url
    )


def _proved(
    request: HttpRequest, provider: Any, home: Any, state: dict[str, Any], said: Said, proof: dict[str, Any]
) -> HttpResponse:
    """The session is fresh from when its person proved themselves there; nothing else of it changes."""
    if str(request.user.pk) != proof["user"] or Way.of(request.session).provider_id != provider.pk:
        raise ProviderRefused(
            _("The session that was to be confirmed has ended. Sign in, then confirm once more."), reason="state"
        )
    proved_at = services.single_sign_on.prove_by_provider(
        provider=provider,
        tenant=home,
        said=said,
        user_id=UUID(proof["user"]),
        asked_at=datetime.fromtimestamp(proof["at"], UTC),
        now=now(),
    )
    note_proof(request.session, at=proved_at)
    return HttpResponseRedirect(state.get("next") or reverse("tenants:confirmed"))


def _stray(request: HttpRequest, tenant: str, provider_id: UUID, refusal: PortalError) -> HttpResponse:
    """An answer that no sign-in of this browser asked for, as far as is known: said, and only counted."""
    reason = refusal.reason if isinstance(refusal, ProviderRefused) else "unknown"
    request_id = getattr(request, "request_id", "")
    services.note_stray(tenant_slug=tenant, provider_id=provider_id, reason=reason, now=now(), request_id=request_id)
    again = reverse("tenants:sso_begin", args=[tenant, provider_id])
    context = {"sentence": refusal.sentence, "again": again, "request_id": request_id}
    return render(request, "accounts/sso_refused.html", context, status=403)


def _refused(
    request: HttpRequest,
    provider: Any,
    home: Any,
    state: dict[str, Any],
    refusal: ProviderRefused | Invalid | Unavailable,
) -> HttpResponse:
    """The sentence, on a page that leads back; on the ledger, or in the test that found it."""
    reason = refusal.reason if isinstance(refusal, ProviderRefused) else "unreachable"
    if _kept(state, "testing"):
        return _tested(request, provider, home, refusal=refusal)
    request_id = getattr(request, "request_id", "")
    services.single_sign_on.note_refusal(provider=provider, tenant=home, reason=reason, request_id=request_id)
    again = reverse("tenants:sso_begin", args=[home.slug, provider.pk])
    proving = bool(_kept(state, "proof"))
    if proving:
        again = f"{reverse('tenants:confirm')}?{urlencode({'next': state.get('next') or '/accounts/'})}"
    context = {"sentence": refusal.sentence, "again": again, "proving": proving, "request_id": request_id}
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
        found = services.single_sign_on.look_at(actor=actor, provider=provider, said=said, now=now())
        checks = [{"claim": str(c.claim), "value": c.value, "fault": str(c.fault)} for c in found]
    if refusal is not None:
        claim = refusal.claim if isinstance(refusal, ProviderRefused) else ""
        reason = refusal.reason if isinstance(refusal, ProviderRefused) else "unreachable"
        services.single_sign_on.note_test(actor=actor, provider=provider, fault=reason, now=now())
        checks = [{"claim": claim or _("answer"), "value": "", "fault": refusal.sentence}]
    claims = {name: str(value)[:300] for name, value in said.claims.items()} if said else {}
    request.session[TESTED] = {"provider": str(provider.pk), "checks": checks, "claims": claims}
    return HttpResponseRedirect(reverse("tenants:provider_detail", args=[home.slug, provider.pk]) + "#tested")


def _kept(state: dict[str, Any], name: str) -> Any:
    """What was kept under this name when the browser was sent there."""
    return (state.get("data") or {}).get(name)


def _saml_provider(tenant: str, provider_id: UUID, *, draft: bool = False) -> tuple[Any, Any]:
    place: dict[str, Any] = {"tenant_slug": tenant, "provider_id": provider_id}
    return services.single_sign_on.find_provider(**place, kind="saml", testing=True, draft=draft)


def _saml_places(provider: Any, home: Any) -> dict[str, str]:
    return {"acs": acs_of(home.slug, provider.pk), "entity_id": entity_id_of(home.slug, provider.pk)}


def _settings(provider: Any, home: Any) -> Any:
    with scope(home.pk):
        return services.single_sign_on.settings_of(provider)


def _store(key: str | None = None) -> Any:
    return import_module(settings.SESSION_ENGINE).SessionStore(key)
