"""What SCIM asks for: people brought, changed, suspended and taken away, and the groups that the provider keeps.

It reaches people of the tenant's proven domains and those whom it brought, and the groups that it made; nobody else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from apps.tenants.errors import ProvisionRefused
from apps.tenants.events import PersonReworded, ProvisioningRefused
from apps.tenants.services import groups as own_groups
from apps.tenants.services.email_domains import is_proven
from apps.tenants.services.identity_providers import scim_purpose
from apps.tenants.services.judging import mapped, names_of_scim_groups
from apps.tenants.services.members import change_role, enrol, remove_member
from apps.tenants.services.provided_sessions import end_provided_sessions
from apps.tenants.services.single_sign_on import bring_groups
from apps.tenants.services.suspension import restore_member, suspend_member
from foundation import ledger
from foundation.access import Role
from foundation.access.actors import memberships_of
from foundation.access.models import Group, Membership
from foundation.errors import Conflict, NotFound
from foundation.identity import Actor
from foundation.identity.models import ApiToken, EmailDomain, IdentityProvider, Provisioned, User
from foundation.tenancy import require_open, scope
from foundation.tenancy.models import Tenant

LABEL = "SCIM"
MOST_MEMBERS = 10_000


@dataclass(frozen=True)
class PersonWanted:
    email: str
    name: str
    external_id: str = ""
    active: bool = True


@dataclass(frozen=True)
class Provisioner:
    """Who asks by a SCIM token: a provider of one tenant."""

    provider: IdentityProvider
    actor: Actor

    @property
    def tenant_id(self) -> UUID:
        return self.provider.tenant_id


def provisioner_of(*, row: ApiToken, request_id: str) -> Provisioner | None:
    """Whom the token was made for; None where it was not made for SCIM, or its provider is gone."""
    with scope(row.tenant_id):
        tenant = Tenant.objects.get(pk=row.tenant_id)
        require_open(tenant)
        for provider in IdentityProvider.objects.filter(tenant=tenant):
            if row.purpose == scim_purpose(provider.pk) and row.user_id is None:
                return Provisioner(provider, Actor.system(tenant, LABEL).with_request(request_id))
    return None


def note_provisioning_refused(*, by: Provisioner, reason: str, status: int) -> None:
    """On the ledger, in a transaction of its own: what was asked for is undone."""
    with scope(by.tenant_id):
        refused = ProvisioningRefused(provider_id=by.provider.pk, reason=reason, status=status)
        ledger.record(refused, actor=by.actor, subject=("identity_provider", by.provider.pk))


def people(by: Provisioner) -> QuerySet[Membership]:
    """Whom this SCIM may see, in the order in which they joined."""
    reach = Q(user_id__in=Provisioned.objects.filter(tenant_id=by.tenant_id).values("user_id"))
    for name in EmailDomain.objects.filter(tenant_id=by.tenant_id, proven_at__isnull=False).values_list(
        "name", flat=True
    ):
        reach |= Q(user__email__endswith=f"@{name}")
    rows = Membership.objects.filter(reach, tenant_id=by.tenant_id).select_related("user")
    return rows.order_by("joined_at", "pk")


def get_person(by: Provisioner, membership_id: UUID) -> Membership:
    found = people(by).filter(pk=membership_id).first()
    if found is None:
        raise NotFound(_("There is no such user here, or they are not this provider's to see."))
    return found


def provisioned(by: Provisioner) -> dict[UUID, Provisioned]:
    """What SCIM knows of people, by person."""
    return {row.user_id: row for row in Provisioned.objects.filter(tenant_id=by.tenant_id)}


@transaction.atomic
def bring_person(*, by: Provisioner, wanted: PersonWanted, now: datetime) -> Membership:
    """A member, new to the tenant; their account too where the address has none."""
    email = _checked_email(by, wanted.email)
    user = User.objects.filter(email=email).first()
    if user is not None and Membership.objects.filter(tenant_id=by.tenant_id, user=user).exists():
        raise ProvisionRefused(_("This user is in the tenant already."), reason="uniqueness", status=409)
    if user is None:
        user = User(email=email, name=wanted.name.strip()[:200] or email.partition("@")[0])
        user.set_unusable_password()
        user.save(force_insert=True)
    role = by.provider.default_role or Role.MEMBER
    place = Membership(tenant_id=by.tenant_id, user=user, role=role, vouched=True)
    place = enrol(actor=by.actor, membership=place)
    _keep(by, user, wanted.external_id, now)
    return place if wanted.active else suspend_member(actor=by.actor, membership=place, now=now)


@transaction.atomic
def change_person(*, by: Provisioner, place: Membership, wanted: PersonWanted, now: datetime) -> Membership:
    """Name, address, id over there, and whether the place is open."""
    _reword(by, place, wanted)
    _keep(by, place.user, wanted.external_id, now)
    if wanted.active and place.suspended_at is not None:
        return restore_member(actor=by.actor, membership=place)
    if not wanted.active and place.suspended_at is None:
        with _last_admin_stays():
            return suspend_member(actor=by.actor, membership=place, now=now)
    return place


@transaction.atomic
def take_person(*, by: Provisioner, place: Membership, now: datetime) -> None:
    """Out of the tenant, with everything that was given there."""
    with _last_admin_stays():
        remove_member(actor=by.actor, membership=place, now=now)
    end_provided_sessions(tenant_id=by.tenant_id, user_id=place.user_id)
    Provisioned.objects.filter(tenant_id=by.tenant_id, user_id=place.user_id).delete()


def groups(by: Provisioner) -> QuerySet[Group]:
    """The groups that the provider keeps; those kept by hand are not its to see."""
    rows = Group.objects.filter(tenant_id=by.tenant_id).exclude(external_id="")
    return rows.order_by("created_at", "pk")


def get_group(by: Provisioner, group_id: UUID) -> Group:
    found = groups(by).filter(pk=group_id).first()
    if found is None:
        raise NotFound(_("There is no such group here, or it is kept by hand."))
    return found


def members_of_group(by: Provisioner, group: Group) -> list[Membership]:
    return list(people(by).filter(user_id__in=group.places.values("user_id")))


@transaction.atomic
def bring_group(*, by: Provisioner, name: str, external_id: str, members: frozenset[UUID]) -> Group:
    """A group of the provider, with those of its people that are here."""
    try:
        group = own_groups.create_group(actor=by.actor, name=_checked_name(name), external_id=external_id or name)
    except Conflict as error:
        raise ProvisionRefused(error.sentence, reason="uniqueness", status=409) from error
    _set_members(by, group, members)
    return group


@transaction.atomic
def change_group(*, by: Provisioner, group: Group, name: str, external_id: str, members: frozenset[UUID]) -> Group:
    try:
        if name != group.name:
            group = own_groups.edit_group(
                actor=by.actor, group=group, name=_checked_name(name), description=group.description
            )
        if external_id and external_id != group.external_id:
            Group.objects.filter(pk=group.pk).update(external_id=external_id)
            group.external_id = external_id
    except (Conflict, IntegrityError) as error:
        raise ProvisionRefused(_("There is such a group already."), reason="uniqueness", status=409) from error
    _set_members(by, group, members)
    return group


@transaction.atomic
def take_group(*, by: Provisioner, group: Group) -> None:
    """Its people lose what it brought them."""
    left = [place.user_id for place in group.places.all()]
    own_groups.delete_group(actor=by.actor, group=group)
    for user_id in left:
        _apply(by, user_id)


def _set_members(by: Provisioner, group: Group, members: frozenset[UUID]) -> None:
    """Let exactly these be in the group (of people whom this SCIM sees), and each have the role that follows."""
    if len(members) > MOST_MEMBERS:
        raise ProvisionRefused(_("A group has %(most)s members at most.") % {"most": MOST_MEMBERS}, reason="size")
    found = {place.pk: place.user_id for place in people(by).filter(pk__in=members)}
    if unknown := members - found.keys():
        raise ProvisionRefused(
            _("There is no user “%(id)s” here.") % {"id": sorted(map(str, unknown))[0]}, reason="invalidValue"
        )
    wanted, present = set(found.values()), {place.user_id for place in group.places.all()}
    seen = set(people(by).filter(user_id__in=present - wanted).values_list("user_id", flat=True))
    for user_id in sorted(wanted - present):
        own_groups.add_to_group(actor=by.actor, group=group, user_id=user_id)
    for user_id in sorted(seen):
        own_groups.take_from_group(actor=by.actor, group=group, user_id=user_id)
    # A group of another name maps otherwise, so all of its people are looked at, not those alone who came or went.
    for user_id in sorted(wanted | seen):
        _apply(by, user_id)


def _apply(by: Provisioner, user_id: UUID) -> None:
    """The role and the groups that the person's groups over there bring; only of those whom SCIM brought."""
    place = Membership.objects.filter(tenant_id=by.tenant_id, user_id=user_id).first()
    if place is None or not Provisioned.objects.filter(provider=by.provider, user_id=user_id).exists():
        return
    names = names_of_scim_groups(tenant_id=by.tenant_id, user_id=user_id)
    role, brought = mapped(by.provider, names)
    if any(line["role"] for line in by.provider.mapping):
        with _last_admin_stays():
            change_role(actor=by.actor, membership=place, role=role or Role.MEMBER)
    bring_groups(actor=by.actor, provider=by.provider, user_id=user_id, wanted=brought)


