"""Groups that a provider keeps: patched by many at once, with a last administrator in them, and read by the page."""

from __future__ import annotations

import threading

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.tenants import services
from apps.tenants.ports import Said
from apps.tenants.services import provisioning
from apps.tenants.services.single_sign_on import entering
from foundation import ledger
from foundation.access.models import Group, GroupMember, Membership
from foundation.clock import now
from foundation.identity.models import User
from foundation.tenancy import scope
from tests.apps.tenants.scim_stage import Scim, made, provider, reasons, scim, scim_of
from tests.support.crossing import at_once, until_somebody_waits_for_a_row
from tests.support.people import make_person, make_tenant

__all__ = ["made", "provider", "scim"]


def add(*members):
    return {"op": "Add", "path": "members", "value": [{"value": one} for one in members]}


def remove(member):
    return {"op": "Remove", "path": "members", "value": [{"value": member}]}


@pytest.mark.django_db(transaction=True)
def test_of_two_patches_of_one_moment_neither_undoes_the_other(monkeypatch):
    tenant = make_tenant("acme", "Acme")
    scim, _provider = scim_of(tenant, make_person(tenant, "admin"), "acme.test")
    eve, ali, omar = (scim.make(f"{name}@acme.test").json()["id"] for name in ("eve", "ali", "omar"))
    group = scim.group("Builders", eve, ali).json()["id"]
    has_read, second_has_read, first_is_done = threading.Event(), threading.Event(), threading.Event()
    from apps.tenants.views import scim_words

    patched = scim_words.patched

    def read_then_wait(body, present):
        """Whoever removes goes on when the other has read the group too, or waits for its row."""
        if b"Remove" in body:
            has_read.set()
            until_somebody_waits_for_a_row(or_else=second_has_read)
        else:
            second_has_read.set()
            first_is_done.wait(30)
        return patched(body, present)

    def first():
        try:
            return Scim("acme", scim.token).patch(f"/Groups/{group}", remove(eve))
        finally:
            first_is_done.set()

    def second():
        assert has_read.wait(30)
        return Scim("acme", scim.token).patch(f"/Groups/{group}", add(omar))

    monkeypatch.setattr(scim_words, "patched", read_then_wait)
    assert [answer.status_code for answer in at_once(first, second)] == [200, 200]
    with scope(tenant.pk):
        here = Membership.objects.filter(user__in=GroupMember.objects.values("user"))
        assert {str(place.pk) for place in here} == {ali, omar}
        assert Membership.objects.get(pk=eve).role == "member"


@pytest.mark.django_db(transaction=True)
def test_a_sign_in_and_a_patch_of_one_moment_wait_for_each_other_in_one_order(monkeypatch):
    """Both change a role and bring groups of the mapping: in opposite orders PostgreSQL would end one of them."""
    tenant = make_tenant("acme", "Acme")
    admin = make_person(tenant, "admin")
    scim, provider = scim_of(tenant, admin, "acme.test")
    sara, omar = (scim.make(f"{name}@acme.test").json()["id"] for name in ("sara", "omar"))
    group = scim.group("Builders", sara).json()["id"]
    with scope(tenant.pk):
        provider.mapping = [{"external": "Builders", "role": "scientist", "group": group}]
        provider.save()
        place = Membership.objects.get(pk=sara)
    role_is_changed = threading.Event()
    change_role = entering.change_role

    def change_then_wait(**words):
        changed = change_role(**words)
        role_is_changed.set()
        until_somebody_waits_for_a_row()
        return changed

    def sign_in():
        with scope(tenant.pk):
            entering._give_role(admin, provider, place, "viewer")
            entering.bring_groups(actor=admin, provider=provider, user_id=place.user_id, wanted=frozenset())

    def patch():
        assert role_is_changed.wait(30)
        return Scim("acme", scim.token).patch(f"/Groups/{group}", add(omar))

    monkeypatch.setattr(entering, "change_role", change_then_wait)
    _came, patched = at_once(sign_in, patch)
    assert patched.status_code == 200
    with scope(tenant.pk):
        assert Membership.objects.get(pk=omar).role == "scientist"
        assert set(GroupMember.objects.filter(group_id=group).values_list("user__email", flat=True)) == {
            "omar@acme.test"
        }


def test_one_last_administrator_does_not_hold_up_the_others_of_the_group(scim, provider, admin):
    boss = scim.make("boss@acme.test").json()["id"]
    group = scim.group("Bosses", boss).json()["id"]
    # Whoever made the tenant has left it: the provider's own is the one administrator there is.
    Membership.objects.filter(user=admin.user).delete()
    other = scim.make("omar@acme.test").json()["id"]

    answer = scim.patch(f"/Groups/{group}", {"op": "replace", "value": {"id": group, "displayName": "Builders"}})
    assert answer.status_code == 200
    answer = scim.patch(f"/Groups/{group}", add(other))
    assert answer.status_code == 200
    assert Membership.objects.get(pk=boss).role == "admin"
    assert Membership.objects.get(pk=other).role == "scientist"
    assert reasons(provider) == ["last_admin"]


def test_what_the_provider_calls_a_group_is_changed_and_recorded(scim):
    group = scim.group("Builders", externalId="g1").json()["id"]
    scim.patch(f"/Groups/{group}", {"op": "replace", "path": "externalId", "value": "g2"})
    scim.patch(f"/Groups/{group}", {"op": "replace", "path": "externalId", "value": "g2"})
    assert Group.objects.get(pk=group).external_id == "g2"
    told = [event for event in ledger.events_of(subject=("group", group)) if event.kind == "group.changed"]
    assert [event.payload["changed"] for event in told] == [["external_id"]]
    scim.group("Readers", externalId="g3")
    refused = scim.patch(f"/Groups/{group}", {"op": "replace", "path": "externalId", "value": "g3"})
    assert (refused.status_code, refused.json()["scimType"]) == (409, "uniqueness")


