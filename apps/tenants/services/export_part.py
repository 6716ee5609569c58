"""What the tenants' own room gives to an archive: people, roles, settings and usage, without secrets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Model, QuerySet

from apps.tenants.models import BinnedThing, Budget, Price, Quota, UsageHour, Webhook
from apps.tenants.services.exporting import File, as_json, as_lines, fields_of, in_scope_of
from foundation.access.models import Group, GroupMember, Membership, ProjectRole, SupportGrant
from foundation.identity import Actor
from foundation.identity.models import EmailDomain, IdentityProvider, ServiceAccount
from foundation.tenancy.models import Tenant

# By file: whose rows, and the columns that are secrets, or would help to use one.
_TABLES: dict[str, tuple[type[Model], tuple[str, ...]]] = {
    "groups": (Group, ()),
    "group_members": (GroupMember, ()),
    "project_roles": (ProjectRole, ()),
    "service_accounts": (ServiceAccount, ()),
    "email_domains": (EmailDomain, ("challenge",)),
    "identity_providers": (IdentityProvider, ("sealed",)),
    "webhooks": (Webhook, ()),
    "bin": (BinnedThing, ("kept",)),
    "quotas": (Quota, ()),
    "budgets": (Budget, ()),
    "prices": (Price, ()),
    "support": (SupportGrant, ()),
}


def tenant_part(actor: Actor) -> Iterator[File]:
    """tenant/*.json; what is sealed (secrets of webhooks and providers) is bytes, and no bytes leave."""
    with in_scope_of(actor):
        yield "tenant/tenant.json", as_json(fields_of(Tenant.objects.get(pk=actor.tenant_id)))
        yield "tenant/members.json", as_json([_member(row) for row in _of(Membership, actor).select_related("user")])
        for name, (model, secret) in _TABLES.items():
            yield f"tenant/{name}.json", as_json([fields_of(row, leave_out=secret) for row in _of(model, actor)])
        usage = _of(UsageHour, actor).order_by("hour", "pk").iterator(chunk_size=2000)
        yield "tenant/usage.jsonl", as_lines(_each(usage))


def _of(model: type[Model], actor: Actor) -> QuerySet[Any]:
    return model._default_manager.filter(tenant_id=actor.tenant_id).order_by("pk")


def _each(rows: Iterable[Model]) -> Iterator[dict[str, Any]]:
    for row in rows:
        yield fields_of(row)


def _member(row: Membership) -> dict[str, Any]:
    person = {"user": row.user_id, "name": row.user.name, "email": row.user.email}
    return {**person, "role": row.role, "since": row.joined_at}
