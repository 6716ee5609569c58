"""People whom SCIM brings, changes, suspends and takes away."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.tenants.errors import LastAdministrator, ProvisionRefused
from apps.tenants.events import PersonReworded
from apps.tenants.selectors.provisioning import Provisioner
from apps.tenants.services.members import enrol, remove_member
from apps.tenants.services.single_sign_on.email_domains import is_proven
from apps.tenants.services.single_sign_on.provided_sessions import end_provided_sessions
from apps.tenants.services.suspension import restore_member, suspend_member
from foundation import ledger
from foundation.access import Role
from foundation.access.actors import memberships_of
from foundation.access.models import Membership
from foundation.identity.models import Provisioned, User
from foundation.identity.names import visible


@dataclass(frozen=True)
class PersonWanted:
    email: str
    name: str
    external_id: str = ""
    active: bool = True


@transaction.atomic
def bring_person(*, by: Provisioner, wanted: PersonWanted, now: datetime) -> Membership:
    """A member, new to the tenant; their account too where the address has none."""
    email = _checked_email(by, wanted.email)
    user = User.objects.filter(email=email).first()
    if user is not None and Membership.objects.filter(tenant_id=by.tenant_id, user=user).exists():
        raise ProvisionRefused(_("This user is in the tenant already."), reason="uniqueness", status=409)
    if user is None:
        user = User(email=email, name=visible(wanted.name)[:200] or email.partition("@")[0])
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
    name = visible(wanted.name)[:200]
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
    """Remember who brought them; whom another provider of the tenant brought stays that one's."""
    theirs = Provisioned.objects.exclude(provider=by.provider).filter(tenant_id=by.tenant_id, user=user)
    if theirs.exists():
        sentence = _("Another identity provider of this tenant brought this user, and it alone changes them.")
        raise ProvisionRefused(sentence, reason="uniqueness", status=409)
    try:
        with transaction.atomic():
            Provisioned.objects.update_or_create(
                provider=by.provider,
                user=user,
                defaults={"tenant_id": by.tenant_id, "external_id": external_id[:255], "changed_at": now},
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


@contextmanager
def _last_admin_stays() -> Iterator[None]:
    """The tenant's refusal to lose its last administrator, in words that a provider shows its own administrator."""
    try:
        yield
    except LastAdministrator as refusal:
        raise ProvisionRefused(refusal.sentence, reason="last_admin", status=409) from refusal
