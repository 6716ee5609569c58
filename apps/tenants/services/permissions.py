"""Permissions beside a role: given in one project by an approval, taken back by an administrator or with the member."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.tenants import policies
from apps.tenants.events import PermissionGiven, PermissionTakenBack
from apps.tenants.services.tokens import revoke_tokens_beyond
from foundation import clock, ledger, live
from foundation.access import Permission, grants
from foundation.access.models import Membership, UserGrant
from foundation.errors import Conflict
from foundation.identity import Actor


@transaction.atomic
def give_permission(
    *, actor: Actor, user_id: UUID, permission: Permission, project_id: UUID, case_id: UUID
) -> UserGrant | None:
    """What a granted case does: exactly this permission in exactly this project; nothing for whoever left meanwhile."""
    policies.check_can_give_permission(actor, permission, project_id)
    membership = _locked_member(actor, user_id)
    if membership is None:
        return None
    grant, made = grants.give(user=membership.user, permission=permission, project_id=project_id)
    if made:
        given = PermissionGiven(**_facts(membership, grant), case_id=case_id)
        ledger.record(given, actor=actor, project_id=project_id, subject=("membership", membership.pk))
        _tell(user_id)
    return grant


@transaction.atomic
def take_back_permission(*, actor: Actor, grant: UserGrant) -> None:
    """From here on the person may do again what their role says, and no more."""
    policies.check_can_manage_members(actor)
    membership = _locked_member(actor, grant.user_id)
    present = grants.present().select_for_update(of=("self",)).filter(pk=grant.pk).first()
    if membership is None or present is None:
        raise Conflict(_("This permission was taken back already."))
    _take_back(actor, membership, present)
    revoke_tokens_beyond(actor=actor, user=membership.user, now=clock.now())
    _tell(grant.user_id)


def take_back_all(*, actor: Actor, membership: Membership) -> None:
    """Whoever leaves keeps nothing, also should they come back."""
    for grant in grants.present().select_for_update(of=("self",)).filter(user_id=membership.user_id):
        _take_back(actor, membership, grant)


def _take_back(actor: Actor, membership: Membership, grant: UserGrant) -> None:
    taken = PermissionTakenBack(**_facts(membership, grant))
    ledger.record(taken, actor=actor, project_id=grant.project_id, subject=("membership", membership.pk))
    grants.take_back(grant)


def _locked_member(actor: Actor, user_id: UUID) -> Membership | None:
    rows = Membership.objects.select_for_update(of=("self",)).select_related("user")
    return rows.filter(tenant_id=actor.tenant_id, user_id=user_id).first()


def _facts(membership: Membership, grant: UserGrant) -> dict[str, Any]:
    return {
        "membership_id": membership.pk,
        "user_id": membership.user_id,
        "permission": grant.name,
        "project": grant.project_id,
    }


def _tell(user_id: UUID) -> None:
    live.disconnect(user_id=user_id, sentence=_("Your permissions changed; reload the page."))
