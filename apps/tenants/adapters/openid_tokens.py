"""Tokens that an OpenID provider signs: read against its published keys, its name and ours (PyJWT).

An ID token says who signed in (OpenID Connect Core 1.0, 3.1.3.7), a logout token whose session ended (OpenID Connect
Back-Channel Logout 1.0, 2.6).
"""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from django.utils.translation import gettext as _

from apps.tenants.adapters.openid_discovery import fetch_json
from apps.tenants.errors import ProviderRefused
from apps.tenants.ports import LogoutToken, ProviderSettings
from foundation.clock import now

# Signed with the provider's private key: a shared secret signs nothing here, and “none” is no signature.
ALGORITHMS = frozenset(["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"])
_LEEWAY_S = 60
_REQUIRED = ["exp", "iat", "iss", "aud", "sub"]
_REQUIRED_OF_LOGOUT = ["iss", "aud", "iat", "exp", "jti", "events"]
_LAST_SECOND = 253_402_300_799  # the end of the year 9999
_LOGOUT = "http://schemas.openid.net/event/backchannel-logout"
# A logout token is for now: one that lay about so long is not believed, whatever its own end.
_LOGOUT_GOOD_FOR = timedelta(minutes=10)


def read_id_token(token: str, *, settings: ProviderSettings, nonce: str) -> dict[str, Any]:
    """The claims of an ID token that this provider signed for this client and this sign-in."""
    claims = _signed_claims(token, settings, _REQUIRED)
    _check_party(claims, settings)
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise ProviderRefused(_("The claim “nonce” is not the one of this sign-in."), reason="nonce", claim="nonce")
    return claims


def read_logout_token(token: str, *, settings: ProviderSettings) -> LogoutToken:
    """What a logout token says, where this provider signed it for this client just now; ProviderRefused otherwise."""
    claims = _signed_claims(token, settings, _REQUIRED_OF_LOGOUT)
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(_LOGOUT), dict):
        sentence = _("The claim “events” does not say that this is a logout.")
        raise ProviderRefused(sentence, reason="events", claim="events")
    if "nonce" in claims:
        raise ProviderRefused(
            _("A logout token holds no claim “nonce”; this one could be an ID token."), reason="nonce", claim="nonce"
        )
    subject, sid = str(claims.get("sub") or ""), str(claims.get("sid") or "")
    if not (subject or sid):
        raise ProviderRefused(
            _("The logout token names neither a person (“sub”) nor a session (“sid”)."), reason="claim", claim="sub"
        )
    made, ends = moment_of(claims["iat"]), moment_of(claims["exp"])
    if made is None or ends is None or now() - made > _LOGOUT_GOOD_FOR:
        raise ProviderRefused(_("The logout token is too old (claim “iat”)."), reason="iat", claim="iat")
    return LogoutToken(subject, sid, str(claims["jti"]), ends + timedelta(seconds=_LEEWAY_S))


def moment_of(claim: Any) -> datetime | None:
    """The time that a claim in seconds since 1970 says; None where it says none."""
    if isinstance(claim, bool) or not isinstance(claim, int | float) or not 0 < claim < _LAST_SECOND:
        return None
    return datetime.fromtimestamp(claim, UTC)


def _signed_claims(token: str, settings: ProviderSettings, required: list[str]) -> dict[str, Any]:
    """The claims of a token that this provider signed for this client, with all those that are required."""
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
            options={"require": required},
        )
    except jwt.PyJWTError as error:
        raise _faulty(error) from error
    return claims


def _key_of(token: str, settings: ProviderSettings) -> Any:
    """The provider's public key that the token names; the only one where it names none."""
    kid = jwt.get_unverified_header(token).get("kid")
    keys = [key for key in jwt.PyJWKSet.from_dict(fetch_json(settings.endpoints["jwks"])).keys if key.key_type != "oct"]
    fitting = [key for key in keys if key.key_id == kid] if kid else keys
    if len(fitting) != 1:
        raise ProviderRefused(
            _("The ID token is signed with a key (“%(kid)s”) that the provider does not publish.")
            % {"kid": str(kid)[:80]},
            reason="key",
        )
    return fitting[0].key


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
