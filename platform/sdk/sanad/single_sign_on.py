"""Identity providers of the tenant, and the e-mail domains that they speak for."""

from __future__ import annotations

from typing import Any

from sanad.errors import NotFound
from sanad.resource import Resource, Thing, Things


class IdentityProviders(Resource):
    """OpenID and SAML providers that sign the tenant's people in; for administrators."""

    def list(self) -> Things:
        return list(self._http.pages("identity-providers/"))

    def get(self, said: str) -> Thing:
        """The provider of this id or name."""
        for row in self.list():
            if said in (row["id"], row["name"]):
                return row
        raise NotFound(f"There is no identity provider {said!r} in this tenant.")

    def add_openid(self, name: str, issuer: str, client_id: str, client_secret: str = "") -> Thing:
        """Everything else is read from the issuer's discovery document; it lets nobody in until it is enabled."""
        words = {"name": name, "issuer": issuer, "client_id": client_id, "client_secret": client_secret}
        made: Thing = self._http.post("identity-providers/", {"kind": "oidc", **words})
        return made

    def add_saml(self, name: str, *, metadata_url: str = "", metadata: str = "") -> Thing:
        """From the address of the provider's metadata, or from its XML."""
        words = {"name": name, "metadata_url": metadata_url, "metadata": metadata}
        made: Thing = self._http.post("identity-providers/", {"kind": "saml", **words})
        return made

    def change(self, provider_id: str, **words: Any) -> Thing:
        """`default_role`, `mapping` (lines of external, role, group), `makes_members`, `only_way_in`, `claims` …"""
        changed: Thing = self._http.send("PATCH", f"identity-providers/{provider_id}/", json=words).json()
        return changed

    def enable(self, provider_id: str) -> Thing:
        changed: Thing = self._http.post(f"identity-providers/{provider_id}/enable/")
        return changed

    def disable(self, provider_id: str) -> Thing:
        changed: Thing = self._http.post(f"identity-providers/{provider_id}/disable/")
        return changed

    def remove(self, provider_id: str) -> None:
        self._http.send("DELETE", f"identity-providers/{provider_id}/")

    def scim_token(self, provider_id: str, *, days: int = 365) -> Thing:
        """A token by which the provider keeps people and groups up to date; `token` is there this once."""
        made: Thing = self._http.post(f"identity-providers/{provider_id}/scim-tokens/", {"days": days})
        return made


class EmailDomains(Resource):
    """Domains of the tenant's addresses: claimed, then proven by a TXT record."""

    def list(self) -> Things:
        return list(self._http.pages("email-domains/"))

    def get(self, said: str) -> Thing:
        """The domain of this id or name."""
        for row in self.list():
            if said in (row["id"], row["name"]):
                return row
        raise NotFound(f"The domain {said!r} is not claimed by this tenant.")

    def claim(self, name: str) -> Thing:
        """The answer's `record` and `value` are the TXT record that proves it."""
        made: Thing = self._http.post("email-domains/", {"name": name})
        return made

    def prove(self, domain_id: str) -> Thing:
        proven: Thing = self._http.post(f"email-domains/{domain_id}/prove/")
        return proven

    def release(self, domain_id: str) -> None:
        self._http.send("DELETE", f"email-domains/{domain_id}/")
