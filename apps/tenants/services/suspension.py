"""A member's place kept and closed for a while: it opens nothing, and everything that used it ends at once."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.tenants import policies
from apps.tenants.events import MemberRestored, MemberSuspended
from apps.tenants.services.locking import locked_member
from apps.tenants.services.single_sign_on.provided_sessions import end_provided_sessions
from apps.tenants.services.tokens import revoke_tokens_of_member
from apps.tenants.services.withdrawing import withdraw_invitations_of
from foundation import access, ledger, live
from foundation.access.models import Membership
from foundation.identity import Actor


@transaction.atomic
def suspend_member(*, actor: Actor, membership: Membership, now: datetime) -> Membership:
    """Sessions open the tenant no more, and tokens made by or for the person are void; the last admin stays."""
    membership = locked_member(membership)
    policies.check_can_remove_member(actor, membership)
    access.require_fresh(actor)
    if membership.suspended_at is None:
        membership.suspended_at = now
        membership.save(update_fields=["suspended_at"])
        suspended = MemberSuspended(membership_id=membership.pk, user_id=membership.user_id)
        ledger.record(suspended, actor=actor, subject=("membership", membership.pk))
        end_provided_sessions(tenant_id=actor.tenant_id, user_id=membership.user_id)
        withdraw_invitations_of(actor=actor, user_id=membership.user_id, now=now)
        revoke_tokens_of_member(actor=actor, user_id=membership.user_id, now=now)
        live.disconnect(user_id=membership.user_id, sentence=_("Your membership is suspended."))
    return membership


@transaction.atomic
def restore_member(*, actor: Actor, membership: Membership) -> Membership:
    """The place opens again with the role it had; tokens of before stay void."""
    membership = locked_member(membership)
    policies.check_can_bring_in(actor)
    if membership.suspended_at is not None:
        membership.suspended_at = None
        membership.save(update_fields=["suspended_at"])
        restored = MemberRestored(membership_id=membership.pk, user_id=membership.user_id)
        ledger.record(restored, actor=actor, subject=("membership", membership.pk))
    return membership
