from __future__ import annotations

from sanad.resource import Resource, Thing


class Keys(Resource):
    """The keys that everything of the tenant is sealed with; for administrators. They themselves are never shown."""

    def get(self) -> Thing:
        """How they stand: `keys`, and of a key of the tenant's own `source`, `brought_at` and `withdrawn_at`."""
        found: Thing = self._http.get("keys/")
        return found

    def rotate(self, *, reseal: bool = False) -> Thing:
        """Make a new key; with `reseal` a job seals stored objects under it."""
        return self._act("rotate", {"reseal": reseal})

    def rewrap(self) -> Thing:
        """Wrap the keys with the key-encryption key that the portal has now, in a job."""
        return self._act("rewrap", {})

    def bring(self, secret: str = "", *, vault_key: str = "") -> Thing:
        """Put a key of the tenant's own inside every wrap: 32 bytes in base64, or the name of one in Vault."""
        return self._act("bring", {"secret": secret, "vault_key": vault_key})

    def withdraw(self, tenant: str) -> Thing:
        """Take the tenant's own key away; `tenant` is its short name, typed to confirm."""
        return self._act("withdraw", {"confirmation": tenant})

    def release(self) -> Thing:
        """Leave the keys to the portal again."""
        return self._act("release", {})

    def _act(self, word: str, body: Thing) -> Thing:
        done: Thing = self._http.post(f"keys/{word}/", body)
        return done