def _reword(by: Provisioner, place: Membership, wanted: PersonWanted) -> None:
    user, changed = place.user, []
    if not _is_its_own(place):
        return
    email = wanted.email.strip().lower()
    if email != user.email:
        # Both mailboxes are of the tenant's own domains: only then may its provider rename one into the other.
        if not is_proven(tenant=by.actor.tenant, email=user.email):
            raise ProvisionRefused(_("The address of this user is not this provider's to change."), reason="mutability")
        user.email = _checked_email(by, email)
        changed.append("email")
    name = wanted.name.strip()[:200]
    if name and name != user.name:
        user.name = name
        changed.append("name")
    if not changed:
        return
    try:
        with transaction.atomic():
            user.save(update_fields=changed)
    except IntegrityError as error:
        raise ProvisionRefused(_("Another account has this address."), reason="uniqueness", status=409) from error
    reworded = PersonReworded(membership_id=place.pk, user_id=user.pk, changed=changed)
    ledger.record(reworded, actor=by.actor, subject=("membership", place.pk))


def _is_its_own(place: Membership) -> bool:
    """Whether the account was opened for this provider and is nobody else's: else its words are its owner's."""
    user = place.user
    return place.vouched and not user.is_operator and not user.has_usable_password() and len(memberships_of(user)) == 1


def _keep(by: Provisioner, user: User, external_id: str, now: datetime) -> None:
    try:
        with transaction.atomic():
            Provisioned.objects.update_or_create(
                tenant_id=by.tenant_id,
                user=user,
                defaults={"provider": by.provider, "external_id": external_id[:255], "changed_at": now},
            )
    except IntegrityError as error:
        raise ProvisionRefused(_("Another user has this externalId."), reason="uniqueness", status=409) from error


def _checked_email(by: Provisioner, email: str) -> str:
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError as error:
        raise ProvisionRefused(_("userName has to be an e-mail address."), reason="invalidValue") from error
    if not is_proven(tenant=by.actor.tenant, email=address):
        raise ProvisionRefused(
            _("The domain of this address is none that the tenant has proven under Settings, Single sign-on."),
            reason="domain",
            status=403,
        )
    return address


def _checked_name(name: str) -> str:
    if not name.strip() or len(name) > 120:
        raise ProvisionRefused(_("A group needs a displayName of 120 signs at most."), reason="invalidValue")
    return name.strip()


class _last_admin_stays:
    """The tenant's refusal to lose its last administrator, in words that a provider shows its own administrator."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, Conflict):
            raise ProvisionRefused(error.sentence, reason="last_admin", status=409) from error
