"""What comes in again and again, by REST: its life, with a narrow token, beside rows that are added by a version."""

from __future__ import annotations

import json

import pytest

from apps.datasets import services
from apps.datasets.choices import Mode, VersionState
from apps.datasets.models import DatasetVersion, Ingestion
from foundation.clock import now
from foundation.errors import Invalid
from tests.apps.datasets.test_pulling import dataset, warehouse
from tests.support.source_servers import loopback_allowed, postgresql

__all__ = ["dataset", "loopback_allowed", "postgresql", "warehouse"]
pytestmark = pytest.mark.usefixtures("loopback_allowed")
REST = "/api/v1/ingestions/"
# What a program needs that says elsewhere that something new is there.
NARROW = ["dataset.view", "dataset.create", "connection.view"]


@pytest.fixture
def api(scientist, api_as):
    return api_as(scientist)


@pytest.fixture
def made(scientist, dataset, warehouse):
    plan = services.Plan(warehouse.connection.pk, "public.orders", mode=Mode.INCREMENTAL, key=("id",), cursor="id")
    return services.create_ingestion(actor=scientist, dataset=dataset, plan=plan, now=now())


def sent(client, method, path, body=None, **headers):
    return getattr(client, method)(f"{REST}{path}", body or {}, content_type="application/json", headers=headers)


def test_one_lives_its_whole_life(api, dataset, warehouse, run_jobs):
    body = {"dataset": str(dataset.pk), "connection": str(warehouse.connection.pk), "place": "public.orders"}
    nowhere = sent(api, "post", "", {name: body[name] for name in ("dataset", "connection")})
    assert nowhere.status_code == 422 and "place" in json.dumps(nowhere.json()["errors"])
    body |= {"mode": "incremental", "cursor": "id", "key": ["id"], "cron": "30 6 * * *", "zone": "Asia/Dubai"}
    answer = sent(api, "post", "", body, **{"Idempotency-Key": "one"})
    assert answer.status_code == 201, answer.content
    own, pk = answer.json(), answer.json()["id"]
    assert (own["project"], own["dataset_name"], own["connection_name"]) == ("flights", "Orders", "Warehouse")
    assert (own["state"], own["last_state"], own["next_at"] is not None) == ("active", None, True)
    assert sent(api, "post", "", body, **{"Idempotency-Key": "one"}).json()["id"] == pk

    begun = sent(api, "post", f"{pk}/run/")
    assert (begun.status_code, begun.json()["state"], begun.json()["ingestion"]) == (202, "ingesting", pk)
    assert sent(api, "post", f"{pk}/run/").status_code == 409
    version = begun.json()["id"]
    halted = api.post(f"/api/v1/dataset-versions/{version}/pause/").json()
    assert halted["paused_at"] and api.post(f"/api/v1/dataset-versions/{version}/resume/").json()["paused_at"] is None
    run_jobs()
    done = api.get(f"/api/v1/dataset-versions/{version}/").json()
    assert (done["state"], done["row_count"]) == ("ready", 1234)
    assert done["source"]["trigger"] == "program" and not {"pin", "since", "reached"} & set(done["source"])
    again = sent(api, "post", f"{pk}/run/").json()["id"]
    run_jobs()
    assert api.get(f"/api/v1/dataset-versions/{again}/").json()["state"] == "unchanged"
    assert [run["state"] for run in api.get(f"{REST}{pk}/runs/").json()["results"]] == ["unchanged", "ready"]
    anew = sent(api, "post", f"{pk}/run/", {"since": "100", "until": "110"}).json()
    assert anew["source"]["span"] == {"column": "id", "since": "100", "until": "110"}

    tag = api.get(f"{REST}{pk}/")["ETag"]
    changed = sent(api, "patch", f"{pk}/", {"cron": "0 * * * *", "after": None}, **{"If-Match": tag})
    assert (changed.status_code, changed.json()["cron"], changed.json()["key"]) == (200, "0 * * * *", ["id"])
    assert sent(api, "patch", f"{pk}/", {"cron": ""}, **{"If-Match": tag}).status_code == 412
    assert sent(api, "post", f"{pk}/pause/").json()["next_at"] is None
    assert sent(api, "post", f"{pk}/resume/").json()["state"] == "active"
    for query in ({"project": "flights"}, {"dataset": str(dataset.pk)}, {}):
        assert [row["id"] for row in api.get(REST, query).json()["results"]] == [pk]
    assert api.get(REST, {"dataset": "nonsense"}).status_code == 404
    assert sent(api, "delete", f"{pk}/").status_code == 409
    run_jobs()
    assert sent(api, "delete", f"{pk}/").status_code == 204
    assert not Ingestion.objects.exists() and DatasetVersion.objects.count() == 3


