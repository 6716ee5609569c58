"""A tenant with the one link of its first administrator: what an operator makes for somebody else."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from apps.tenants.services.invitations import invite
from apps.tenants.services.tenants import create_tenant, operator_of
from foundation import access, tenancy
from foundation.access import Role
from foundation.identity.actors import EVERYTHING
from foundation.identity.models import User
from foundation.tenancy.models import Tenant


def invite_by_operator(*, tenant: Tenant, email: str, now: datetime) -> str:
    """The secret of a link that makes an administrator, where none of the tenant's own comes in any more.

    It is an act of whoever runs the portal, and stands as such on the tenant's ledger.
    """
    with tenancy.scope(tenant.pk):
        _row, secret = invite(actor=operator_of(tenant, None), email=email, role=Role.ADMIN, now=now)
    return secret


@transaction.atomic
def open_tenant(
    *,
    operator: User | None,
    slug: str,
    name: str,
    name_ar: str,
    plan: str,
    zones: Collection[str] | None,
    email: str,
    now: datetime,
) -> tuple[Tenant, str]:
    """The tenant and the secret of the link; without an operator it is an act of whoever started the portal."""
    if operator is not None:
        access.require_operator(operator)
    tenant = create_tenant(slug=slug, name=name, name_ar=name_ar, plan=plan, zones=zones, operator=operator)
    with tenancy.scope(tenant.pk):
        # This once the operator acts with an administrator's right: there is nobody yet who could invite anybody.
        actor = operator_of(tenant, operator)
        actor = actor if operator is None else replace(actor, role=Role.ADMIN, scopes=EVERYTHING)
        _row, secret = invite(actor=actor, email=email, role=Role.ADMIN, now=now)
    return tenant, secret
