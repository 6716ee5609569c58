"""People, groups and programs by part of their name, for the palette."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.tenants.selectors.groups import groups
from apps.tenants.selectors.people import members, service_accounts
from foundation import access, ledger
from foundation.access import Permission
from foundation.access.models import Group, Membership
from foundation.identity import Actor
from foundation.identity.models import ServiceAccount, User

_EACH = 5


@dataclass(frozen=True)
class FoundPerson:
    """One who was found; `page` is the route that shows them, without an id where it is a list."""

    kind: str
    name: str
    note: str
    page: str
    id: UUID | None


def found_people(*, actor: Actor, words: str) -> list[FoundPerson]:
    """At most five of each kind of the actor's tenant; nothing for whoever may not see its people."""
    words = words.strip()[:100]
    if not words or not access.can(actor, Permission.TENANT_VIEW, actor.tenant):
        return []
    looks_after = access.can(actor, Permission.MEMBER_MANAGE, actor.tenant)
    rows = members(actor=actor).filter(Q(user__name__icontains=words) | Q(user__email__icontains=words))[:_EACH]
    page = "member_edit" if looks_after else "member_list"
    found = [FoundPerson("person", str(r.user), r.user.email, page, r.pk if looks_after else None) for r in rows]
    if not looks_after:
        return found
    for kind, things in (("group", groups(actor=actor)), ("service_account", service_accounts(actor=actor))):
        named = things.filter(name__icontains=words)[:_EACH]
        found += [FoundPerson(kind, row.name, "", f"{kind}_detail", row.pk) for row in named]
    return found


def people_called(*, actor: Actor, word: str) -> list[QuerySet[Any]]:
    """People and programs whom the ledger's pages name so, as parts of a query: those who left by their name alone.

    None for whoever may not see the tenant, like a token made to read the ledger and nothing else.
    """
    if not access.can(actor, Permission.TENANT_VIEW):
        return []
    places = Membership.objects.filter(tenant_id=actor.tenant_id)
    within = Q(pk__in=places.values("user_id"))
    named = Q(name__icontains=word) & (within | Q(ledger.acted_here(tenant_id=actor.tenant_id)))
    sees_members = access.can(actor, Permission.TENANT_VIEW, actor.tenant)
    meant = named | Q(email__icontains=word) & within if sees_members else named
    programs = ServiceAccount.objects.filter(tenant_id=actor.tenant_id, name__icontains=word)
    return [User.objects.filter(meant), programs]


def groups_called(*, actor: Actor, word: str) -> list[QuerySet[Any]]:
    """The groups called so, for whoever reads the whole record: others are not told which there are."""
    if not access.can(actor, Permission.LEDGER_VIEW, actor.tenant):
        return []
    return [Group.objects.filter(tenant_id=actor.tenant_id, name__icontains=word)]
