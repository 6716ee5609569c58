"""OpenID Connect: allauth's provider, fed by one tenant's settings; what it answers is held against its signature.

Redirect, state, PKCE and the exchange of the code are allauth's. The ID token is read here: allauth takes one that came
straight from the token endpoint without looking at its signature and knows no nonce.
"""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from allauth.core.internal.datakit import parse_bool_safely
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base import Provider
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from requests import RequestException

from apps.tenants.adapters.openid_discovery import discover
from apps.tenants.adapters.openid_tokens import moment_of, read_id_token, read_logout_token
from apps.tenants.adapters.outbound_session import outbound_session
from apps.tenants.errors import ProviderRefused
from apps.tenants.ports import ProviderSettings, Said

__all__ = ["begin", "discover", "finish", "kept_state", "read_logout_token", "sign_out_address", "state_of"]


class _Provider(OpenIDConnectProvider):
    def get_oauth2_adapter(self, request: HttpRequest) -> _Adapter:
        return _Adapter(request, self)


class _Adapter(OpenIDConnectOAuth2Adapter):
    def __init__(self, request: HttpRequest, provider: _Provider) -> None:
        self._provider = provider
        super().__init__(request, provider.app.provider_id)

    def get_provider(self) -> _Provider:
        return self._provider

    @property
    def openid_config(self) -> dict[str, Any]:
        return dict(self._provider.app.settings["openid"])

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        return str(app.settings["callback"])


def begin(
    request: HttpRequest,
    *,
    key: str,
    settings: ProviderSettings,
    callback: str,
    next_url: str,
    kept: dict[str, Any],
    afresh: bool,
    hint: str,
) -> HttpResponse:
    """Send the browser to the provider; state, nonce and PKCE's secret wait in its session, and what is to be `kept`.

    `afresh`: whoever sits there shall prove once more who they are (OpenID Connect Core 1.0, 3.1.2.1).
    """
    nonce = secrets.token_urlsafe(24)
    words = {"nonce": nonce, **({"login_hint": hint} if hint else {})}
    if afresh:
        words |= {"prompt": "login", "max_age": "0"}
    data = {**kept, "nonce": nonce}
    return _provider(request, key, settings, callback).redirect(
        request, "login", next_url=next_url, data=data, auth_params=words
    )


def state_of(request: HttpRequest, *, key: str) -> dict[str, Any]:
    """What was kept when this browser was sent to the provider: once, for ten minutes; ProviderRefused otherwise."""
    app = SocialApp(provider="openid_connect", provider_id=key, name=key, client_id="-", settings={})
    return kept_state(request, _Provider(request, app=app), request.GET.get("state", ""))


def kept_state(request: HttpRequest, provider: Provider, state_id: str) -> dict[str, Any]:
    """What allauth kept in the browser's session under this id and for this provider (`key`), no other."""
    try:
        return dict(provider.unstash_redirect_state(request, state_id))
    except PermissionDenied as error:
        raise ProviderRefused(
            _("This answer belongs to no sign-in that was begun in this browser, or it is too old. Sign in once more."),
            reason="state",
        ) from error


def finish(request: HttpRequest, *, key: str, settings: ProviderSettings, callback: str, state: dict[str, Any]) -> Said:
    """Exchange the code and read the ID token; ProviderRefused names what is wrong with it."""
    if "error" in request.GET or "code" not in request.GET:
        told = request.GET.get("error_description") or request.GET.get("error") or "–"
        raise ProviderRefused(
            _("The identity provider did not sign you in. It says: %(told)s") % {"told": told[:300]}, reason="provider"
        )
    provider = _provider(request, key, settings, callback)
    adapter = provider.get_oauth2_adapter(request)
    try:
        tokens = adapter.get_access_token_data(
            request, provider.app, adapter.get_client(request, provider.app), state.get("pkce_code_verifier")
        )
    except (OAuth2Error, RequestException, ValueError) as error:
        raise ProviderRefused(
            _("The identity provider did not take the code back. Check client id, client secret and redirect address."),
            reason="code",
        ) from error
    claims = read_id_token(str(tokens.get("id_token") or ""), settings=settings, nonce=_nonce_of(state))
    return _said(_completed(claims, tokens, settings), settings)


def sign_out_address(settings: ProviderSettings, *, back: str, state: str) -> str:
    """Where a browser signs out at the provider too; empty where it has no such place.

    OpenID Connect RP-Initiated Logout 1.0, 2: with our client id, since the ID token, which is somebody's data, is not
    kept. A provider that cannot tell by it whose session is meant asks the person.
    """
    place = settings.endpoints.get("end_session", "")
    if not place:
        return ""
    words = urlencode({"client_id": settings.client_id, "post_logout_redirect_uri": back, "state": state})
    parts = urlsplit(place)
    return urlunsplit(parts._replace(query=f"{parts.query}&{words}" if parts.query else words))


def _provider(request: HttpRequest, key: str, settings: ProviderSettings, callback: str) -> _Provider:
    openid = {
        "issuer": settings.issuer,
        "authorization_endpoint": settings.endpoints["authorization"],
        "token_endpoint": settings.endpoints["token"],
        "jwks_uri": settings.endpoints["jwks"],
    }
    app = SocialApp(
        provider="openid_connect",
        provider_id=key,
        name=key,
        client_id=settings.client_id,
        secret=settings.client_secret,
        settings={
            "openid": openid,
            "callback": callback,
            "oauth_pkce_enabled": True,
            "token_auth_method": settings.client_auth,
        },
    )
    return _Provider(request, app=app)


def _nonce_of(state: dict[str, Any]) -> str:
    return str((state.get("data") or {}).get("nonce") or secrets.token_urlsafe(24))


def _completed(claims: dict[str, Any], tokens: dict[str, Any], settings: ProviderSettings) -> dict[str, Any]:
    """With what the provider tells of the same person at its userinfo address, where the ID token is short."""
    wanted = settings.claims.get("email") or "email"
    if claims.get(wanted) or not settings.endpoints.get("userinfo"):
        return claims
    with outbound_session() as session:
        headers = {"Authorization": f"Bearer {tokens['access_token']}", "Accept": "application/json"}
        try:
            answer = session.get(settings.endpoints["userinfo"], headers=headers)
            answer.raise_for_status()
            told = answer.json()
        except (RequestException, ValueError) as error:
            raise ProviderRefused(
                _("The ID token holds no e-mail, and the provider's userinfo address gave none."), reason="userinfo"
            ) from error
    if not isinstance(told, dict) or told.get("sub") != claims["sub"]:
        raise ProviderRefused(
            _("The provider's userinfo is of another person than its ID token."), reason="userinfo", claim="sub"
        )
    return {**told, **claims}


def _said(claims: dict[str, Any], settings: ProviderSettings) -> Said:
    names = settings.claims
    groups = claims.get(names.get("groups") or "groups") or []
    several = groups if isinstance(groups, list) else [groups]
    verified = claims.get("email_verified")
    return Said(
        subject=str(claims["sub"]),
        email=str(claims.get(names.get("email") or "email") or "").strip().lower(),
        email_verified=None if verified is None else bool(parse_bool_safely(verified)),
        name=str(claims.get(names.get("name") or "name") or ""),
        groups=tuple(str(group) for group in several),
        claims=claims,
        proved_at=moment_of(claims.get("auth_time")),
        sid=str(claims.get("sid") or "")[:255],
    )
