"""Who belongs to the tenant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from foundation import ledger
from foundation.access import Role


@dataclass(frozen=True, kw_only=True)
class MemberInvited(ledger.Event):
    """The membership that comes of it has the invitation's id."""

    kind = "membership.invited"
    said = _("invited somebody")
    icon = "users"
    membership_id: UUID
    role: str


@dataclass(frozen=True, kw_only=True)
class InvitationWithdrawn(ledger.Event):
    kind = "membership.invitation_withdrawn"
    said = _("withdrew an invitation")
    icon = "x"
    membership_id: UUID


@dataclass(frozen=True, kw_only=True)
class MemberAdded(ledger.Event):
    kind = "membership.created"
    said = _("added a member")
    icon = "users"
    membership_id: UUID
    user_id: UUID
    role: str


@dataclass(frozen=True, kw_only=True)
class RoleChanged(ledger.Event):
    kind = "membership.role_changed"
    said = _("changed a member's role from “%(before)s” to “%(after)s”")
    labels: ClassVar = {"before": Role, "after": Role}
    icon = "users"
    membership_id: UUID
    user_id: UUID
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class MemberRemoved(ledger.Event):
    kind = "membership.removed"
    said = _("removed a member")
    icon = "users"
    membership_id: UUID
    user_id: UUID
    role: str


@dataclass(frozen=True, kw_only=True)
class MemberSuspended(ledger.Event):
    kind = "membership.suspended"
    said = _("suspended a member")
    icon = "lock"
    membership_id: UUID
    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class MemberRestored(ledger.Event):
    kind = "membership.restored"
    said = _("let a suspended member in again")
    icon = "lock-open"
    membership_id: UUID
    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class PersonReworded(ledger.Event):
    """SCIM brought another name or address; `changed` names the fields, never their text."""

    kind = "membership.reworded"
    said = _("changed what is said of a member")
    icon = "writing"
    membership_id: UUID
    user_id: UUID
    changed: list[str]
