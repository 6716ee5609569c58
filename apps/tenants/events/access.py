"""Permissions, roles in projects and groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from foundation import ledger
from foundation.access import Permission, Role


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
