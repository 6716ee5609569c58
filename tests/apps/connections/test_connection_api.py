"""Connections by REST: made, changed, tested, looked through, deleted; secrets go in and never come out."""

from __future__ import annotations

import json

import pytest

from apps.connections import services
from apps.connections.models import Connection
from apps.connections.services.sealing import opened
from foundation.clock import now
from tests.apps.connections.stand import stage, warehouse
from tests.apps.datasets.test_masking import blind
from tests.support.people import make_person

__all__ = ["stage", "warehouse"]
REST = "/api/v1/connections/"


@pytest.fixture
def api(admin, api_as):
    return api_as(admin)


def body_of(stage, **words):
    return {
        "name": "Warehouse",
        "kind": stage.kind,
        "settings": stage.settings,
        "secrets": stage.secrets,
        "project": "flights",
        **words,
    }


def sent(client, method, path, body=None):
    return getattr(client, method)(f"{REST}{path}", body or {}, content_type="application/json")


def at(connection, act=""):
    return f"{connection.pk}/{act}"


def test_one_lives_its_whole_life(api, stage, project, admin):
    made = sent(api, "post", "", body_of(stage))
    assert made.status_code == 201, made.content
    (pk, own) = (made.json()["id"], made.json())
    assert (own["project"], own["standing"], own["has_secrets"], own["at_once"]) == ("flights", "untried", True, 2)

    tested = sent(api, "post", f"{pk}/test/").json()
    assert tested["standing"] == "well" and all(step["ok"] for step in tested["steps"])
    (thing,) = api.get(f"{REST}{pk}/things/", {"project": "flights", "prefix": "public.ord"}).json()
    assert (thing["name"], thing["kind"]) == ("public.orders", "table")
    look = api.get(f"{REST}{pk}/preview/", {"project": "flights", "place": "public.orders"}).json()
    assert (look["rows"], look["columns"][0]["name"], look["sample"][0]["id"]) == (1234, "id", 3)
    # Nobody has classified what lies there, so whoever sees masks sees no row of it.
    where = {"connection": Connection.objects.get(pk=pk), "project_id": project.pk, "place": "public.orders"}
    masked = services.described(actor=blind(admin, "connection.view"), **where)
    assert (masked.rows, masked.columns[0].name, masked.sample) == (1234, "id", None)

    changed = sent(api, "patch", f"{pk}/", {"name": "Sales", "settings": {"database": "shop"}}).json()
    assert (changed["name"], changed["standing"]) == ("Sales", "well")
    assert [row["id"] for row in api.get(REST, {"project": "flights"}).json()["results"]] == [pk]
    assert sent(api, "delete", f"{pk}/").status_code == 204
    assert not Connection.objects.exists()


def test_no_answer_holds_a_secret(api, stage, project):
    made = sent(api, "post", "", body_of(stage))
    pk = made.json()["id"]
    answers = [made, api.get(REST), api.get(f"{REST}{pk}/"), sent(api, "post", f"{pk}/test/")]
    answers += [sent(api, "patch", f"{pk}/", {"secrets": stage.wrong}), sent(api, "post", f"{pk}/test/")]
    answers += [api.get(f"{REST}{pk}/preview/", {"project": "flights", "place": "public.orders"})]
    answers += [sent(api, "post", "", body_of(stage, settings={}))]
    for answer in answers:
        told = json.dumps(answer.json(), ensure_ascii=False)
        assert stage.secrets["password"] not in told and stage.wrong["password"] not in told
        assert "secrets" not in answer.json()


