"""Groups, roles in projects and who can see a thing, over REST."""

from __future__ import annotations

from uuid import uuid4

import pytest

from apps.tenants import services
from tests.support.people import make_person

JSON = "application/json"


@pytest.fixture
def guest(tenant):
    return make_person(tenant, "member")


def test_a_repeated_request_that_answers_nothing_is_answered_the_same(api_as, admin, guest):
    group = services.create_group(actor=admin, name="Fraud team")
    client, address = api_as(admin), f"/api/v1/groups/{group.pk}/people/"
    words = {"content_type": JSON, "headers": {"Idempotency-Key": "once-only"}}
    body = {"user": str(guest.user.pk)}
    first, again = client.post(address, body, **words), client.post(address, body, **words)
    assert (first.status_code, first.content) == (again.status_code, again.content) == (204, b"")


def test_groups_are_edited_and_deleted(api_as, admin):
    client = api_as(admin)
    made = client.post("/api/v1/groups/", {"name": "Fraud team"}, content_type=JSON)
    assert made.status_code == 201 and made["ETag"]
    address = f"/api/v1/groups/{made.json()['id']}/"
    assert client.patch(address, {"description": "Cards"}, content_type=JSON).json()["name"] == "Fraud team"
    assert client.post("/api/v1/groups/", {"name": "Fraud team"}, content_type=JSON).status_code == 409
    assert client.delete(address).status_code == 204
    assert client.get(address).status_code == 404


def test_a_role_is_given_listed_and_taken_back(api_as, admin, guest, project):
    client = api_as(admin)
    wanted = {"project": "flights", "kind": "user", "holder_id": str(guest.user.pk), "role": "viewer"}
    given = client.post("/api/v1/project-roles/", wanted, content_type=JSON)
    assert (given.status_code, given.json()["holder"], given.json()["project"]) == (201, str(guest.user), "flights")
    assert api_as(guest).get("/api/v1/projects/flights/").status_code == 200
    assert [row["id"] for row in client.get("/api/v1/project-roles/?project=flights").json()] == [given.json()["id"]]

    assert api_as(guest).post("/api/v1/project-roles/", wanted, content_type=JSON).status_code == 403
    assert client.delete(f"/api/v1/project-roles/{given.json()['id']}/").status_code == 204
    assert api_as(guest).get("/api/v1/projects/flights/").status_code in (403, 404)


def test_who_can_see_a_thing_is_told_to_whoever_sees_it(api_as, viewer, guest, project, other_scientist):
    address = f"/api/v1/access/project/{project.pk}/"
    ways = {row["name"]: row["ways"] for row in api_as(viewer).get(address).json()}
    assert ways[str(viewer.user)] == ["Viewer of the tenant"]
    assert api_as(guest).get(address).status_code in (403, 404)
    assert api_as(other_scientist).get(address).status_code == 404
    assert api_as(viewer).get(f"/api/v1/access/project/{uuid4()}/").status_code == 404
    assert api_as(viewer).get(f"/api/v1/access/planet/{project.pk}/").status_code == 404
