"""SCIM 2.0: what an identity provider keeps up to date, in the spellings of Entra ID and Okta, and what it may not."""

from __future__ import annotations

import json

import pytest
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections

from apps.tenants import services
from foundation.access.actors import actor_for_user
from foundation.access.models import Group, GroupMember, Membership
from foundation.errors import NotFound
from foundation.identity import tokens
from foundation.identity.models import User
from tests.apps.tenants.scim_stage import USER, made, provider, reasons, scim
from tests.support.people import make_person

__all__ = ["made", "provider", "scim"]


@pytest.fixture
def wsgi():
    """The portal as a WSGI server calls it, within the test's own transaction."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield get_wsgi_application()
    for signal in signals:
        signal.connect(close_old_connections)


def test_the_protocol_is_described_as_the_rfcs_want_it(scim, wsgi):
    # They make their models for seconds: in the one process that runs this, not in all that collect it.
    from scim2_client.engines.wsgi import WSGISCIMClient
    from scim2_tester import Status, check_server

    client = WSGISCIMClient(
        wsgi,
        base_url=f"http://127.0.0.1{scim.base}",
        environ={"HTTP_AUTHORIZATION": f"Bearer {scim.token}"},
    )
    results = check_server(client, include_tags={"discovery"})
    assert len(results) > 3
    assert not [
        (result.title, result.reason) for result in results if result.status not in {Status.SUCCESS, Status.SKIPPED}
    ]


def test_somebody_is_brought_and_is_a_member_without_rights_until_a_group_brings_a_role(scim):
    answer = scim.make(
        "Sara@acme.test",
        externalId="00u1",
        name={"givenName": "Sara", "familyName": "Haddad"},
        active=True,
        emails=[{"primary": True, "type": "work", "value": "sara@acme.test"}],
    )
    body = answer.json()
    assert (answer.status_code, body["userName"], body["externalId"]) == (201, "sara@acme.test", "00u1")
    assert answer["Location"].endswith(f"/scim/v2/acme/Users/{body['id']}")
    place = Membership.objects.get(pk=body["id"])
    assert (place.role, place.user.name, place.user.has_usable_password()) == ("member", "Sara Haddad", False)

    scim.group("Builders", body["id"])
    place.refresh_from_db()
    assert place.role == "scientist"
    assert [group["display"] for group in scim("GET", f"/Users/{body['id']}").json()["groups"]] == ["Builders"]


def test_people_are_found_by_what_providers_ask_for(scim):
    for number in range(3):
        scim.make(f"p{number}@acme.test", externalId=f"x{number}", displayName=f"Person {number}")
    assert scim.found("Users", 'userName eq "P1@acme.test"')["totalResults"] == 1
    assert scim.found("Users", 'externalId eq "x2"')["Resources"][0]["userName"] == "p2@acme.test"
    assert scim.found("Users", 'userName eq "p1@acme.test" and active eq true')["totalResults"] == 1
    assert scim.found("Users", 'userName eq "nobody@acme.test"') == {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": 0,
        "startIndex": 1,
        "itemsPerPage": 0,
    }
    scim.group("Builders")
    assert scim.found("Groups", 'displayName eq "builders"')["totalResults"] == 1
    refused = scim("GET", "/Users?filter=foo%20bar")
    assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidFilter")


def test_lists_come_in_pages(scim):
    for number in range(5):
        scim.make(f"p{number}@acme.test")
    page = scim("GET", "/Users?startIndex=3&count=2").json()
    # The administrator is of a proven domain too, and came first.
    assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (6, 3, 2)
    assert [user["userName"] for user in page["Resources"]] == ["p1@acme.test", "p2@acme.test"]
    assert scim("GET", "/Users?count=0").json()["totalResults"] == 6


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "active", "value": False},
        {"op": "Replace", "path": "active", "value": "False"},
        {"op": "replace", "value": {"active": False}},
    ],
    ids=["RFC", "Entra ID", "Okta"],
)
def test_a_deactivated_person_is_outside_at_once_with_all_that_acted_for_them(
    scim, tenant, provider, operation, api_as, client_as
):
    body = scim.make("sara@acme.test").json()
    scim.group("Builders", body["id"])
    user = User.objects.get(email="sara@acme.test")
    actor = actor_for_user(user=user, tenant=tenant)
    browser, program = client_as(actor), api_as(actor)
    session = browser.session
    vouched = {"method": "socialaccount", "tenant": str(tenant.pk), "provider": str(provider.pk)}
    session["account_authentication_methods"] = [vouched]
    session.save()
    assert browser.get("/t/acme/settings/members/").status_code == 200
    before, _digests = tokens.revoked_since(0)

    answer = scim.patch(f"/Users/{body['id']}", operation)
    assert answer.status_code == 200
    assert answer.json()["active"] is False
    assert browser.get("/t/acme/settings/members/").status_code == 404
    assert program.get("/api/v1/members/").status_code == 401
    assert len(tokens.revoked_since(before)[1]) == 1
    with pytest.raises(NotFound):
        actor_for_user(user=user, tenant=tenant)

    assert scim.patch(f"/Users/{body['id']}", {"op": "replace", "path": "active", "value": True}).status_code == 200
    assert browser.get("/t/acme/settings/members/").status_code == 200
    assert program.get("/api/v1/members/").status_code == 401


def test_names_change_and_addresses_within_proven_domains(scim, made):
    body = scim.make("sara@acme.test", displayName="Sara").json()
    path = f"/Users/{body['id']}"
    scim.patch(path, {"op": "Replace", "path": "name.familyName", "value": "Haddad"})
    scim.patch(path, {"op": "Add", "path": 'emails[type eq "work"].value', "value": "sara@acme.test"})
    assert (
        scim.patch(path, {"op": "replace", "path": "displayName", "value": "Sara H."}).json()["displayName"]
        == "Sara H."
    )
    assert scim.patch(path, {"op": "replace", "path": "userName", "value": "s.h@acme.test"}).status_code == 200
    assert User.objects.get(email="s.h@acme.test").name == "Sara H."
    refused = scim.patch(path, {"op": "replace", "path": "userName", "value": "sara@elsewhere.test"})
    assert refused.status_code == 403
    assert reasons(made[1]) == ["domain"]


def test_replacing_somebody_keeps_what_was_not_said_open(scim):
    body = scim.make("sara@acme.test", displayName="Sara", externalId="x1").json()
    wanted = {"schemas": [USER], "userName": "sara@acme.test", "displayName": "Sara B", "externalId": "x1"}
    answer = scim("PUT", f"/Users/{body['id']}", {**wanted, "active": True})
    assert (answer.status_code, answer.json()["displayName"]) == (200, "Sara B")


@pytest.mark.parametrize(
    ("remove", "left"),
    [
        ({"op": "remove", "path": 'members[value eq "{0}"]'}, 1),
        ({"op": "Remove", "path": "members", "value": [{"value": "{0}"}]}, 1),
        ({"op": "remove", "path": "members"}, 0),
        ({"op": "replace", "path": "members", "value": [{"value": "{1}"}]}, 1),
    ],
    ids=["Okta", "Entra ID", "all", "replaced"],
)
def test_a_group_is_patched_in_every_spelling(scim, remove, left):
    first, second = (scim.make(f"p{number}@acme.test").json()["id"] for number in range(2))
    group = scim.group("Builders", first).json()
    scim.patch(f"/Groups/{group['id']}", {"op": "Add", "path": "members", "value": [{"value": second}]})
    assert GroupMember.objects.count() == 2

    spelled = json.loads(json.dumps(remove).replace("{0}", first).replace("{1}", second))
    answer = scim.patch(f"/Groups/{group['id']}", spelled)
    assert answer.status_code == 200
    assert GroupMember.objects.count() == left
    assert Membership.objects.get(pk=first).role == "member"
    assert Membership.objects.get(pk=second).role == ("scientist" if left else "member")


def test_a_group_is_renamed_and_deleted_and_its_roles_go_along(scim):
    person = scim.make("sara@acme.test").json()["id"]
    group = scim.group("Builders", person).json()
    renamed = scim.patch(
        f"/Groups/{group['id']}", {"op": "replace", "value": {"id": group["id"], "displayName": "Readers"}}
    )
    assert renamed.json()["displayName"] == "Readers"
    assert Membership.objects.get(pk=person).role == "member"
    assert scim("DELETE", f"/Groups/{group['id']}").status_code == 204
    assert not Group.objects.exists()


def test_whoever_is_deleted_is_no_member(scim):
    body = scim.make("sara@acme.test").json()
    assert scim("DELETE", f"/Users/{body['id']}").status_code == 204
    assert scim("GET", f"/Users/{body['id']}").status_code == 404
    assert not Membership.objects.filter(user__email="sara@acme.test").exists()
    assert scim.make("sara@acme.test").status_code == 201


def test_nobody_is_brought_twice(scim, provider):
    scim.make("sara@acme.test", externalId="x1")
    again = scim.make("SARA@acme.test")
    assert (again.status_code, again.json()["scimType"]) == (409, "uniqueness")
    assert scim.make("else@acme.test", externalId="x1").status_code == 409
    assert not User.objects.filter(email="else@acme.test").exists()
    assert reasons(provider) == ["uniqueness", "uniqueness"]


def test_the_last_administrator_is_not_taken_away(scim, admin, provider):
    place = Membership.objects.get(user=admin.user)
    for answer in (
        scim("DELETE", f"/Users/{place.pk}"),
        scim.patch(f"/Users/{place.pk}", {"op": "replace", "path": "active", "value": False}),
    ):
        assert answer.status_code == 409
        assert "administrator" in answer.json()["detail"]
    place.refresh_from_db()
    assert (place.role, place.suspended_at) == ("admin", None)
    assert reasons(provider) == ["last_admin", "last_admin"]


def test_it_sees_and_changes_nobody_of_other_domains(scim, tenant):
    guest = make_person(tenant, "viewer", "guest@elsewhere.test")
    place = Membership.objects.get(user=guest.user)
    assert scim.found("Users", 'userName eq "guest@elsewhere.test"')["totalResults"] == 0
    assert scim("GET", f"/Users/{place.pk}").status_code == 404
    assert scim("DELETE", f"/Users/{place.pk}").status_code == 404
    assert scim.make("other@elsewhere.test").status_code == 403
    assert scim.group("Builders", str(place.pk)).status_code == 400


def test_groups_kept_by_hand_are_not_its_to_see(scim, admin):
    by_hand = services.create_group(actor=admin, name="Board")
    assert scim("GET", f"/Groups/{by_hand.pk}").status_code == 404
    assert scim.found("Groups", 'displayName eq "Board"')["totalResults"] == 0
    assert scim("DELETE", f"/Groups/{by_hand.pk}").status_code == 404
    assert scim.group("Board").status_code == 409


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("{", "invalidSyntax"),
        ("[]", "invalidSyntax"),
        ('{"schemas": []}', "invalidValue"),
        ('{"userName": "x"}', "invalidValue"),
    ],
)
def test_bad_bodies_get_a_word_and_a_sentence(scim, body, word):
    answer = scim.client.generic("POST", "/scim/v2/acme/Users", body, content_type="application/scim+json")
    assert (answer.status_code, answer.json()["scimType"]) == (400, word)
    assert answer.json()["detail"]