def test_whom_a_patch_adds_is_all_that_it_looks_at(scim, monkeypatch):
    people = [scim.make(f"p{number}@acme.test").json()["id"] for number in range(6)]
    group = scim.group("Builders", *people[:5]).json()["id"]
    looked_at = []
    apply = provisioning.groups._apply

    def counted(by, user_ids):
        looked_at.append(len(user_ids))
        apply(by, user_ids)

    monkeypatch.setattr(provisioning.groups, "_apply", counted)
    scim.patch(f"/Groups/{group}", add(people[5]))
    scim.patch(f"/Groups/{group}", add(people[5]))
    scim.patch(f"/Groups/{group}", {"op": "replace", "value": {"id": group, "displayName": "Readers"}})
    assert looked_at == [1, 0, 6]
    assert set(Membership.objects.filter(pk__in=people).values_list("role", flat=True)) == {"member"}


def test_a_list_of_groups_takes_as_many_statements_whatever_is_in_them(scim):
    people = [scim.make(f"p{number}@acme.test").json()["id"] for number in range(6)]
    scim.group("Builders", *people[:2])
    with CaptureQueriesContext(connection) as few:
        scim("GET", "/Groups")
    scim.group("Readers", *people)
    scim.group("Bosses", *people[3:])
    with CaptureQueriesContext(connection) as many:
        listed = scim("GET", "/Groups").json()["Resources"]
    assert len(many) == len(few)
    assert [len(group["members"]) for group in listed] == [2, 6, 3]


def test_members_are_left_out_where_they_are_not_asked_for(scim):
    person = scim.make("sara@acme.test").json()["id"]
    group = scim.group("Builders", person).json()["id"]
    with CaptureQueriesContext(connection) as asked:
        for path in ("/Groups?excludedAttributes=members", "/Groups?attributes=displayName"):
            listed = scim("GET", path).json()["Resources"]
            assert [(one["displayName"], "members" in one) for one in listed] == [("Builders", False)]
        assert "members" not in scim("GET", f"/Groups/{group}?excludedAttributes=members").json()
    assert not [row for row in asked.captured_queries if "access_groupmember" in row["sql"]]
    assert scim("GET", f"/Groups/{group}?attributes=members").json()["members"][0]["value"] == person
    assert scim("GET", "/Groups?excludedAttributes=mem[").status_code == 400


def test_groups_are_found_by_whoever_is_in_them(scim):
    sara, omar = (scim.make(f"{name}@acme.test").json()["id"] for name in ("sara", "omar"))
    scim.group("Builders", sara, externalId="g1")
    scim.group("Readers", omar)
    for asked in (f'members.value eq "{sara}"', f'members[value eq "{sara}"]', f'members eq "{sara}"'):
        assert [one["displayName"] for one in scim.found("Groups", asked)["Resources"]] == ["Builders"]
    assert scim.found("Groups", 'members.value eq "nobody"')["totalResults"] == 0
    assert scim.found("Groups", 'externalId eq "g1"')["totalResults"] == 1
    assert scim.found("Groups", f'displayName eq "BUILDERS" and not (members.value eq "{sara}")')["totalResults"] == 0


def test_somebody_looked_up_is_all_that_is_read(scim, monkeypatch):
    for number in range(4):
        scim.make(f"p{number}@acme.test", externalId=f"x{number}", displayName=f"Person {number}")
    from apps.tenants.views import scim_words

    shown = []
    user_of = scim_words.user_of
    monkeypatch.setattr(scim_words, "user_of", lambda place, *rest: shown.append(place) or user_of(place, *rest))
    for asked in (
        'userName eq "P1@acme.test"',
        'externalId eq "x1"',
        'displayName eq "person 1" and active eq true',
        'emails.value eq "p1@acme.test"',
    ):
        shown.clear()
        assert scim.found("Users", asked)["totalResults"] == 1
        assert len(shown) == 1
    # What no column answers is still answered, by looking at each of them.
    assert scim.found("Users", 'userName co "p1@"')["Resources"][0]["userName"] == "p1@acme.test"
    assert scim.found("Users", 'externalId eq "X1"')["totalResults"] == 0
    assert scim("GET", '/Users?filter=nosuch eq "x"').status_code == 400


def test_a_sign_in_that_would_take_the_last_administrator_stands_on_the_ledger(scim, provider, tenant, admin):
    said = Said(subject="s1", email="boss@acme.test", email_verified=True, name="Boss", groups=("Bosses",), claims={})
    provider.enabled_at = now()
    provider.sealed = sealed(provider)
    provider.save()
    services.single_sign_on.enter(provider=provider, tenant=tenant, said=said, now=now())
    Membership.objects.filter(user=admin.user).delete()
    place = Membership.objects.get(user=User.objects.get(email="boss@acme.test"))

    lower = Said(
        subject="s1", email="boss@acme.test", email_verified=True, name="Boss", groups=("Builders",), claims={}
    )
    services.single_sign_on.enter(provider=provider, tenant=tenant, said=lower, now=now())
    place.refresh_from_db()
    assert place.role == "admin"
    kinds = [event.kind for event in ledger.events_of(subject=("membership", place.pk))]
    assert kinds.count("sign_in.last_administrator_kept") == 1


def sealed(provider):
    from apps.tenants.ports import ProviderSettings
    from apps.tenants.services.single_sign_on.identity_providers import seal_settings

    ends = {"authorization": "https://id.test/a", "token": "https://id.test/t", "jwks": "https://id.test/j"}
    words = ProviderSettings(issuer="https://id.test", endpoints=ends, claims={}, client_id="x", client_secret="y")
    return seal_settings(provider, words)
