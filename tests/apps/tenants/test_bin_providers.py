"""An identity provider, and the groups that one keeps: out of the bin as they were, and letting nobody in by that."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from apps.projects.services import create_project
from apps.tenants import services
from apps.tenants.choices import HolderKind
from apps.tenants.errors import ProviderRefused
from apps.tenants.models import BinnedThing
from apps.tenants.ports import Said
from apps.tenants.services import single_sign_on
from foundation import ledger
from foundation.access.models import Group, GroupMember, Membership, ProjectRole
from foundation.clock import now
from foundation.errors import Conflict, NotFound
from foundation.identity.models import (
    EmailDomain,
    IdentityProvider,
    ProviderIdentity,
    Provisioned,
    UsedAssertion,
    User,
)
from foundation.tenancy import scope
from tests.apps.tenants.bin_stage import binned, make_provider, provider, state_of
from tests.apps.tenants.scim_stage import scim_of
from tests.support.crossing import at_once
from tests.support.people import make_person, make_tenant

__all__ = ["provider"]


@pytest.fixture
def domain(tenant):
    return EmailDomain.objects.create(tenant=tenant, name="acme.test", challenge="x", claimed_at=now(), proven_at=now())


def said(subject="u-1", **words):
    words = {"email": "sara@acme.test", "email_verified": True, "groups": ("builders",), **words}
    return Said(subject=subject, name="Sara", **words)


def come_in(provider, tenant, **words):
    return single_sign_on.enter(provider=provider, tenant=tenant, said=said(**words), now=now())


def remove(admin, provider):
    return services.single_sign_on.remove_provider(actor=admin, provider=provider, now=now())


def restore(admin):
    return services.restore(actor=admin, binned=binned())


def test_it_comes_back_with_every_setting_and_its_secret_and_lets_nobody_in(admin, tenant, provider, domain):
    services.single_sign_on.enable_provider(actor=admin, provider=provider, now=now())
    before, settings = state_of(provider, but=("enabled_at",)), services.single_sign_on.settings_of(provider)
    remove(admin, provider)
    for look in (True, False):
        with pytest.raises(NotFound):
            single_sign_on.find_provider(tenant_slug="acme", provider_id=provider.pk, testing=look)

    assert restore(admin).left_out == []
    back = IdentityProvider.objects.get()
    assert state_of(back, but=("enabled_at",)) == before
    assert services.single_sign_on.settings_of(back) == settings and settings.client_secret == "s3cret"
    assert back.enabled_at is None and single_sign_on.providers_at("acme") == []
    assert EmailDomain.objects.get().proven_at is not None
    assert [e.kind for e in ledger.events_of(subject=("identity_provider", back.pk))][:2] == [
        "identity_provider.restored",
        "identity_provider.removed",
    ]


def test_it_knows_its_people_again_so_that_their_roles_and_places_go_on_following_it(admin, tenant, provider, domain):
    sara = come_in(provider, tenant)
    before = list(ProviderIdentity.objects.values("user_id", "subject", "made_member", "first_seen_at", "last_seen_at"))
    remove(admin, provider)
    assert not ProviderIdentity.objects.exists()
    assert b"u-1" not in bytes(binned().sealed) and "u-1" not in str(binned().kept)

    restore(admin)
    kept = ProviderIdentity.objects.values("user_id", "subject", "made_member", "first_seen_at", "last_seen_at")
    assert list(kept) == before and before[0]["made_member"]
    back = IdentityProvider.objects.get()
    IdentityProvider.objects.filter(pk=back.pk).update(default_role="")
    back.refresh_from_db()
    with pytest.raises(ProviderRefused):
        come_in(back, tenant, groups=())
    assert not Membership.objects.filter(user=sara).exists()


def test_whoever_left_meanwhile_is_not_known_again(admin, tenant, provider, domain):
    sara = come_in(provider, tenant)
    remove(admin, provider)
    services.remove_member(actor=admin, membership=Membership.objects.get(user=sara), now=now())
    Membership.objects.create(tenant=tenant, user=sara, role="viewer")

    assert restore(admin).left_out == ["One person has left the organisation meanwhile and was left out."]
    assert not ProviderIdentity.objects.exists()


def test_an_answer_that_was_used_before_is_not_used_again(admin, tenant, provider, domain):
    words = {"assertion_id": "a-1", "expires_at": now() + timedelta(minutes=5)}
    come_in(provider, tenant, **words)
    remove(admin, provider)
    assert not UsedAssertion.objects.exists()
    restore(admin)
    with pytest.raises(ProviderRefused, match="used already"):
        come_in(IdentityProvider.objects.get(), tenant, **words)


def test_its_name_is_free_at_once_and_a_taken_one_says_how_to_mend_it(admin, tenant, provider):
    remove(admin, provider)
    other = make_provider(tenant, "Company")
    with pytest.raises(Conflict, match=r"There is an identity provider “Company” already\. Remove that one"):
        restore(admin)
    other.delete()
    assert restore(admin).thing_id == provider.pk


# Groups that a provider keeps


@pytest.fixture
def stage(tenant, admin):
    """SCIM, its provider, and a group of two that brings the role of a scientist."""
    scim, keeper = scim_of(tenant, admin, "acme.test")
    people = [scim.make(f"{name}@acme.test", externalId=name).json()["id"] for name in ("eve", "ali")]
    group = scim.group("Builders", *people, externalId="g-1").json()["id"]
    return scim, keeper, group, people


def roles():
    return set(Membership.objects.filter(user__email__in=["eve@acme.test", "ali@acme.test"]).values_list("role"))


def test_what_the_provider_deleted_comes_back_with_what_it_brought(admin, stage):
    scim, _keeper, group, _people = stage
    assert roles() == {("scientist",)}
    assert scim("DELETE", f"/Groups/{group}").status_code == 204
    assert roles() == {("member",)} and scim("GET", f"/Groups/{group}").status_code == 404
    assert binned().deleted_by is None

    restore(admin)
    assert roles() == {("scientist",)}
    shown = scim("GET", f"/Groups/{group}").json()
    assert (shown["displayName"], shown["externalId"], len(shown["members"])) == ("Builders", "g-1", 2)


def test_what_somebody_deleted_here_changes_no_role_in_the_tenant_when_it_comes_back(admin, stage):
    _scim, _keeper, group, people = stage
    place = Membership.objects.get(pk=people[0])
    services.delete_group(actor=admin, group=Group.objects.get(pk=group))
    services.change_role(actor=admin, membership=place, role="viewer")
    restore(admin)
    place.refresh_from_db()
    assert place.role == "viewer" and GroupMember.objects.count() == 2


def test_a_group_that_the_provider_made_anew_is_not_taken_up_again(admin, stage):
    scim, _keeper, group, _people = stage
    scim("DELETE", f"/Groups/{group}")
    again = scim.group("Builders of ours", externalId="g-1").json()["id"]
    with pytest.raises(Conflict, match="has made this group anew, as “Builders of ours”"):
        restore(admin)
    assert str(Group.objects.get().pk) == again


def test_without_its_provider_a_group_is_kept_by_hand_and_said(admin, stage):
    _scim, keeper, group, _people = stage
    services.delete_group(actor=admin, group=Group.objects.get(pk=group))
    remove(admin, keeper)
    row = BinnedThing.objects.get(kind="group")
    told = services.restore(actor=admin, binned=row).left_out
    assert told == ["The identity provider that kept it is gone; it is kept by hand now."]
    assert (Group.objects.get().provider_id, Group.objects.get().external_id) == (None, "")


def test_a_restored_provider_keeps_its_groups_and_people_again(admin, stage):
    _scim, keeper, group, people = stage
    before = set(Provisioned.objects.values_list("user_id", "external_id", "changed_at"))
    remove(admin, keeper)
    assert Group.objects.get().provider_id is None and not Provisioned.objects.exists()
    places = Membership.objects.filter(pk__in=people)

    restore(admin)
    assert set(Provisioned.objects.values_list("user_id", "external_id", "changed_at")) == before
    assert {row[0] for row in before} == set(places.values_list("user_id", flat=True))
    kept = Group.objects.get(pk=group)
    assert (kept.provider_id, kept.external_id) == (keeper.pk, "g-1")
    token, _text = services.provisioning.create_scim_token(
        actor=admin, provider=keeper, lives=timedelta(days=1), now=now()
    )
    assert token.purpose == services.single_sign_on.scim_purpose(keeper.pk)


def test_its_scim_token_of_before_opens_nothing(admin, stage):
    scim, keeper, _group, _people = stage
    remove(admin, keeper)
    restore(admin)
    assert scim("GET", "/Groups").status_code == 401


def test_whom_another_provider_brought_meanwhile_stays_that_ones(admin, tenant, stage):
    _scim, keeper, _group, people = stage
    remove(admin, keeper)
    other = make_provider(tenant, "Second")
    eve = Membership.objects.get(pk=people[0]).user
    Provisioned.objects.create(tenant=tenant, provider=other, user=eve, external_id="9", changed_at=now())
    restore(admin)
    assert Provisioned.objects.get(user=eve).provider_id == other.pk
    assert Provisioned.objects.filter(provider=keeper).count() == 1


# Twice


@pytest.mark.django_db(transaction=True)
def test_of_two_who_restore_it_at_once_one_does(monkeypatch):
    tenant = make_tenant("acme", "Acme")
    admin, other = make_person(tenant, "admin"), make_person(tenant, "admin", "second@acme.test")
    with scope(tenant.pk):
        project = create_project(actor=admin, slug="one", name="One", purpose="Twice at once")
        group = services.create_group(actor=admin, name="Team")
        services.add_to_group(actor=admin, group=group, user_id=other.user.pk)
        words = {"project_id": project.pk, "holder": services.Holder(HolderKind.GROUP, group.pk), "role": "viewer"}
        services.give_role_in_project(actor=admin, **words)
        row = services.delete_group(actor=admin, group=group)
    both = threading.Barrier(2, timeout=30)

    def by(actor):
        def act():
            both.wait()
            try:
                with scope(tenant.pk):
                    return services.restore(actor=actor, binned=row).name
            except Conflict as refusal:
                return refusal.sentence[:26]

        return act

    assert sorted(at_once(by(admin), by(other))) == ["It is in the bin no more: ", "Team"]
    with scope(tenant.pk):
        assert (Group.objects.count(), GroupMember.objects.count(), ProjectRole.objects.count()) == (1, 1, 1)
        assert User.objects.count() == 2
