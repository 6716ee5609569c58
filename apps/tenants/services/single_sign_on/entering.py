"""Coming in by a tenant's identity provider: a place is made, kept up to date, or taken away with each sign-in."""

from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.tenants.errors import LastAdministrator, MemberGone, ProviderRefused
from apps.tenants.events import (
    IdentityProviderTested,
    LastAdministratorKept,
    SignedInByProvider,
    SignInByProviderRefused,
)
from apps.tenants.ports import Said
from apps.tenants.services.groups import add_to_group, take_from_group
from apps.tenants.services.judging import Check, Judgement, judge
from apps.tenants.services.locking import lock_administrators, lock_groups
from apps.tenants.services.members import change_role, enrol, remove_member
from apps.tenants.services.single_sign_on.email_domains import NOBODY, tenant_of_address
from apps.tenants.services.single_sign_on.identity_providers import settings_of
from apps.tenants.services.single_sign_on.provided_sessions import end_provided_sessions
from foundation import clock, ledger
from foundation.access.models import GroupMember, Membership
from foundation.errors import NotFound
from foundation.identity import Actor
from foundation.identity.models import IdentityProvider, ProviderIdentity, UsedAssertion, User
from foundation.identity.names import visible
from foundation.tenancy import find_tenant, in_each, require_open, scope, why_closed
from foundation.tenancy.models import Tenant

LABEL = "identity provider"


def find_provider(
    *, tenant_slug: str, provider_id: UUID, kind: str = "", testing: bool = False, draft: bool = False
) -> tuple[IdentityProvider, Tenant]:
    """The provider (of this kind) with its tenant, for whoever is not signed in yet; a disabled one only for a test.

    One of which nothing is known yet is found only where `draft` says that its addresses are asked for.

    The refusal is one and the same, whether the tenant is unknown, suspended or without such a provider.
    """
    found = seek_provider(tenant_slug=tenant_slug, provider_id=provider_id, testing=testing)
    if found is not None and found[0].is_draft and not draft:
        found = None
    if found is None or (kind and found[0].kind != kind):
        raise NotFound(_("There is no such identity provider, or it is disabled."))
    return found


def seek_provider(
    *, tenant_slug: str, provider_id: UUID, testing: bool = False
) -> tuple[IdentityProvider, Tenant] | None:
    tenant = _open_tenant(tenant_slug)
    with scope(tenant.pk if tenant else NOBODY):
        rows = IdentityProvider.objects.filter(tenant_id=tenant.pk if tenant else NOBODY, pk=provider_id)
        provider = (rows if testing else rows.filter(enabled_at__isnull=False)).first()
    return None if tenant is None or provider is None else (provider, tenant)


def providers_at(tenant_slug: str) -> list[IdentityProvider]:
    """Those by which people may come in at the tenant's door; none, for as much work, where it is unknown or closed."""
    return _providers_of(_open_tenant(tenant_slug))


def providers_for(email: str) -> list[IdentityProvider]:
    """Those that the domain of an address leads to."""
    tenant = tenant_of_address(email)
    return _providers_of(None if tenant is None or why_closed(tenant) else tenant)


def _providers_of(tenant: Tenant | None) -> list[IdentityProvider]:
    with scope(tenant.pk if tenant else NOBODY):
        rows = IdentityProvider.objects.filter(tenant_id=tenant.pk if tenant else NOBODY, enabled_at__isnull=False)
        return list(rows.select_related("tenant"))


def _open_tenant(slug: str) -> Tenant | None:
    try:
        tenant = find_tenant(slug)
    except NotFound:
        return None
    return None if why_closed(tenant) else tenant


def enter(*, provider: IdentityProvider, tenant: Tenant, said: Said, now: datetime, request_id: str = "") -> User:
    """The person, with the place and the groups that the provider's word brings; ProviderRefused otherwise.

    A refusal is recorded, and takes away what rested on groups that are gone.
    """
    require_open(tenant)
    with scope(tenant.pk):
        use_once(provider, said)
        judgement = judge(provider=provider, settings=settings_of(provider), said=said)
        actor = Actor.system(tenant, LABEL).with_request(request_id)
        fault = judgement.fault
        if fault is None:
            return _admit(actor, provider, judgement, said, now)
        if fault.reason == "groups":
            _take_away(actor, judgement, now)
    raise _refusal(fault)


def note_refusal(*, provider: IdentityProvider, tenant: Tenant, reason: str, request_id: str = "") -> None:
    """Put on the ledger that somebody was not let in; in a transaction of its own, since the request's is undone."""
    with scope(tenant.pk):
        refused = SignInByProviderRefused(provider_id=provider.pk, reason=reason)
        actor = Actor.system(tenant, LABEL).with_request(request_id)
        ledger.record(refused, actor=actor, subject=("identity_provider", provider.pk))


def look_at(*, actor: Actor, provider: IdentityProvider, said: Said, now: datetime) -> list[Check]:
    """A test of the connection: what came and what is wrong with it. Nobody comes in and no place changes."""
    with scope(actor.tenant_id):
        checks = judge(provider=provider, settings=settings_of(provider), said=said).checks
        fault = next((check.reason for check in checks if check.fault), "")
        note_test(actor=actor, provider=provider, fault=fault, now=now)
        return checks


