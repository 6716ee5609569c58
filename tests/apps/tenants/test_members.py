"""Members: given a role, removed; one administrator always stays."""

import html
import re
from datetime import timedelta

import pytest

from apps.tenants import selectors, services
from foundation import ledger
from foundation.access.models import Membership
from foundation.clock import now
from foundation.errors import AccessDenied, Conflict
from foundation.identity import Actor, tokens
from foundation.identity.models import User
from foundation.tenancy import scope
from tests.support.people import make_person

NOON = now()
SECRET = "a long enough password"


def membership_of(actor):
    return Membership.objects.get(user=actor.user)


def test_only_administrators_manage_members(scientist, officer, admin):
    with pytest.raises(AccessDenied, match=r"member\.manage"):
        services.invite(actor=scientist, email="new@acme.test", role="scientist", now=NOON)
    with pytest.raises(AccessDenied, match=r"member\.manage"):
        services.change_role(actor=officer, membership=membership_of(scientist), role="admin")
    with pytest.raises(AccessDenied, match=r"member\.manage"):
        services.remove_member(actor=officer, membership=membership_of(admin), now=NOON)


def test_a_role_is_changed_and_recorded(admin, scientist):
    services.change_role(actor=admin, membership=membership_of(scientist), role="officer")

    event = ledger.events_of(subject=("membership", membership_of(scientist).pk))[0]
    assert (event.kind, event.payload["before"], event.payload["after"]) == (
        "membership.role_changed",
        "scientist",
        "officer",
    )


def test_the_last_administrator_stays(admin, tenant):
    with pytest.raises(Conflict, match="only administrator"):
        services.remove_member(actor=admin, membership=membership_of(admin), now=NOON)
    with pytest.raises(Conflict, match="only administrator"):
        services.change_role(actor=admin, membership=membership_of(admin), role="viewer")

    second = make_person(tenant, "admin", "second@acme.test")
    services.change_role(actor=second, membership=membership_of(admin), role="viewer")
    assert membership_of(admin).role == "viewer"


def test_a_disabled_administrator_does_not_count(admin, tenant):
    second = make_person(tenant, "admin", "second@acme.test")
    User.objects.filter(pk=second.user.pk).update(is_active=False)

    with pytest.raises(Conflict, match="only administrator"):
        services.remove_member(actor=admin, membership=membership_of(admin), now=NOON)


def test_a_removed_member_is_out_and_their_tokens_are_void(admin, scientist, client_as):
    _, text = services.create_token(
        actor=scientist, name="laptop", scopes=["*"], expires_at=NOON + timedelta(days=1), now=NOON
    )
    client = client_as(scientist)
    services.remove_member(actor=admin, membership=membership_of(scientist), now=NOON)

    assert tokens.find_token(text, now=NOON) is None
    assert client.get("/t/acme/settings/members/").status_code == 404
    kinds = [event.kind for event in ledger.activity(admin).events]
    assert {"membership.removed", "token.revoked"} <= set(kinds)


@pytest.fixture
def acting_for(tenant, project):
    """A token of something that acts for a person: `acting_for(scientist)`, or by the portal's hand for them."""

    def issue(person, *, by=None, scopes=("deployment.invoke",), purpose="try:1"):
        given = {"project_id": project.pk, "purpose": purpose, "scopes": scopes, "ttl": timedelta(minutes=10)}
        row, text = services.issue_workload_token(actor=by or person, on_behalf_of=person.user if by else None, **given)
        return row, lambda: tokens.find_token(text, now=NOON) is not None

    return issue


def test_what_acts_for_a_removed_member_is_void_at_once_and_the_gateway_hears_of_it(
    admin, officer, scientist, tenant, acting_for
):
    heard, _ = tokens.revoked_since(0)
    tried, tries = acting_for(scientist)
    replayed, plays = acting_for(scientist, by=Actor.system(tenant, "replay"), purpose="replay:1")
    _, others = acting_for(officer, scopes=["deployment.view"])
    _, portals = acting_for(officer, by=Actor.system(tenant), purpose="replay:2")
    services.remove_member(actor=admin, membership=membership_of(scientist), now=NOON)

    assert [tries(), plays(), others(), portals()] == [False, False, True, True]
    assert set(tokens.revoked_since(heard)[1]) == {tried.digest, replayed.digest}
    assert ledger.events_of(subject=("token", tried.pk))[0].actor_id == admin.user.pk


def test_a_role_without_the_right_voids_what_uses_it_and_nothing_else(admin, scientist, acting_for):
    _, tries = acting_for(scientist)
    _, reads = acting_for(scientist, scopes=["deployment.view"])
    _, laptop = services.create_token(
        actor=scientist, name="laptop", scopes=["*"], expires_at=NOON + timedelta(days=1), now=NOON
    )
    services.change_role(actor=admin, membership=membership_of(scientist), role="admin")
    assert [tries(), reads()] == [True, True]

    services.change_role(actor=admin, membership=membership_of(scientist), role="viewer")
    assert [tries(), reads()] == [False, True]
    assert tokens.find_token(laptop, now=NOON) is not None


