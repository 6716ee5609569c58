"""What may be done to members, invitations, groups, roles and programs."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from apps.tenants import selectors
from apps.tenants.choices import (
    PROGRAM_ROLES,
    HolderKind,
)
from apps.tenants.errors import LastAdministrator
from apps.tenants.selectors.administrators import administrators
from foundation import access
from foundation.access import Permission, Role
from foundation.access.models import Membership
from foundation.access.permissions import IN_PROJECT
from foundation.errors import AccessDenied, Conflict, Invalid, NotFound
from foundation.identity import Actor


def check_can_manage_members(actor: Actor) -> None:
    """Who belongs here is the organisation's own: what a guest changed would outlast them."""
    access.require(actor, Permission.MEMBER_MANAGE)
    access.require_own(actor)


def check_can_bring_in(actor: Actor) -> None:
    """To let somebody in is a sensitive act."""
    check_can_manage_members(actor)
    access.require_fresh(actor)


def check_can_change_role(actor: Actor, membership: Membership) -> None:
    """The tenant keeps one administrator at least; the rows of all are locked by the service that asks."""
    check_can_manage_members(actor)
    if membership.role != Role.ADMIN:
        return
    said, others = {"name": membership.user}, administrators(membership.tenant_id).exclude(pk=membership.pk)
    if not others.exists():
        raise LastAdministrator(_("%(name)s is the only administrator. Make somebody else administrator first.") % said)
    # Those whom the provider vouches for come in by it alone, so that a provider that fails would shut all of them out.
    if not membership.vouched and membership.suspended_at is None and not others.filter(vouched=False).exists():
        raise LastAdministrator(
            _(
                "%(name)s is the only administrator who comes in without an identity provider. Invite another by an"
                " invitation link first, so that somebody can still mend the provider when it fails."
            )
            % said
        )


def check_can_remove_member(actor: Actor, membership: Membership) -> None:
    check_can_change_role(actor, membership)


def _name_of(role: str) -> str:
    return str(Role(role).label) if role in Role.values else role


def check_can_give_permission(actor: Actor, permission: Permission, project_id: UUID) -> None:
    """Nobody gives: the portal does what somebody else than the asker has granted, in a project of the tenant."""
    if actor.kind != "system":
        raise AccessDenied(_("A permission in a project is given by an approval that is granted, never by hand."))
    if permission in access.TENANT_WIDE:
        raise Conflict(
            _("“%(name)s” concerns the whole tenant, so a role brings it, not a project.") % {"name": permission.value}
        )
    check_sees_project(actor, project_id)


def check_sees_project(actor: Actor, project_id: UUID) -> None:
    if not selectors.sees_project(actor, project_id):
        raise NotFound(_("There is no such project here, or it is not yours to see."))


def check_can_share_project(actor: Actor, project_id: UUID) -> None:
    """In a project that the actor sees, where they hold that permission: by their role, or by one in the project."""
    if actor.kind != "system":
        check_sees_project(actor, project_id)
    access.require(actor, Permission.PROJECT_SHARE, access.Inside(project_id))


def check_role_in_project(role: str, holder: HolderKind) -> Role:
    """Whatever builds, decides or reads there; programs neither decide nor administer."""
    if role not in IN_PROJECT:
        sentence = _("The role “%(role)s” cannot be held in a project.") % {"role": _name_of(role)}
        raise Invalid(sentence, fields={"role": [sentence]})
    return check_role_of_program(role) if holder == HolderKind.SERVICE_ACCOUNT else Role(role)


def check_can_manage_service_accounts(actor: Actor) -> None:
    access.require(
        actor,
        Permission.MEMBER_MANAGE,
        else_say=_("A tenant administrator makes and changes service accounts."),
    )
    access.require_own(actor)


def check_role_of_program(role: str) -> Role:
    """A program builds or reads; to decide on others' work and to administer is for people."""
    if role not in PROGRAM_ROLES:
        sentence = _("A service account cannot have the role “%(role)s”; deciding and administering is for people.") % {
            "role": _name_of(role)
        }
        raise Invalid(sentence, fields={"role": [sentence]})
    return Role(role)
