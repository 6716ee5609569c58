"""How a session was begun: what it may open depends on who vouched for the person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

# Where allauth keeps what a person showed in this session, in the order in which they showed it.
_RECORDS = "account_authentication_methods"


@dataclass(frozen=True)
class Way:
    """`tenant_id` is the tenant whose identity provider vouched, or None where the portal looked itself.

    `second_factor` says that a code, a passkey or a recovery code was shown to the portal. `proved_at` is when the
    provider says that the person last showed it who they are, and `sid` how it calls its session; it may say neither.
    """

    tenant_id: UUID | None = None
    provider_id: UUID | None = None
    second_factor: bool = False
    proved_at: datetime | None = None
    sid: str = ""

    @classmethod
    def of(cls, session: Mapping[str, Any]) -> Way:
        """The way that a session's own records tell."""
        records = session.get(_RECORDS) or []
        vouched = next((record for record in records if record.get("method") == "socialaccount"), None)
        second_factor = any(record.get("method") == "mfa" for record in records)
        if vouched is None:
            return cls(second_factor=second_factor)
        return cls(
            tenant_id=UUID(vouched["tenant"]),
            provider_id=UUID(vouched["provider"]),
            second_factor=second_factor,
            proved_at=datetime.fromtimestamp(vouched["proved_at"], UTC) if vouched.get("proved_at") else None,
            sid=vouched.get("sid", ""),
        )

    def opens(self, tenant_id: UUID) -> bool:
        """A tenant's identity provider speaks for that tenant alone."""
        return self.tenant_id in {None, tenant_id}
