"""What SCIM may see of a tenant, provider by provider: its people, its groups, and how its filters find them.

A provider reaches those whom it brought, people of the tenant's proven domains whom no other provider brought, and the
groups that it made; nobody else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from foundation.access.models import Group, GroupMember, Membership
from foundation.errors import NotFound
from foundation.identity import Actor
from foundation.identity.models import EmailDomain, IdentityProvider, ProviderIdentity, Provisioned

# How an attribute of SCIM is compared with what was sent, by its name in small letters.
Comparisons = Mapping[str, Callable[[Any], Q]]
_NOBODY = Q(pk__in=())


@dataclass(frozen=True)
class Provisioner:
    """Who asks by a SCIM token: a provider of one tenant."""

    provider: IdentityProvider
    actor: Actor

    @property
    def tenant_id(self) -> UUID:
        return self.provider.tenant_id


def people(by: Provisioner) -> QuerySet[Membership]:
    """Whom this SCIM may see, in the order in which they joined."""
    domains = _NOBODY
    for name in EmailDomain.objects.filter(tenant_id=by.tenant_id, proven_at__isnull=False).values_list(
        "name", flat=True
    ):
        domains |= Q(user__email__endswith=f"@{name}")
    brought = Provisioned.objects.filter(tenant_id=by.tenant_id)
    let_in = ProviderIdentity.objects.filter(tenant_id=by.tenant_id, made_member=True)
    others = [rows.exclude(provider=by.provider).values("user_id") for rows in (brought, let_in)]
    reach = Q(user_id__in=brought.filter(provider=by.provider).values("user_id"))
    reach |= domains & ~Q(user_id__in=others[0]) & ~Q(user_id__in=others[1])
    rows = Membership.objects.filter(reach, tenant_id=by.tenant_id).select_related("user")
    return rows.order_by("joined_at", "pk")


def get_person(by: Provisioner, membership_id: UUID) -> Membership:
    found = people(by).filter(pk=membership_id).first()
    if found is None:
        raise NotFound(_("There is no such user here, or they are not this provider's to see."))
    return found


def known_of(by: Provisioner, user_ids: Collection[UUID]) -> dict[UUID, Provisioned]:
    """What this SCIM has said of these people, by person."""
    rows = Provisioned.objects.filter(provider=by.provider, user_id__in=user_ids)
    return {row.user_id: row for row in rows}


def groups(by: Provisioner) -> QuerySet[Group]:
    """The groups that the provider keeps; those kept by hand or by another are not its to see."""
    return Group.objects.filter(tenant_id=by.tenant_id, provider=by.provider).order_by("created_at", "pk")


def get_group(by: Provisioner, group_id: UUID) -> Group:
    found = groups(by).filter(pk=group_id).first()
    if found is None:
        raise NotFound(_("There is no such group here, or it is kept by hand."))
    return found


def groups_of_person(by: Provisioner, place: Membership) -> list[Group]:
    return list(groups(by).filter(places__user_id=place.user_id))


def members_of_groups(by: Provisioner, group_ids: Collection[UUID]) -> dict[UUID, list[Membership]]:
    """Those in each of the groups whom this SCIM may see, in two queries."""
    inside = defaultdict(set)
    for group_id, user_id in GroupMember.objects.filter(group_id__in=group_ids).values_list("group_id", "user_id"):
        inside[user_id].add(group_id)
    found: dict[UUID, list[Membership]] = {pk: [] for pk in group_ids}
    for place in people(by).filter(user_id__in=GroupMember.objects.filter(group_id__in=group_ids).values("user_id")):
        for group_id in inside[place.user_id]:
            found[group_id].append(place)
    return found


def names_of_scim_groups(*, provider: IdentityProvider, user_ids: Collection[UUID]) -> dict[UUID, list[str]]:
    """The groups that this provider keeps by SCIM and that these people are in, as the provider calls them."""
    rows = GroupMember.objects.filter(
        tenant_id=provider.tenant_id, user_id__in=user_ids, group__provider=provider
    ).order_by("group__name")
    found: dict[UUID, list[str]] = {pk: [] for pk in user_ids}
    for user_id, name in rows.values_list("user_id", "group__name"):
        found[user_id].append(name)
    return found


def comparisons_of_people(by: Provisioner) -> Comparisons:
    """Addresses are kept in small letters; an externalId is compared letter by letter (RFC 7643, 3.1)."""

    def external(value: str) -> Q:
        known = Provisioned.objects.filter(provider=by.provider, external_id=value).exclude(external_id="")
        return Q(user_id__in=known.values("user_id"))

    return {
        "id": _by_id("pk"),
        "username": lambda value: Q(user__email=value.lower()),
        "emails": lambda value: Q(user__email=value.lower()),
        "emails.value": lambda value: Q(user__email=value.lower()),
        "externalid": external,
        "displayname": lambda value: Q(user__name__iexact=value),
        "active": lambda value: Q(suspended_at__isnull=value),
    }


def comparisons_of_groups(by: Provisioner) -> Comparisons:
    def member(value: str) -> Q:
        here = people(by).filter(_by_id("pk")(value)).values("user_id")
        return Q(pk__in=GroupMember.objects.filter(user_id__in=here).values("group_id"))

    return {
        "id": _by_id("pk"),
        "displayname": lambda value: Q(name__iexact=value),
        "externalid": lambda value: Q(external_id=value) & ~Q(external_id=""),
        "members": member,
        "members.value": member,
    }


def _by_id(field: str) -> Callable[[str], Q]:
    def compare(value: str) -> Q:
        try:
            return Q(**{field: UUID(value)})
        except ValueError:
            return _NOBODY

    return compare
