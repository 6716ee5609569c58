"""Two identity providers of one tenant: each rules over whom and what it brought, and over nothing of the other's."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module

import pytest
from django.db import connection

from apps.tenants import services
from apps.tenants.services import judging
from foundation import ledger
from foundation.access.models import Group, GroupMember, Membership
from foundation.clock import now
from foundation.identity.models import IdentityProvider, ProviderIdentity, Provisioned, User
from foundation.tenancy import scope
from tests.apps.tenants.scim_stage import Scim, made, scim

__all__ = ["made", "scim"]


@pytest.fixture
def contractors(made, tenant, admin):
    """The second provider with its SCIM: it speaks for the same domains, and maps a group of its own to a role."""
    provider = IdentityProvider.objects.create(
        tenant=tenant,
        kind="oidc",
        name="Contractors",
        issuer="https://other.test",
        mapping=[{"external": "Outside", "role": "auditor", "group": ""}],
        created_at=now(),
    )
    _row, text = services.provisioning.create_scim_token(
        actor=admin, provider=provider, lives=timedelta(days=9), now=now()
    )
    return Scim(tenant.slug, text), provider


def test_a_group_of_one_provider_is_neither_seen_nor_filled_by_the_other(scim, contractors):
    other, _provider = contractors
    boss = scim.make("boss@acme.test").json()["id"]
    group = scim.group("Bosses", boss, externalId="g1").json()["id"]
    mine = other.make("omar@acme.test").json()["id"]

    assert other.found("Groups", 'displayName eq "Bosses"')["totalResults"] == 0
    add = {"op": "Add", "path": "members", "value": [{"value": mine}]}
    for answer in (
        other("GET", f"/Groups/{group}"),
        other.patch(f"/Groups/{group}", add),
        other("DELETE", f"/Groups/{group}"),
    ):
        assert answer.status_code == 404
    assert Membership.objects.get(pk=mine).role == "member"
    # The ids that providers give are their own: both may have a “g1”.
    assert other.group("Outside", mine, externalId="g1").status_code == 201
    assert Membership.objects.get(pk=mine).role == "auditor"


def test_whom_one_provider_brought_the_other_neither_sees_nor_changes(scim, contractors):
    other, provider = contractors
    sara = scim.make("sara@acme.test", externalId="1").json()["id"]
    assert other.found("Users", 'userName eq "sara@acme.test"')["totalResults"] == 0
    assert other("DELETE", f"/Users/{sara}").status_code == 404
    suspended = other.patch(f"/Users/{sara}", {"op": "replace", "path": "active", "value": False})
    assert suspended.status_code == 404
    again = other.make("sara@acme.test")
    assert (again.status_code, again.json()["scimType"]) == (409, "uniqueness")
    assert other.group("Outside", sara).status_code == 400
    assert other.make("omar@acme.test", externalId="1").status_code == 201

    place = Membership.objects.get(pk=sara)
    assert (place.suspended_at, Provisioned.objects.get(user=place.user).provider.name) == (None, "Company")
    taken = [event.payload["reason"] for event in ledger.events_of(subject=("identity_provider", provider.pk))]
    assert taken.count("uniqueness") == 1


def test_whom_the_other_let_in_by_a_sign_in_is_not_taken_either(scim, made, contractors, tenant):
    other, _provider = contractors
    user = User.objects.create(email="lina@acme.test", name="Lina")
    place = Membership.objects.create(tenant=tenant, user=user, role="scientist", vouched=True)
    ProviderIdentity.objects.create(
        tenant=tenant,
        provider=made[1],
        user=user,
        subject="s1",
        made_member=True,
        first_seen_at=now(),
        last_seen_at=now(),
    )
    assert other("DELETE", f"/Users/{place.pk}").status_code == 404
    assert scim("GET", f"/Users/{place.pk}").status_code == 200


def test_what_one_keeps_brings_nothing_at_a_sign_in_by_the_other(scim, made, contractors):
    _other, second = contractors
    boss = scim.make("boss@acme.test").json()["id"]
    scim.group("Bosses", boss)
    user = User.objects.get(email="boss@acme.test")
    assert judging._groups_by_scim(made[1], user) == ["Bosses"]
    assert judging._groups_by_scim(second, user) == []


def test_a_removed_providers_groups_stay_and_pass_to_nobody(scim, made, contractors, admin):
    other, _second = contractors
    boss = scim.make("boss@acme.test").json()["id"]
    group = scim.group("Bosses", boss, externalId="g1").json()["id"]
    services.single_sign_on.remove_provider(actor=admin, provider=made[1], now=now())

    kept = Group.objects.get(pk=group)
    assert (kept.provider, kept.external_id, kept.places.count()) == (None, "", 1)
    assert ledger.events_of(subject=("group", kept.pk))[0].payload["changed"] == ["external_id"]
    assert other("GET", f"/Groups/{group}").status_code == 404
    # Whom it brought nobody keeps now, so the provider that is left may.
    taken_over = other.patch(f"/Users/{boss}", {"op": "replace", "path": "externalId", "value": "b1"})
    assert (taken_over.status_code, Provisioned.objects.get().provider.name) == (200, "Contractors")


def test_whoever_was_removed_by_hand_may_come_by_the_other(scim, contractors, admin):
    other, _provider = contractors
    sara = scim.make("sara@acme.test").json()["id"]
    services.remove_member(actor=admin, membership=Membership.objects.get(pk=sara), now=now())
    assert other.make("sara@acme.test").status_code == 201


def test_groups_of_before_go_to_whoever_brought_their_people(scim, made, contractors, tenant, admin):
    """What the release writes once: until then no group knew its provider."""
    other, second = contractors
    omar = other.make("omar@acme.test").json()["id"]
    filled, empty = other.group("Outside", omar).json()["id"], scim.group("Builders").json()["id"]
    by_hand = services.create_group(actor=admin, name="Board")
    Group.objects.update(provider=None)
    keepers = import_module("foundation.access.migrations.0007_groups_by_provider").KEEPERS
    with connection.cursor() as cursor:
        cursor.execute(keepers)
    with scope(tenant.pk):
        assert Group.objects.get(pk=filled).provider_id == second.pk
        assert Group.objects.get(pk=empty).provider_id == made[1].pk
        assert Group.objects.get(pk=by_hand.pk).provider_id is None
        assert GroupMember.objects.count() == 1
