"""Groups: people who are given roles in projects together. Whoever joins or leaves gains or loses them at once."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.tenants import policies
from apps.tenants.events import GroupChanged, GroupCreated, GroupDeleted, GroupJoined, GroupLeft
from apps.tenants.models import BinnedThing
from apps.tenants.services.binning import keep_group
from apps.tenants.services.locking import lock_groups, lock_tokens_of, locked_group
from apps.tenants.services.project_roles import take_back_roles
from apps.tenants.services.tokens import revoke_tokens_beyond
from foundation import access, clock, ledger, live
from foundation.access.models import Group, GroupMember, Membership
from foundation.errors import Conflict, Invalid, NotFound
from foundation.identity import Actor
from foundation.identity.models import IdentityProvider, User


@transaction.atomic
def create_group(
    *,
    actor: Actor,
    name: str,
    description: str = "",
    provider: IdentityProvider | None = None,
    external_id: str = "",
) -> Group:
    """A group without people and without roles; of a provider that keeps it, and calls it `external_id`."""
    policies.check_can_manage_members(actor)
    access.require_fresh(actor)
    group = Group(tenant=actor.tenant, description=description.strip(), provider=provider, external_id=external_id)
    _name(group, name)
    _save(group)
    ledger.record(GroupCreated(group_id=group.pk), actor=actor, subject=("group", group.pk))
    return group


@transaction.atomic
def edit_group(*, actor: Actor, group: Group, name: str, description: str) -> Group:
    policies.check_can_manage_members(actor)
    access.require_fresh(actor)
    group = locked_group(group)
    before = {"name": group.name, "description": group.description}
    _name(group, name)
    group.description = description.strip()
    changed = [field for field, value in before.items() if getattr(group, field) != value]
    if changed:
        _save(group)
        ledger.record(GroupChanged(group_id=group.pk, changed=changed), actor=actor, subject=("group", group.pk))
    return group


@transaction.atomic
def delete_group(*, actor: Actor, group: Group, by_scim: bool = False) -> BinnedThing:
    """With the group go the roles that its people held through it, and what of their tokens rested on those.

    What it was lies in the bin; see `keep_group` for `by_scim`.
    """
    policies.check_can_manage_members(actor)
    access.require_fresh(actor)
    group = locked_group(group)
    places = list(group.places.select_related("user"))
    binned = keep_group(actor=actor, group=group, by_scim=by_scim)
    take_back_roles(actor=actor, group=group)
    for place in places:
        _leave(actor, place)
    ledger.record(GroupDeleted(group_id=group.pk), actor=actor, subject=("group", group.pk))
    group.delete()
    lock_tokens_of(actor.tenant_id, [place.user_id for place in places])
    for place in places:
        _tell(actor, place.user)
    return binned


@transaction.atomic
def add_to_group(*, actor: Actor, group: Group, user_id: UUID) -> bool:
    """Whether the person is new in the group; only members of the tenant join."""
    policies.check_can_manage_members(actor)
    access.require_fresh(actor)
    group = locked_group(group)
    if not Membership.objects.filter(tenant_id=actor.tenant_id, user_id=user_id).exists():
        raise NotFound(_("This person is not a member of the tenant. Invite them first."))
    _place, made = GroupMember.objects.get_or_create(tenant_id=actor.tenant_id, group=group, user_id=user_id)
    if made:
        joined = GroupJoined(group_id=group.pk, user_id=user_id)
        ledger.record(joined, actor=actor, subject=("group", group.pk))
        live.disconnect(user_id=user_id, sentence=_("Your permissions changed; reload the page."))
    return made


@transaction.atomic
def take_from_group(*, actor: Actor, group: Group, user_id: UUID) -> bool:
    """Whether the person was in the group; what they held through it alone they hold no longer."""
    policies.check_can_manage_members(actor)
    access.require_fresh(actor)
    group = locked_group(group)
    place = group.places.select_related("user").filter(user_id=user_id).first()
    if place is None:
        return False
    _leave(actor, place)
    _tell(actor, place.user)
    return True


@transaction.atomic
def rename_external(*, actor: Actor, group: Group, external_id: str) -> Group:
    """What the provider that keeps the group calls it from now on."""
    group = locked_group(group)
    if external_id == group.external_id:
        return group
    group.external_id = external_id
    try:
        with transaction.atomic():
            group.save(update_fields=["external_id"])
    except IntegrityError as error:
        raise Conflict(_("The provider has given this id to another of its groups.")) from error
    changed = GroupChanged(group_id=group.pk, changed=["external_id"])
    ledger.record(changed, actor=actor, subject=("group", group.pk))
    return group


def release_groups(*, actor: Actor, provider: IdentityProvider) -> list[tuple[UUID, str]]:
    """Groups that the provider kept stay with their people, kept by hand: no other provider takes them up.

    Answers which they are, and what the provider called each.
    """
    released = []
    for group in Group.objects.select_for_update().filter(provider=provider).order_by("pk"):
        released.append((group.pk, group.external_id))
        _keep_by(actor, group, None, "")
    return released


def keep_by_provider(*, actor: Actor, provider: IdentityProvider, external_ids: Mapping[UUID, str]) -> None:
    """Let a restored provider keep again what it kept: of these groups those that nobody else keeps meanwhile."""
    for group in lock_groups(actor.tenant_id, list(external_ids)):
        if group.provider_id is None:
            _keep_by(actor, group, provider, external_ids[group.pk])


def leave_all_groups(*, actor: Actor, user_id: UUID) -> None:
    """Whoever leaves the tenant leaves its groups; the caller has checked who may say so."""
    places = GroupMember.objects.filter(tenant_id=actor.tenant_id, user_id=user_id)
    lock_groups(actor.tenant_id, places.values("group_id"))
    for place in places:
        _leave(actor, place)


def _keep_by(actor: Actor, group: Group, provider: IdentityProvider | None, external_id: str) -> None:
    group.provider, group.external_id = provider, external_id
    group.save(update_fields=["provider", "external_id"])
    changed = GroupChanged(group_id=group.pk, changed=["external_id"])
    ledger.record(changed, actor=actor, subject=("group", group.pk))


def _leave(actor: Actor, place: GroupMember) -> None:
    left = GroupLeft(group_id=place.group_id, user_id=place.user_id)
    ledger.record(left, actor=actor, subject=("group", place.group_id))
    place.delete()


def _tell(actor: Actor, person: User) -> None:
    revoke_tokens_beyond(actor=actor, user=person, now=clock.now())
    live.disconnect(user_id=person.pk, sentence=_("Your permissions changed; reload the page."))


def _name(group: Group, name: str) -> None:
    group.name = name.strip()
    if not group.name:
        raise Invalid(_("A group needs a name."), fields={"name": [_("Say who is in it, like “Fraud team”.")]})


def _save(group: Group) -> None:
    try:
        with transaction.atomic():
            group.save()
    except IntegrityError as error:
        sentence = _("There is a group “%(name)s” already.") % {"name": group.name}
        raise Conflict(sentence, details={"field": "name"}) from error
