"""/api/v1/projects."""

from apps.projects import services
from foundation.identity import Actor

URL = "/api/v1/projects/"
NEW = {"name": "Fraud", "slug": "fraud", "purpose": "Find fraud"}


def post(client, url, body, **headers):
    return client.post(url, body, content_type="application/json", headers=headers)


def test_create_read_and_list(api_as, scientist):
    client = api_as(scientist)
    made = post(client, URL, NEW)

    assert made.status_code == 201
    assert client.get(f"{URL}fraud/").json()["purpose"] == "Find fraud"
    assert [p["slug"] for p in client.get(URL).json()["results"]] == ["fraud"]


def test_a_slug_left_out_is_made_from_the_name(api_as, scientist):
    made = post(api_as(scientist), URL, {"name": "Late flights", "purpose": "Else"})

    assert (made.status_code, made.json()["slug"]) == (201, "late-flights")


def test_a_repeated_request_with_the_same_key_creates_once(api_as, scientist):
    client = api_as(scientist)
    first, second = (post(client, URL, NEW, **{"Idempotency-Key": "once"}) for _ in range(2))

    assert first.status_code == second.status_code == 201
    assert first.json()["id"] == second.json()["id"]


def test_a_taken_slug_is_a_conflict_in_problem_details(api_as, scientist, project):
    answer = post(api_as(scientist), URL, NEW | {"slug": "flights"})

    assert answer.status_code == 409
    assert answer["Content-Type"] == "application/problem+json"
    assert "flights" in answer.json()["detail"]


def test_faulty_fields_are_named(api_as, scientist):
    answer = post(api_as(scientist), URL, {"slug": "Not a slug", "name": "x", "purpose": "y"})

    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == ["slug"]


def test_a_patch_changes_what_it_names(api_as, scientist, project):
    client = api_as(scientist)
    answer = client.patch(f"{URL}flights/", {"name": "Late flights"}, content_type="application/json")

    assert answer.json()["name"] == "Late flights"
    assert answer.json()["purpose"] == "Predict late flights"


def test_a_patch_on_an_old_reading_is_refused(api_as, scientist, project):
    client = api_as(scientist)
    tag = client.get(f"{URL}flights/")["ETag"]
    services.edit_project(actor=scientist, project=project, name="By another", purpose=project.purpose)

    answer = client.patch(
        f"{URL}flights/", {"name": "Mine"}, content_type="application/json", headers={"If-Match": tag}
    )
    assert answer.status_code == 412


def test_a_token_of_one_project_sees_that_one_and_creates_none(api_as, scientist, project):
    services.create_project(actor=scientist, slug="other", name="Other", purpose="Other")
    client = api_as(scientist, project_id=project.pk)

    assert [p["slug"] for p in client.get(URL).json()["results"]] == ["flights"]
    assert client.get(f"{URL}other/").status_code == 404
    assert post(client, URL, NEW).status_code == 403


def test_the_portal_itself_may_create(tenant):
    project = services.create_project(actor=Actor.system(tenant), **NEW)

    assert project.created_by is None