def test_a_narrow_token_is_enough_to_run_one_and_for_nothing_else(scientist, api_as, made, project):
    program = api_as(scientist, project_id=project.pk, scopes=NARROW)
    assert sent(program, "post", f"{made.pk}/run/").status_code == 202
    for lacking in NARROW:
        scopes = [scope for scope in NARROW if scope != lacking]
        answer = sent(api_as(scientist, project_id=project.pk, scopes=scopes), "post", f"{made.pk}/run/")
        assert answer.status_code in {403, 404}, lacking
    assert program.get("/api/v1/runs/", {"project": "flights"}).status_code == 403


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"mode": "sideways"}, "mode"),
        ({"cron": "61 * * * *"}, "cron"),
        ({"zone": "Dubai", "cron": "0 * * * *"}, "zone"),
        ({"mode": "upsert", "key": []}, "key"),
        ({"mode": "incremental", "cursor": ""}, "cursor"),
        ({"key": ["x" * 300]}, "key"),
    ],
)
def test_what_cannot_be_kept_is_refused_at_its_field(api, made, words, field):
    answer = sent(api, "patch", f"{made.pk}/", words)
    assert answer.status_code == 422 and field in json.dumps(answer.json()["errors"]), answer.json()


def test_readers_and_other_projects_and_other_datasets(viewer, admin, api_as, api, made, scientist, warehouse):
    from apps.projects import services as projects

    reader = api_as(viewer)
    assert reader.get(f"{REST}{made.pk}/").status_code == 200
    assert sent(reader, "post", f"{made.pk}/run/").status_code == 403
    other = projects.create_project(actor=admin, slug="other", name="Other", purpose="Else")
    theirs = services.create_dataset(actor=admin, project=other, name="Theirs")
    answer = sent(api_as(admin), "patch", f"{made.pk}/", {"after": str(theirs.pk)})
    assert answer.status_code == 422 and "same project" in json.dumps(answer.json())
    plan = services.Plan(warehouse.connection.pk, "public.orders")
    with pytest.raises(Invalid, match="another project"):
        services.create_ingestion(actor=admin, dataset=theirs, plan=plan, now=now())


def test_rows_are_added_by_a_version_of_a_table_and_of_sql(api, written, warehouse, run_jobs):
    first = written("orders.csv", b"id,word\n-1,a\n-2,b\n")
    address = f"/api/v1/datasets/{first.dataset_id}/versions/"

    def post(**body):
        return api.post(address, body, content_type="application/json")

    sql = {"sql": "SELECT id - 10 AS id, word FROM orders", "inputs": {"orders": str(first.pk)}, "mode": "append"}
    begun = post(**sql)
    assert begun.status_code == 202 and begun.json()["source"]["mode"] == "append"
    run_jobs()
    assert DatasetVersion.objects.get(pk=begun.json()["id"]).row_count == 4
    lying = {"connection": str(warehouse.connection.pk), "place": "public.orders"}
    assert "key" in json.dumps(post(**lying, mode="upsert").json()["errors"])
    assert post(**lying, mode="incremental").status_code == 422
    assert post(**lying, mode="upsert", key=["id"]).json()["source"]["key"] == ["id"]


def test_the_archive_holds_them_and_a_connection_names_them(admin, made, api_as):
    files = {path: b"".join(parts) for path, parts in services.dataset_part(admin) if path.endswith("ingestions.json")}
    [row] = json.loads(files["datasets/ingestions.json"])
    assert (row["place"], row["cursor"], row["key"]) == ("public.orders", "id", ["id"])
    refused = api_as(admin).delete(f"/api/v1/connections/{made.connection_id}/")
    assert refused.status_code == 409 and "Orders ← public.orders" in refused.json()["detail"]


def test_a_paused_ingestion_and_a_dataset_of_it_go_with_their_project(admin, made, project, run_jobs):
    from apps.projects.services.rows import delete_rows

    services.run_ingestion(actor=admin, ingestion=made)
    run_jobs()
    assert DatasetVersion.objects.get().state == VersionState.READY
    delete_rows(project=project)
    assert not Ingestion.objects.exists() and not DatasetVersion.objects.exists()
