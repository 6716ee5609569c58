"""The one order in which rows of a tenant's people are locked: administrators' places, groups, tokens, each by its id.

Whoever takes several takes them from here, in this order and before the first change. The number of a revocation is
given last, when no row is left to wait for (`tokens.revoke` in foundation.identity).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from apps.tenants.errors import MemberGone
from foundation.access import Role
from foundation.access.models import Group, Membership
from foundation.errors import Conflict
from foundation.identity.models import ApiToken


def lock_administrators(tenant_id: UUID) -> None:
    """Two of them cannot take each other's place at once, nor a sign-in and SCIM one and the same."""
    rows = Membership.objects.select_for_update(of=("self",)).filter(tenant_id=tenant_id, role=Role.ADMIN)
    list(rows.order_by("pk").values_list("pk", flat=True))


def locked_member(membership: Membership) -> Membership:
    """The row as it stands, with all administrators' rows locked."""
    lock_administrators(membership.tenant_id)
    rows = Membership.objects.select_for_update(of=("self",)).filter(tenant_id=membership.tenant_id)
    found = rows.select_related("user").filter(pk=membership.pk).first()
    if found is None:
        raise MemberGone(_("This person is no longer a member."))
    return found


def lock_groups(tenant_id: UUID, ids: Collection[UUID] | QuerySet[Any]) -> list[Group]:
    """Those that are there, as they stand."""
    rows = Group.objects.select_for_update(of=("self",)).filter(tenant_id=tenant_id, pk__in=ids)
    return list(rows.order_by("pk"))


def locked_group(group: Group) -> Group:
    found = lock_groups(group.tenant_id, [group.pk])
    if not found:
        raise Conflict(_("This group was deleted meanwhile."))
    return found[0]


def lock_tokens_of(tenant_id: UUID, user_ids: Collection[UUID]) -> None:
    """Live tokens of these people and of what acts for them: person by person they would be locked crosswise."""
    theirs = Q(user_id__in=user_ids) | Q(on_behalf_of_id__in=user_ids)
    rows = ApiToken.objects.select_for_update(of=("self",)).filter(theirs, tenant_id=tenant_id, revoked_at=None)
    list(rows.order_by("pk").values_list("pk", flat=True))
