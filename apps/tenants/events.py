from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from foundation import ledger
from foundation.access import Permission, Role


@dataclass(frozen=True, kw_only=True)
class TenantCreated(ledger.Event):
    kind = "tenant.created"
    said = _("made the tenant")
    icon = "plus"
    tenant_id: UUID


@dataclass(frozen=True, kw_only=True)
class TenantChanged(ledger.Event):
    """`changed` names the fields, never their text."""

    kind = "tenant.changed"
    said = _("changed what is said of the tenant")
    icon = "writing"
    tenant_id: UUID
    changed: list[str]


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
    said = _("changed a member's role")
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
class TokenCreated(ledger.Event):
    """`purpose` is empty for a person's own token and names the run or replica that a workload's belongs to.

    `networks` counts those from which alone it opens; addresses themselves could be somebody's.
    """

    kind = "token.created"
    said = _("made a token")
    icon = "key"
    token_id: UUID
    project: UUID | None
    everything: bool
    scopes: list[str]
    purpose: str
    networks: int
    expires_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class TokenRenewed(ledger.Event):
    kind = "token.renewed"
    said = _("renewed a token")
    icon = "refresh"
    token_id: UUID
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class TokenRevoked(ledger.Event):
    kind = "token.revoked"
    said = _("revoked a token")
    icon = "lock"
    token_id: UUID
    purpose: str


@dataclass(frozen=True, kw_only=True)
class ServiceAccountCreated(ledger.Event):
    kind = "service_account.created"
    said = _("made a service account with the role “%(role)s”")
    labels: ClassVar = {"role": Role}
    icon = "robot"
    service_account_id: UUID
    role: str


@dataclass(frozen=True, kw_only=True)
class ServiceAccountRoleChanged(ledger.Event):
    kind = "service_account.role_changed"
    said = _("changed the role of the service account from “%(before)s” to “%(after)s”")
    labels: ClassVar = {"before": Role, "after": Role}
    icon = "robot"
    service_account_id: UUID
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class ServiceAccountDisabled(ledger.Event):
    kind = "service_account.disabled"
    said = _("disabled the service account; %(tokens_revoked)s tokens are void")
    icon = "lock"
    service_account_id: UUID
    tokens_revoked: int


@dataclass(frozen=True, kw_only=True)
class ServiceAccountEnabled(ledger.Event):
    kind = "service_account.enabled"
    said = _("enabled the service account again")
    icon = "lock-open"
    service_account_id: UUID


@dataclass(frozen=True, kw_only=True)
class PermissionGiven(ledger.Event):
    """One permission in one project, beside the member's role; `case_id` is the approval that gave it."""

    kind = "permission.given"
    said = _("gave the permission “%(permission)s” in one project")
    labels: ClassVar = {"permission": Permission}
    icon = "key"
    membership_id: UUID
    user_id: UUID
    permission: str
    project: UUID
    case_id: UUID


@dataclass(frozen=True, kw_only=True)
class PermissionTakenBack(ledger.Event):
    kind = "permission.taken_back"
    said = _("took back the permission “%(permission)s” in one project")
    labels: ClassVar = {"permission": Permission}
    icon = "arrow-back-up"
    membership_id: UUID
    user_id: UUID
    permission: str
    project: UUID


@dataclass(frozen=True, kw_only=True)
class ProjectRoleGiven(ledger.Event):
    """A role in one project; `holder` says whether `holder_id` is a person, a group or a service account."""

    kind = "project_role.given"
    said = _("gave the role “%(role)s” in one project")
    labels: ClassVar = {"role": Role}
    icon = "users"
    project_role_id: UUID
    project: UUID
    holder: str
    holder_id: UUID
    role: str


@dataclass(frozen=True, kw_only=True)
class ProjectRoleTakenBack(ledger.Event):
    kind = "project_role.taken_back"
    said = _("took back the role “%(role)s” in one project")
    labels: ClassVar = {"role": Role}
    icon = "arrow-back-up"
    project_role_id: UUID
    project: UUID
    holder: str
    holder_id: UUID
    role: str


@dataclass(frozen=True, kw_only=True)
class GroupCreated(ledger.Event):
    kind = "group.created"
    said = _("made the group")
    icon = "users"
    group_id: UUID


@dataclass(frozen=True, kw_only=True)
class GroupChanged(ledger.Event):
    """`changed` names the fields, never their text."""

    kind = "group.changed"
    said = _("changed what is said of the group")
    icon = "writing"
    group_id: UUID
    changed: list[str]


@dataclass(frozen=True, kw_only=True)
class GroupDeleted(ledger.Event):
    kind = "group.deleted"
    said = _("deleted the group")
    icon = "x"
    group_id: UUID


@dataclass(frozen=True, kw_only=True)
class GroupJoined(ledger.Event):
    kind = "group.joined"
    said = _("took somebody into the group")
    icon = "users"
    group_id: UUID
    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class GroupLeft(ledger.Event):
    kind = "group.left"
    said = _("took somebody out of the group")
    icon = "users"
    group_id: UUID
    user_id: UUID
