"""People of a tenant: added, given a role, removed. A tenant always keeps one administrator."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.tenants import policies
from apps.tenants.events import MemberAdded, MemberRemoved, RoleChanged
from apps.tenants.services.groups import leave_all_groups
from apps.tenants.services.locking import locked_member
from apps.tenants.services.permissions import take_back_all
from apps.tenants.services.project_roles import take_back_roles
from apps.tenants.services.tokens import revoke_tokens_beyond, revoke_tokens_of_member
from apps.tenants.services.withdrawing import withdraw_invitations_of
from foundation import access, clock, ledger, live
from foundation.access import Permission, Role
from foundation.access.models import Membership
from foundation.access.permissions import ROLE_PERMISSIONS
from foundation.errors import Conflict, Invalid
from foundation.identity import Actor
from foundation.identity.models import Provisioned


@transaction.atomic
def change_role(*, actor: Actor, membership: Membership, role: str) -> Membership:
    membership = locked_member(membership)
    wanted = checked_role(role)
    if wanted == membership.role:
        policies.check_can_manage_members(actor)
        return membership
    policies.check_can_change_role(actor, membership)
    access.require_fresh(actor)
    changed = RoleChanged(membership_id=membership.pk, user_id=membership.user_id, before=membership.role, after=wanted)
    membership.role = wanted
    membership.save(update_fields=["role"])
    ledger.record(changed, actor=actor, subject=("membership", membership.pk))
    if Permission.MEMBER_MANAGE not in ROLE_PERMISSIONS[wanted]:
        withdraw_invitations_of(actor=actor, user_id=membership.user_id, now=clock.now())
    revoke_tokens_beyond(actor=actor, user=membership.user, now=clock.now())
    live.disconnect(user_id=membership.user_id, sentence=_("Your role changed; reload the page."))
    return membership


@transaction.atomic
def remove_member(*, actor: Actor, membership: Membership, now: datetime) -> None:
    """Take somebody out of the tenant, with their tokens, permissions, and the open invitations that they made."""
    membership = locked_member(membership)
    policies.check_can_remove_member(actor, membership)
    access.require_fresh(actor)
    removed = MemberRemoved(membership_id=membership.pk, user_id=membership.user_id, role=membership.role)
    take_back_all(actor=actor, membership=membership)
    take_back_roles(actor=actor, user=membership.user)
    leave_all_groups(actor=actor, user_id=membership.user_id)
    ledger.record(removed, actor=actor, subject=("membership", membership.pk))
    live.disconnect(user_id=membership.user_id, sentence=_("You are no longer a member of this tenant."))
    membership.delete()
    # Whichever provider brings them again finds them as somebody whom nobody has brought.
    Provisioned.objects.filter(tenant_id=actor.tenant_id, user_id=removed.user_id).delete()
    withdraw_invitations_of(actor=actor, user_id=removed.user_id, now=now)
    revoke_tokens_of_member(actor=actor, user_id=removed.user_id, now=now)


def enrol(*, actor: Actor, membership: Membership) -> Membership:
    """Write a new membership; the caller has checked who may."""
    try:
        with transaction.atomic():
            membership.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(_("This person is a member already; change their role instead.")) from error
    added = MemberAdded(membership_id=membership.pk, user_id=membership.user_id, role=membership.role)
    ledger.record(added, actor=actor, subject=("membership", membership.pk))
    return membership


def checked_role(role: str) -> Role:
    if role not in Role.values:
        sentence = _("There is no role “%(role)s”.") % {"role": role}
        raise Invalid(sentence, fields={"role": [sentence]})
    return Role(role)
