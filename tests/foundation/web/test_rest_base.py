from datetime import datetime, timedelta

import pytest

from foundation.clock import now
from foundation.web import described
from tests.support.people import make_person


def test_without_a_token_nobody_is_told_anything(client, tenant):
    answer = client.get("/api/v1/projects/", headers={"Accept": "application/json"})
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"].startswith("Sign in")
    assert answer.json()["request_id"] == answer["X-Request-Id"]


def test_a_void_token_says_so(client, tenant):
    answer = client.get("/api/v1/projects/", headers={"Authorization": "Bearer snd_nothing"})
    assert answer.status_code == 401
    assert "unknown, expired or revoked" in answer.json()["detail"]


def test_a_token_of_one_project_does_not_open_another(api_as, scientist, project):
    from apps.projects import services

    services.create_project(actor=scientist, slug="other", name="Other", purpose="x")
    client = api_as(scientist, project_id=project.pk)
    assert client.get("/api/v1/datasets/?project=flights").status_code == 200
    assert client.get("/api/v1/datasets/?project=other").status_code == 404


def test_a_read_only_token_writes_nothing(api_as, scientist, project):
    client = api_as(scientist, scopes=["dataset.view", "project.view"])
    body = {"project": "flights", "name": "x"}
    answer = client.post("/api/v1/datasets/", body, content_type="application/json")
    assert answer.status_code == 403
    assert answer.json()["details"] == {"permission": "dataset.create"}


def test_a_browser_session_needs_its_csrf_token_to_write(scientist, project):
    from django.test import Client

    client = Client(enforce_csrf_checks=True, headers={"X-Sanad-Tenant": scientist.tenant.slug})
    client.force_login(scientist.user)
    assert client.get("/api/v1/datasets/?project=flights").status_code == 200
    answer = client.post("/api/v1/datasets/", {"project": "flights", "name": "x"}, content_type="application/json")
    assert answer.status_code == 403


def test_a_missing_query_parameter_is_named(api_as, scientist):
    answer = api_as(scientist).get("/api/v1/datasets/")
    assert answer.status_code == 422
    assert answer.json()["errors"] == {"project": ["This is required."]}


def test_times_are_utc_for_programs(api_as, scientist, project):
    found = api_as(scientist).get("/api/v1/projects/").json()["results"][0]
    assert found["created_at"].endswith("Z")


def test_another_tenants_things_are_not_found(api_as, other_tenant, project):
    stranger = make_person(other_tenant, "admin")
    assert api_as(stranger).get("/api/v1/datasets/?project=flights").status_code == 404


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_operations_answer_everybody(client, db, path):
    assert client.get(path).status_code == 200


def test_security_txt_names_the_contact_and_until_when_it_holds(client, db, settings):
    settings.SANAD_SECURITY_CONTACT = ["security@acme.test", "https://acme.test/report"]
    told = [line.split(": ", 1) for line in client.get("/.well-known/security.txt").content.decode().splitlines()]

    assert [said for name, said in told if name == "Contact"] == [
        "mailto:security@acme.test",
        "https://acme.test/report",
    ]
    (expires,) = [datetime.fromisoformat(said) for name, said in told if name == "Expires"]
    assert timedelta(days=30) < expires - now() < timedelta(days=365)


def test_without_a_contact_there_is_no_security_txt(client, db):
    assert client.get("/.well-known/security.txt").status_code == 404


def test_the_schema_describes_every_resource(client, db):
    schema = client.get("/api/v1/schema/", headers={"Accept": "application/json"}).json()
    assert schema["openapi"].startswith("3.1")
    paths = set(schema["paths"])
    for resource in (
        "projects",
        "datasets",
        "feature-definitions",
        "feature-services",
        "feature-views",
        "training-sets",
        "runs",
        "models",
        "deployments",
        "monitors",
    ):
        assert f"/api/v1/{resource}/" in paths


def test_the_description_is_worked_out_once_whoever_asks_and_in_each_format(client, db):
    asked = {"Accept": "application/vnd.oai.openapi+json"}
    first = client.get("/api/v1/schema/", headers=asked)
    before = described._rendered.cache_info()
    again = client.get("/api/v1/schema/?version=7&lang=en", headers=asked)
    assert described._rendered.cache_info().hits == before.hits + 1
    assert again.content == first.content
    assert again.headers["Content-Type"] == "application/vnd.oai.openapi+json"
    assert client.get("/api/v1/schema/").content.startswith(b"openapi:")
