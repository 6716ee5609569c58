"""A person's place in a tenant, with all that they hold there: asked at every request, in one statement.

Django built the statement anew each time, out of eight parts, which took three times as long as PostgreSQL needed for
the answer. So its SQL is made once in a process, with two ids that nobody has in the places of person and tenant.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any
from uuid import UUID, uuid4

from django.db.models import Exists, OuterRef

from foundation.access import archives, grants
from foundation.access.models import Membership
from foundation.identity.models import IdentityProvider, User
from foundation.tenancy.models import Tenant

_PERSON, _TENANT = uuid4(), uuid4()


def place_of(*, user: User, tenant: Tenant) -> Membership | None:
    """Their membership where it opens something, in the scope of both; None for anybody else.

    It carries `granted` and `roles` (grants.by_project), `archived_ids` and `going_ids` (archives.brought_by), and
    `provider_only`: whether the tenant lets people in by its identity provider alone.
    """
    statement, values = _statement()
    found = next(iter(Membership.objects.raw(statement, [_filled(one, user.pk, tenant.pk) for one in values])), None)
    if found is not None:
        # What stands beside the model's own columns comes as PostgreSQL writes it.
        for name in ("granted", "roles"):
            setattr(found, name, [json.loads(pair) for pair in getattr(found, name)])
    return found


@cache
def _statement() -> tuple[str, tuple[Any, ...]]:
    provider_only = Exists(
        IdentityProvider.objects.filter(tenant=OuterRef("tenant"), only_way_in=True, enabled_at__isnull=False)
    )
    places = Membership.objects.filter(user=_PERSON, tenant=_TENANT, suspended_at=None).order_by()
    held = places.annotate(**grants.of_person(), **archives.of_tenant(), provider_only=provider_only)
    return held.query.sql_with_params()


def _filled(value: Any, person: UUID, tenant: UUID) -> Any:
    return person if value == _PERSON else tenant if value == _TENANT else value
