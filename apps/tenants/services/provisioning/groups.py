"""Groups that an identity provider keeps by SCIM, and the roles and groups of ours that they bring their people."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.tenants.errors import LastAdministrator, ProvisionRefused
from apps.tenants.selectors.provisioning import Provisioner, get_group, names_of_scim_groups, people
from apps.tenants.services import groups as own_groups
from apps.tenants.services.judging import mapped
from apps.tenants.services.locking import lock_administrators, lock_groups, lock_tokens_of
from apps.tenants.services.members import change_role
from apps.tenants.services.provisioning.asking import note_provisioning_refused
from apps.tenants.services.single_sign_on.entering import bring_groups, groups_of_mapping
from foundation.access import Role
from foundation.access.models import Group, Membership
from foundation.errors import Conflict, NotFound
from foundation.identity.models import Provisioned

MOST_MEMBERS = 10_000


def hold_group(*, by: Provisioner, group_id: UUID) -> Group:
    """The group as it stands, locked with all that changing it touches.

    Whoever changes a part of it reads it after this: two providers' requests of the same moment would else each make
    the group what it was before the other, with the change that they ask for.
    """
    get_group(by, group_id)
    found = _lock(by, {group_id})
    if group_id not in found:
        raise NotFound(_("There is no such group here, or it is kept by hand."))
    return found[group_id]


@transaction.atomic
def bring_group(*, by: Provisioner, name: str, external_id: str, members: frozenset[UUID]) -> Group:
    """A group of the provider, with those of its people that are here."""
    _lock(by, set())
    try:
        group = own_groups.create_group(
            actor=by.actor, name=_checked_name(name), provider=by.provider, external_id=external_id or name
        )
    except Conflict as error:
        raise ProvisionRefused(error.sentence, reason="uniqueness", status=409) from error
    _set_members(by, group, members)
    return group


@transaction.atomic
def change_group(*, by: Provisioner, group: Group, name: str, external_id: str, members: frozenset[UUID]) -> Group:
    """Name, id over there and people of a group that `hold_group` gave."""
    renamed = name != group.name
    try:
        if renamed:
            group = own_groups.edit_group(
                actor=by.actor, group=group, name=_checked_name(name), description=group.description
            )
        if external_id:
            group = own_groups.rename_external(actor=by.actor, group=group, external_id=external_id)
    except Conflict as error:
        raise ProvisionRefused(_("There is such a group already."), reason="uniqueness", status=409) from error
    _set_members(by, group, members, renamed=renamed)
    return group


@transaction.atomic
def take_group(*, by: Provisioner, group: Group) -> None:
    """Its people lose what it brought them."""
    left = set(group.places.values_list("user_id", flat=True))
    own_groups.delete_group(actor=by.actor, group=group, by_scim=True)
    _apply(by, left)


@transaction.atomic
def give_again(*, by: Provisioner, user_ids: Collection[UUID]) -> None:
    """What `take_group` took of these people, once somebody has restored the group; the caller holds all locks."""
    _apply(by, user_ids)


def _lock(by: Provisioner, ids: set[UUID]) -> dict[UUID, Group]:
    """In the one order of the house: administrators, then these groups and those that the mapping brings."""
    lock_administrators(by.tenant_id)
    return {group.pk: group for group in lock_groups(by.tenant_id, ids | groups_of_mapping(by.provider))}


def _set_members(by: Provisioner, group: Group, members: frozenset[UUID], *, renamed: bool = False) -> None:
    """Let exactly these be in the group (of people whom this SCIM sees), and each have the role that follows."""
    if len(members) > MOST_MEMBERS:
        raise ProvisionRefused(_("A group has %(most)s members at most.") % {"most": MOST_MEMBERS}, reason="size")
    found = {place.pk: place.user_id for place in people(by).filter(pk__in=members)}
    if unknown := members - found.keys():
        raise ProvisionRefused(
            _("There is no user “%(id)s” here.") % {"id": sorted(map(str, unknown))[0]}, reason="invalidValue"
        )
    wanted, present = set(found.values()), set(group.places.values_list("user_id", flat=True))
    come = wanted - present
    gone = set(people(by).filter(user_id__in=present - wanted).values_list("user_id", flat=True))
    # A group of another name maps otherwise, so then all of its people are looked at.
    touched = come | gone | (wanted if renamed else set())
    lock_tokens_of(by.tenant_id, touched)
    for user_id in sorted(come):
        own_groups.add_to_group(actor=by.actor, group=group, user_id=user_id)
    for user_id in sorted(gone):
        own_groups.take_from_group(actor=by.actor, group=group, user_id=user_id)
    _apply(by, touched)


def _apply(by: Provisioner, user_ids: Collection[UUID]) -> None:
    """The role and the groups that people's groups over there bring; only of those whom this SCIM brought."""
    brought = Provisioned.objects.filter(provider=by.provider, user_id__in=user_ids).values("user_id")
    places = Membership.objects.filter(tenant_id=by.tenant_id, user_id__in=brought).select_related("user")
    names = names_of_scim_groups(provider=by.provider, user_ids=user_ids)
    gives_roles = any(line["role"] for line in by.provider.mapping)
    for place in places.order_by("pk"):
        role, wanted = mapped(by.provider, names[place.user_id])
        if gives_roles and place.role != (role or Role.MEMBER):
            _give_role(by, place, role or Role.MEMBER)
        bring_groups(actor=by.actor, provider=by.provider, user_id=place.user_id, wanted=wanted)


def _give_role(by: Provisioner, place: Membership, role: str) -> None:
    """The last administrator stays one, whatever the groups say, and all others of the group have what they bring."""
    try:
        change_role(actor=by.actor, membership=place, role=role)
    except LastAdministrator:
        note_provisioning_refused(by=by, reason="last_admin", status=LastAdministrator.status)


def _checked_name(name: str) -> str:
    if not name.strip() or len(name) > 120:
        raise ProvisionRefused(_("A group needs a displayName of 120 signs at most."), reason="invalidValue")
    return name.strip()
