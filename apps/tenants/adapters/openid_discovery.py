"""What an OpenID provider publishes of itself: its discovery document and its keys."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from requests import RequestException

from apps.tenants.adapters.outbound_session import is_kept_secret, outbound_session
from apps.tenants.ports import ProviderSettings
from foundation.errors import Invalid, PortalError


def discover(issuer: str) -> ProviderSettings:
    """What the provider publishes of itself; Invalid names what is missing."""
    found = fetch_json(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
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
            "end_session": str(found.get("end_session_endpoint") or ""),
        },
        claims={},
        client_auth="client_secret_basic" if "client_secret_basic" in methods else "client_secret_post",
    )


def fetch_json(url: str) -> dict[str, Any]:
    """The JSON object at this address, by way of the one outbound client; Invalid where there is none."""
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


def _check_secrecy(found: dict[str, Any]) -> None:
    """A client secret and the keys that prove everything travel by these addresses."""
    named = ("authorization", "token", "userinfo", "end_session")
    for name in ("issuer", "jwks_uri", *(f"{word}_endpoint" for word in named)):
        if found.get(name) and not is_kept_secret(str(found[name])):
            sentence = _(
                "“%(name)s” does not begin with https://, so anybody on the way could change what it says."
            ) % {"name": name}
            raise Invalid(sentence, fields={"issuer": [sentence]})