def test_a_wrong_password_is_a_step_and_no_problem(api, warehouse, stage):
    sent(api, "patch", at(warehouse), {"secrets": stage.wrong})
    tested = sent(api, "post", at(warehouse, "test/"))
    assert (tested.status_code, tested.json()["standing"]) == (200, "broken")
    assert not tested.json()["steps"][-1]["ok"]
    refused = api.get(f"{REST}{at(warehouse, 'things/')}", {"project": "flights"})
    assert (refused.status_code, refused["Content-Type"]) == (422, "application/problem+json")
    assert refused.json()["type"].endswith("/problems/source-refused")
    assert "password of reader" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"settings": {"host": "127.0.0.1"}}, "database"),
        ({"kind": "ftp"}, "kind"),
        ({"secrets": {"token": "x"}}, "token"),
        ({"at_once": 99}, "at_once"),
        ({"settings": {"host": "127.0.0.1", "database": "shop", "user": "reader", "password": "x"}}, "password"),
    ],
)
def test_what_is_wrong_is_a_problem_that_names_its_field(api, stage, project, words, field):
    refused = sent(api, "post", "", body_of(stage, **words))
    assert (refused.status_code, refused["Content-Type"]) == (422, "application/problem+json")
    assert field in refused.json()["errors"]
    assert not Connection.objects.exists()


def test_a_new_address_wants_the_secret_again(api, warehouse, stage):
    refused = sent(api, "patch", at(warehouse), {"settings": {"host": "8.8.8.8"}})
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["password"])
    moved = sent(api, "patch", at(warehouse), {"settings": {"host": "8.8.8.8"}, "secrets": {"password": "new"}})
    assert moved.json()["settings"]["host"] == "8.8.8.8"
    warehouse.refresh_from_db()
    assert opened(warehouse) == {"password": "new"}


def test_what_is_not_there_is_told_apart(api, warehouse):
    missing = api.get(f"{REST}{at(warehouse, 'preview/')}", {"project": "flights", "place": "public.nothing"})
    assert (missing.status_code, missing.json()["type"].rsplit("/", 1)[-1]) == (404, "place-missing")
    for act in ("things/", "preview/"):
        assert api.get(f"{REST}{at(warehouse, act)}").status_code == 422
    taken = sent(api, "post", "", {"name": "Warehouse", "kind": "http", "settings": {"urls": "https://8.8.8.8/a.csv"}})
    assert taken.status_code == 409


def test_another_tenants_is_none(warehouse, other_tenant, api_as):
    stranger = api_as(make_person(other_tenant, "admin"))
    assert stranger.get(REST).json()["results"] == []
    for method, act in (("get", ""), ("patch", ""), ("delete", ""), ("post", "test/")):
        assert sent(stranger, method, at(warehouse, act)).status_code == 404
    for act in ("things/", "preview/"):
        query = {"project": "flights", "place": "public.orders"}
        assert stranger.get(f"{REST}{at(warehouse, act)}", query).status_code == 404
    assert Connection.objects.count() == 1


def test_scientists_look_and_administrators_change(warehouse, stage, scientist, viewer, api_as):
    user, reader = api_as(scientist), api_as(viewer)
    for client in (user, reader):
        assert client.get(f"{REST}{at(warehouse)}").status_code == 200
        assert sent(client, "post", "", body_of(stage, name="Mine")).status_code == 403
        for method, act in (("patch", ""), ("delete", ""), ("post", "test/")):
            assert sent(client, method, at(warehouse, act)).status_code == 403
    things = f"{REST}{at(warehouse, 'things/')}"
    assert user.get(things, {"project": "flights"}).status_code == 200
    assert reader.get(things, {"project": "flights"}).status_code == 403


def test_it_is_read_through_in_its_own_project_alone(api, admin, warehouse):
    from apps.projects import services as projects

    projects.create_project(actor=admin, slug="other", name="Other", purpose="Else")
    refused = api.get(f"{REST}{at(warehouse, 'things/')}", {"project": "other"})
    assert refused.status_code == 422 and "belongs to another project" in refused.json()["detail"]
    assert api.get(REST, {"project": "other"}).json()["results"] == []


def test_a_token_of_one_project_sees_its_own_and_those_for_all(admin, warehouse, stage, api_as):
    from apps.projects import services as projects

    other = projects.create_project(actor=admin, slug="other", name="Other", purpose="Else")
    words = {"kind": stage.kind, "settings": stage.settings, "secrets": stage.secrets, "now": now()}
    services.create_connection(actor=admin, name="Everywhere", **words)
    limited = api_as(admin, project_id=other.pk)
    assert [row["name"] for row in limited.get(REST).json()["results"]] == ["Everywhere"]
    assert limited.get(f"{REST}{at(warehouse)}").status_code == 404
