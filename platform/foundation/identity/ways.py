"""How a session was begun: what it may open depends on who vouched for the person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

# Where allauth keeps what a person showed in this session, in the order in which they showed it.
_RECORDS = "account_authentication_methods"


@dataclass(frozen=True)
class Way:
    """`tenant_id` is the tenant whose identity provider vouched, or None where the portal looked itself.

    `second_factor` says that a code, a passkey or a recovery code was shown to the portal.
    """

    tenant_id: UUID | None = None
    provider_id: UUID | None = None
    second_factor: bool = False

    @classmethod
    def of(cls, session: Mapping[str, Any]) -> Way:
        """The way that a session's own records tell."""
        records = session.get(_RECORDS) or []
        vouched = next((record for record in records if record.get("method") == "socialaccount"), None)
        return cls(
            tenant_id=UUID(vouched["tenant"]) if vouched else None,
            provider_id=UUID(vouched["provider"]) if vouched else None,
            second_factor=any(record.get("method") == "mfa" for record in records),
        )

    def opens(self, tenant_id: UUID) -> bool:
        """A tenant's identity provider speaks for that tenant alone."""
        return self.tenant_id in {None, tenant_id}