def test_a_role_may_be_taken_from_somebody_who_is_disabled(admin, scientist, acting_for):
    _, tries = acting_for(scientist)
    User.objects.filter(pk=scientist.user.pk).update(is_active=False)
    services.change_role(actor=admin, membership=membership_of(scientist), role="admin")
    assert not tries()


def test_two_administrators_cannot_remove_each_other_at_once(transactional_db):
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connection

    from tests.support.people import make_tenant

    tenant = make_tenant("acme", "Acme")
    admins = [make_person(tenant, "admin", f"{n}@acme.test") for n in range(2)]

    def remove_the_other(n):
        try:
            with scope(tenant.pk):
                services.remove_member(actor=admins[n], membership=membership_of(admins[1 - n]), now=NOON)
            return "removed"
        except Conflict as refusal:
            return refusal.sentence
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(remove_the_other, range(2)))
    assert said.count("removed") == 1
    with scope(tenant.pk):
        assert Membership.objects.filter(tenant=tenant, role="admin").count() == 1


def test_a_viewer_sees_the_members_but_no_form(client_as, viewer, admin):
    page = client_as(viewer).get("/t/acme/settings/members/").content.decode()

    assert "The admin" in page
    assert "member.manage" in page
    assert 'name="email"' not in page


def test_role_and_removal_by_plain_forms(client_as, admin, scientist):
    client, url = client_as(admin), f"/t/acme/settings/members/{membership_of(scientist).pk}/"

    assert "Remove member" in client.get(url).content.decode()
    assert client.post(url, {"role": "auditor"}).status_code == 303
    assert membership_of(scientist).role == "auditor"
    assert client.post(f"{url}remove/").status_code == 303
    assert not Membership.objects.filter(user=scientist.user).exists()


@pytest.mark.parametrize("name", ["Sean O'Brien", "A & B <C>", ""])
def test_the_name_to_type_before_a_removal_is_the_one_that_is_shown(client_as, admin, scientist, name):
    scientist.user.name = name
    scientist.user.save()
    page = client_as(admin).get(f"/t/acme/settings/members/{membership_of(scientist).pk}/").content.decode()

    wanted = html.unescape(re.search(r'required pattern="([^"]*)"', page)[1])
    assert re.fullmatch(wanted, name or scientist.user.email)
    assert html.unescape(re.search(r'data-confirm-name="([^"]*)"', page)[1]) == (name or scientist.user.email)


def test_the_last_administrator_reads_why(client_as, admin):
    url = f"/t/acme/settings/members/{membership_of(admin).pk}/"
    client = client_as(admin)

    assert "only administrator" in client.get(url).content.decode()
    answer = client.post(url, {"role": "viewer"})
    assert answer.status_code == 422
    assert "only administrator" in answer.content.decode()


def test_rest_invites_changes_and_removes(api_as, admin, scientist):
    client, member = api_as(admin), membership_of(scientist)
    listed = client.get("/api/v1/members/").json()["results"]
    assert {row["email"] for row in listed} == {"admin@acme.test", "scientist@acme.test"}

    made = client.post("/api/v1/members/", {"email": "x@acme.test", "role": "viewer"}, content_type="application/json")
    assert made.status_code == 201
    assert "/accounts/invitations/" in made.json()["link"]
    url = f"/api/v1/members/{member.pk}/"
    assert client.patch(url, {"role": "viewer"}, content_type="application/json").json()["role"] == "viewer"
    assert client.delete(url).status_code == 204
    assert client.get(url).status_code == 404


@pytest.mark.parametrize("scopes", [["*"], ["member.manage", "tenant.view"]])
def test_a_token_of_one_project_neither_sees_nor_changes_members(api_as, admin, scientist, project, scopes):
    client = api_as(admin, project_id=project.pk, scopes=scopes)
    member = f"/api/v1/members/{membership_of(scientist).pk}/"
    json = "application/json"

    answers = [
        client.get("/api/v1/members/"),
        client.post("/api/v1/members/", {"email": "mine@acme.test", "role": "admin"}, content_type=json),
        client.patch(member, {"role": "admin"}, content_type=json),
        client.delete(member),
        client.get("/t/acme/settings/members/"),
    ]

    assert [answer.status_code for answer in answers] == [403] * 5
    assert "limited to one project" in answers[1].json()["detail"]
    assert membership_of(scientist).role == "scientist"


def test_a_name_is_told_of_members_and_of_those_who_left_but_not_of_strangers(admin, scientist, other_scientist):
    from apps.projects.services import create_project

    create_project(actor=scientist, slug="flights", name="Flights", purpose="Delays")
    membership_of(scientist).delete()
    asked = {person.user.pk for person in (admin, scientist, other_scientist)}

    told = selectors.names_of(actor=admin, user_ids={*asked, None})
    assert told == {admin.user.pk: str(admin.user), scientist.user.pk: str(scientist.user)}
