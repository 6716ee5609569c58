"""OpenID Connect: allauth's provider, fed by one tenant's settings; what it answers is held against its signature.

Redirect, state, PKCE and the exchange of the code are allauth's. The ID token is read here: allauth takes one that came
straight from the token endpoint without looking at its signature and knows no nonce.
"""

from __future__ import annotations

import hmac
import secrets
from typing import Any

import jwt
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

from apps.tenants.adapters.outbound_session import is_kept_secret, outbound_session
from apps.tenants.errors import ProviderRefused
from apps.tenants.ports import ProviderSettings, Said
from foundation.errors import Invalid, PortalError

# Signed with the provider's private key: a shared secret signs nothing here, and “none” is no signature.
ALGORITHMS = frozenset(["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"])
_LEEWAY_S = 60
_REQUIRED = ["exp", "iat", "iss", "aud", "sub"]


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
    testing: bool,
    hint: str,
) -> HttpResponse:
    """Send the browser to the provider; state, nonce and PKCE's secret wait in its session."""
    nonce = secrets.token_urlsafe(24)
    words = {"nonce": nonce, **({"login_hint": hint} if hint else {})}
    data = {"nonce": nonce, "testing": testing}
    return _provider(request, key, settings, callback).redirect(
        request, "login", next_url=next_url, data=data, auth_params=words
    )


def state_of(request: HttpRequest, *, key: str, settings: ProviderSettings, callback: str) -> dict[str, Any]:
    """What was kept when this browser was sent to the provider: once, for ten minutes; ProviderRefused otherwise."""
    provider = _provider(request, key, settings, callback)
    return kept_state(request, provider, request.GET.get("state", ""))


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


def read_id_token(token: str, *, settings: ProviderSettings, nonce: str) -> dict[str, Any]:
    """The claims of an ID token that this provider signed for this client and this sign-in."""
    try:
        algorithm = str(jwt.get_unverified_header(token).get("alg"))
        if algorithm not in ALGORITHMS:
            raise ProviderRefused(
                _("The ID token is signed with “%(alg)s”, which proves nothing. Choose RS256 or ES256 at the provider.")
                % {"alg": algorithm},
                reason="alg",
            )
        claims: dict[str, Any] = jwt.decode(
            token,
            _key_of(token, settings),
            algorithms=[algorithm],
            audience=settings.client_id,
            issuer=settings.issuer,
            leeway=_LEEWAY_S,
            options={"require": _REQUIRED},
        )
    except jwt.PyJWTError as error:
        raise _faulty(error) from error
    _check_party(claims, settings)
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise ProviderRefused(_("The claim “nonce” is not the one of this sign-in."), reason="nonce", claim="nonce")
    return claims


def discover(issuer: str) -> ProviderSettings:
    """What the provider publishes of itself; Invalid names what is missing."""
    found = _fetch(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if str(found.get("issuer", "")).rstrip("/") != issuer.rstrip("/"):
        sentence = _("This address answers for “%(issuer)s”; write that as the issuer.") % {
            "issuer": str(found.get("issuer", ""))[:200]
        }
        raise Invalid(sentence, fields={"issuer": [sentence]})
    missing = [name for name in ("authorization_endpoint", "token_endpoint", "jwks_uri") if not found.get(name)]
    if missing:
        sentence = _("Its discovery document lacks “%(name)s”, so it is no OpenID provider.") % {"name": missing[0]}
        raise Invalid(sentence, fields={"issuer": [sentence]})
    _check_secrecy(found)
    methods = found.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return ProviderSettings(
        issuer=str(found["issuer"]),
        endpoints={
            "authorization": str(found["authorization_endpoint"]),
            "token": str(found["token_endpoint"]),
            "jwks": str(found["jwks_uri"]),
            "userinfo": str(found.get("userinfo_endpoint") or ""),
        },
        claims={},
        client_auth="client_secret_basic" if "client_secret_basic" in methods else "client_secret_post",
    )


def _check_secrecy(found: dict[str, Any]) -> None:
    """A client secret and the keys that prove everything travel by these addresses."""
    named = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint")
    for name in named:
        if found.get(name) and not is_kept_secret(str(found[name])):
            sentence = _(
                "“%(name)s” does not begin with https://, so anybody on the way could change what it says."
            ) % {"name": name}
            raise Invalid(sentence, fields={"issuer": [sentence]})


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


def _key_of(token: str, settings: ProviderSettings) -> Any:
    """The provider's public key that the token names; the only one where it names none."""
    kid = jwt.get_unverified_header(token).get("kid")
    keys = [key for key in jwt.PyJWKSet.from_dict(_fetch(settings.endpoints["jwks"])).keys if key.key_type != "oct"]
    fitting = [key for key in keys if key.key_id == kid] if kid else keys
    if len(fitting) != 1:
        raise ProviderRefused(
            _("The ID token is signed with a key (“%(kid)s”) that the provider does not publish.")
            % {"kid": str(kid)[:80]},
            reason="key",
        )
    return fitting[0].key


def _fetch(url: str) -> dict[str, Any]:
    try:
        with outbound_session() as session:
            answer = session.get(url, headers={"Accept": "application/json"})
            answer.raise_for_status()
            found = answer.json()
    except PortalError as error:
        raise Invalid(error.sentence, fields={"issuer": [error.sentence]}) from error
    except (RequestException, ValueError) as error:
        sentence = _("%(url)s did not answer with a JSON document.") % {"url": url}
        raise Invalid(sentence, fields={"issuer": [sentence]}) from error
    return found if isinstance(found, dict) else {}


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
    )


def _check_party(claims: dict[str, Any], settings: ProviderSettings) -> None:
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if (several or "azp" in claims) and claims.get("azp") != settings.client_id:
        raise ProviderRefused(_("The claim “azp” names another client."), reason="aud", claim="azp")


def _faulty(error: jwt.PyJWTError) -> ProviderRefused:
    """The library's refusal, with the claim that it is about."""
    match error:
        case jwt.ExpiredSignatureError():
            return ProviderRefused(_("The ID token has expired (claim “exp”)."), reason="exp", claim="exp")
        case jwt.ImmatureSignatureError():
            return ProviderRefused(
                _("The ID token is not valid yet; one of the two clocks is wrong."), reason="iat", claim="iat"
            )
        case jwt.InvalidAudienceError():
            return ProviderRefused(
                _("The claim “aud” names another client than ours; check the client id."), reason="aud", claim="aud"
            )
        case jwt.InvalidIssuerError():
            return ProviderRefused(_("The claim “iss” names another issuer."), reason="iss", claim="iss")
        case jwt.MissingRequiredClaimError():
            return ProviderRefused(
                _("The ID token lacks the claim “%(claim)s”.") % {"claim": error.claim},
                reason="claim",
                claim=error.claim,
            )
    return ProviderRefused(
        _("The ID token is missing, damaged, or its signature is not the provider's."), reason="signature"
    )
