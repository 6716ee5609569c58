"""Invitations that nobody may use any more: taken back by hand, or with the right of whoever made them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from apps.tenants.events import InvitationWithdrawn
from apps.tenants.models import Invitation
from foundation import ledger
from foundation.identity import Actor


def take_back(*, actor: Actor, invitation: Invitation, now: datetime) -> None:
    """The caller has locked an open invitation, and has asked who may."""
    invitation.withdrawn_at = now
    invitation.save(update_fields=["withdrawn_at"])
    withdrawn = InvitationWithdrawn(membership_id=invitation.pk)
    ledger.record(withdrawn, actor=actor, subject=("membership", invitation.pk))


def withdraw_invitations_of(*, actor: Actor, user_id: UUID, now: datetime) -> None:
    """Whoever may invite no longer has read the links: none of them brings anybody in, themselves least of all."""
    rows = Invitation.objects.select_for_update(of=("self",)).filter(
        tenant_id=actor.tenant_id, invited_by_id=user_id, accepted_at=None, withdrawn_at=None, expires_at__gt=now
    )
    for invitation in rows.order_by("pk"):
        take_back(actor=actor, invitation=invitation, now=now)
