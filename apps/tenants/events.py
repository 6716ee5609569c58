from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from foundation import ledger


@dataclass(frozen=True, kw_only=True)
class TenantCreated(ledger.Event):
    kind = "tenant.created"
    tenant_id: UUID


@dataclass(frozen=True, kw_only=True)
class TenantChanged(ledger.Event):
    """`changed` names the fields, never their text."""

    kind = "tenant.changed"
    tenant_id: UUID
    changed: list[str]


@dataclass(frozen=True, kw_only=True)
class MemberInvited(ledger.Event):
    """The membership that comes of it has the invitation's id."""

    kind = "membership.invited"
    membership_id: UUID
    role: str


@dataclass(frozen=True, kw_only=True)
class InvitationWithdrawn(ledger.Event):
    kind = "membership.invitation_withdrawn"
    membership_id: UUID


@dataclass(frozen=True, kw_only=True)
class MemberAdded(ledger.Event):
    kind = "membership.created"
    membership_id: UUID
    user_id: UUID
    role: str


@dataclass(frozen=True, kw_only=True)
class RoleChanged(ledger.Event):
    kind = "membership.role_changed"
    membership_id: UUID
    user_id: UUID
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class MemberRemoved(ledger.Event):
    kind = "membership.removed"
    membership_id: UUID
    user_id: UUID
    role: str


@dataclass(frozen=True, kw_only=True)
class TokenCreated(ledger.Event):
    """`purpose` is empty for a person's own token and names the run or replica that a workload's belongs to."""

    kind = "token.created"
    token_id: UUID
    project: UUID | None
    everything: bool
    scopes: list[str]
    purpose: str
    expires_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class TokenRenewed(ledger.Event):
    kind = "token.renewed"
    token_id: UUID
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class TokenRevoked(ledger.Event):
    kind = "token.revoked"
    token_id: UUID
    purpose: str
