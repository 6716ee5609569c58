"""Platform operators inside a tenant: for the hours that it granted, at the level that it granted, never more."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Now

from foundation.access.models import SupportGrant
from foundation.identity import Actor
from foundation.identity.models import User
from foundation.identity.ways import Way
from foundation.tenancy.models import Tenant


def live() -> QuerySet[SupportGrant]:
    """What holds now, by the database's clock."""
    holds = SupportGrant.objects.filter(granted_at__isnull=False, ended_at=None, ends_at__gt=Now())
    return holds.filter(user__is_operator=True, user__is_active=True)


def admit(*, user: User, tenant: Tenant, request_id: str = "", way: Way | None = None) -> Actor | None:
    """The operator as the tenant's guest; None for whoever is none. In the scope of tenant and person.

    No identity provider of any tenant vouches for operators: they come by the portal itself.
    """
    if not user.is_operator or (way is not None and way.tenant_id is not None):
        return None
    grant = live().filter(tenant=tenant, user=user).first()
    if grant is None:
        return None
    return Actor(
        kind="user",
        id=user.pk,
        tenant=tenant,
        label=f"{user} · platform support",
        user=user,
        role=grant.level,
        request_id=request_id,
        guest_until=grant.ends_at,
    )


def levels(*, tenant_ids: Collection[UUID], user_ids: Collection[UUID]) -> dict[tuple[UUID, UUID], str]:
    """At which level each of these people is a guest now, by tenant and person; in a scope that sees those tenants."""
    rows = live().filter(tenant_id__in=tenant_ids, user_id__in=user_ids)
    return {
        (tenant_id, user_id): level for tenant_id, user_id, level in rows.values_list("tenant_id", "user_id", "level")
    }