def note_test(*, actor: Actor, provider: IdentityProvider, fault: str, now: datetime) -> None:
    """Remember when a test was last walked to its end without a fault."""
    with scope(actor.tenant_id):
        if not fault:
            IdentityProvider.objects.filter(pk=provider.pk).update(tested_at=now)
        tested = IdentityProviderTested(provider_id=provider.pk, fault=fault)
        ledger.record(tested, actor=actor, subject=("identity_provider", provider.pk))


def forget_used_assertions(*, now: datetime) -> int:
    """Drop those that have ended by themselves; how many there were."""
    return in_each(lambda tenant: UsedAssertion.objects.filter(tenant=tenant, expires_at__lt=now).delete()[0])


def bring_groups(*, actor: Actor, provider: IdentityProvider, user_id: UUID, wanted: frozenset[UUID]) -> None:
    """Let the person be in those of the mapping's groups that their own groups bring, and in no other of them."""
    governed = groups_of_mapping(provider)
    present = GroupMember.objects.filter(group_id__in=governed, user_id=user_id).values_list("group_id", flat=True)
    for group in lock_groups(actor.tenant_id, (wanted & governed) ^ set(present)):
        if group.pk in wanted:
            add_to_group(actor=actor, group=group, user_id=user_id)
        else:
            take_from_group(actor=actor, group=group, user_id=user_id)


def groups_of_mapping(provider: IdentityProvider) -> set[UUID]:
    return {UUID(line["group"]) for line in provider.mapping if line["group"]}


def disabled_provider() -> ProviderRefused:
    return ProviderRefused(_("This identity provider is disabled; an administrator can enable it."), reason="disabled")


def use_once(provider: IdentityProvider, said: Said) -> None:
    """ProviderRefused where this assertion was used already."""
    if said.assertion_id and not is_first_use(provider, said.assertion_id, said.expires_at or clock.now()):
        raise ProviderRefused(_("This SAML response was used already; sign in once more."), reason="replayed")


def is_first_use(provider: IdentityProvider, name: str, expires_at: datetime) -> bool:
    """Whether what the provider calls so was not used yet; from now on, and until it ends by itself, it was."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    words = {"tenant_id": provider.tenant_id, "provider": provider, "digest": digest, "expires_at": expires_at}
    try:
        with transaction.atomic():
            UsedAssertion.objects.create(**words)
    except IntegrityError:
        return False
    return True


def _admit(actor: Actor, provider: IdentityProvider, judgement: Judgement, said: Said, now: datetime) -> User:
    user = judgement.user or _new_person(said)
    place, made = judgement.membership, False
    if place is None:
        # Whoever had this address before has left: it may be somebody else's now, under a subject of its own.
        ProviderIdentity.objects.filter(provider=provider, user=user).exclude(subject=said.subject).delete()
        place = Membership(tenant_id=provider.tenant_id, user=user, role=judgement.role, vouched=True)
        place, made = enrol(actor=actor, membership=place), True
    identity = judgement.identity or ProviderIdentity(
        tenant_id=provider.tenant_id, provider=provider, user=user, subject=said.subject, first_seen_at=now
    )
    identity.made_member = identity.made_member or made
    identity.last_seen_at = now
    identity.save()
    if identity.made_member and judgement.role and place.role != judgement.role:
        place = _give_role(actor, provider, place, judgement.role)
    bring_groups(actor=actor, provider=provider, user_id=user.pk, wanted=judgement.groups)
    came = SignedInByProvider(provider_id=provider.pk, user_id=user.pk, role=place.role)
    person = Actor("user", user.pk, actor.tenant, str(user), user=user, role=place.role, request_id=actor.request_id)
    ledger.record(came, actor=person, subject=("membership", place.pk))
    return user


def _give_role(actor: Actor, provider: IdentityProvider, place: Membership, role: str) -> Membership:
    """The last administrator stays one, whatever the groups say: else nobody could mend the mapping."""
    lock_administrators(actor.tenant_id)
    lock_groups(actor.tenant_id, groups_of_mapping(provider))
    try:
        return change_role(actor=actor, membership=place, role=role)
    except LastAdministrator:
        _note_kept(actor, provider, place)
        return place


def _note_kept(actor: Actor, provider: IdentityProvider, place: Membership) -> None:
    kept = LastAdministratorKept(provider_id=provider.pk, membership_id=place.pk, user_id=place.user_id)
    ledger.record(kept, actor=actor, subject=("membership", place.pk))


def _new_person(said: Said) -> User:
    """Nobody has an account of this address, and its domain is the tenant's own."""
    user = User(email=said.email, name=visible(said.name)[:200] or said.email.partition("@")[0])
    user.set_unusable_password()
    user.save(force_insert=True)
    return user


def _take_away(actor: Actor, judgement: Judgement, now: datetime) -> None:
    """The groups that brought the place are gone, and so is the place; the last administrator alone keeps theirs."""
    place, identity = judgement.membership, judgement.identity
    if place is None or identity is None or not identity.made_member:
        return
    end_provided_sessions(tenant_id=actor.tenant_id, user_id=place.user_id)
    try:
        remove_member(actor=actor, membership=place, now=now)
    except LastAdministrator:
        _note_kept(actor, identity.provider, place)
    except MemberGone:
        return  # somebody else removed them at the same moment, and that stands on the ledger


def _refusal(fault: Check) -> ProviderRefused:
    sentence = _("Your identity provider's answer does not open this organisation. Claim “%(claim)s”: %(fault)s") % {
        "claim": fault.claim,
        "fault": fault.fault,
    }
    return ProviderRefused(sentence, reason=fault.reason, claim=fault.claim)
