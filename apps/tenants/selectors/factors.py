"""A person's factors, as their account shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import QuerySet

from apps.tenants.adapters import factors
from apps.tenants.choices import FactorKind
from foundation import access
from foundation.access import Permission
from foundation.access.models import Membership
from foundation.identity import Actor
from foundation.identity.models import User
from foundation.tenancy import scope

if TYPE_CHECKING:
    from allauth.mfa.models import Authenticator


@dataclass(frozen=True)
class Factor:
    """One factor: what a person calls it, and when it was set up and used; `left` counts unused recovery codes."""

    id: int
    kind: FactorKind
    name: str
    created_at: datetime
    last_used_at: datetime | None
    left: int = 0


def factors_of(*, user: User) -> list[Factor]:
    """Apps and passkeys in the order in which they were set up, the recovery codes last."""
    with scope(None, user_id=user.pk):
        rows = list(factors.rows_of(user.pk).order_by("created_at", "pk"))
        return sorted((_factor(row) for row in rows), key=lambda factor: factor.kind is FactorKind.RECOVERY)


def members_without_factor(*, actor: Actor) -> QuerySet[Membership]:
    """Members of the tenant who have no second factor, by name; for whoever manages the tenant."""
    access.require(actor, Permission.TENANT_MANAGE)
    rows = Membership.objects.filter(tenant_id=actor.tenant_id, suspended_at=None, user__second_factor_at=None)
    return rows.select_related("user").order_by("user__name", "pk")


def _factor(row: Authenticator) -> Factor:
    kind = FactorKind(row.type)
    name = str(row.data.get("name", "")) if kind is FactorKind.PASSKEY else str(kind.label)
    left = factors.unused_recovery_codes(row) if kind is FactorKind.RECOVERY else 0
    return Factor(row.pk, kind, name, row.created_at, row.last_used_at, left)
