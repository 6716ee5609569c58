"""Who comes through MLflow's door, and what stays outside."""

from __future__ import annotations

import json
from uuid import UUID, uuid4

import pytest

from apps.experiments.adapters.tracking import server_of
from apps.experiments.services.logged_files import _STEP as STEP
from apps.experiments.services.logged_files import Counted
from apps.tenants import services
from apps.tenants.choices import ThingKind, UsageKind
from apps.tenants.models import UsageHour, UsageSpan
from apps.tenants.selectors.held import stored
from apps.tenants.services.usage import meter_everything
from foundation.errors import OverQuota
from tests.apps.experiments.door import Door
from tests.support.people import make_person


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "graphql"),
        ("get", "api/3.0/mlflow/workspaces"),
        ("post", "api/3.0/mlflow/workspaces"),
        ("get", "ajax-api/2.0/mlflow/experiments/search"),
        ("get", "api/3.0/mlflow/gateway/secrets/list"),
        ("post", "api/2.0/mlflow/webhooks"),
        ("post", "api/3.0/mlflow/traces/search"),
        ("get", "get-artifact"),
        ("get", "version"),
        ("delete", "api/2.0/mlflow/runs/get"),
    ],
)
def test_what_is_not_on_the_list_does_not_exist(door, method, path):
    answer = getattr(door.client, method)(door.base + path)
    assert answer.status_code == 404
    assert answer.json()["error_code"] == "ENDPOINT_NOT_FOUND"
    assert "/t/acme/p/flights/experiments/" in answer.json()["message"]


def test_every_route_of_the_list_is_one_of_mlflows():
    from mlflow.server.handlers import get_endpoints

    from apps.experiments.adapters.mlflow_routes import ROUTES, find

    known = {(method, path) for path, _handler, methods in get_endpoints() for method in methods}
    found = [find(method, _filled(path)) for method, path in known]
    assert {match.route for match in found if match} == set(ROUTES)
    assert len([match for match in found if match]) == len(ROUTES)


def _filled(path):
    parts = {"<model_id>": "m-" + "0" * 32, "<path:artifact_path>": "a/b", "<tag_key>": "k"}
    for name, value in parts.items():
        path = path.replace(name, value)
    return path.lstrip("/")


@pytest.mark.parametrize("name", ["X-MLFLOW-WORKSPACE", "X_MLFLOW_WORKSPACE", "x-mlflow_workspace"])
def test_a_client_cannot_name_a_workspace(door, mine, theirs, name):
    headers = {name: theirs.workspace}
    found = door.client.get(f"{door.base}api/2.0/mlflow/experiments/search", {"max_results": 10}, headers=headers)
    assert [e["experiment_id"] for e in found.json()["experiments"]] == [mine.experiment]


RUN, EXPERIMENT, MODEL = "RUN", "EXPERIMENT", "MODEL"
TRACKING = "api/2.0/mlflow/"


@pytest.mark.parametrize(
    ("method", "path", "given"),
    [
        ("get", "runs/get", {"run_id": RUN}),
        ("get", "runs/get", {"run_uuid": RUN}),
        ("get", "experiments/get", {"experiment_id": EXPERIMENT}),
        ("get", "metrics/get-history", {"run_id": RUN, "metric_key": "loss"}),
        ("get", "metrics/get-history-bulk-interval", {"run_ids": ["MINE", RUN], "metric_key": "loss"}),
        ("get", "artifacts/list", {"run_id": RUN}),
        ("get", "logged-models/" + MODEL, {}),
        ("post", "runs/log-metric", {"run_id": RUN, "key": "loss", "value": 1, "timestamp": 1}),
        ("post", "runs/log-metric", {"runId": RUN, "key": "loss", "value": 1, "timestamp": 1}),
        ("post", "runs/log-batch", {"run_id": "MINE", "metrics": [{"key": "a", "value": 1, "model_id": MODEL}]}),
        ("post", "runs/search", {"experiment_ids": ["OURS", EXPERIMENT]}),
        ("post", "runs/search", {"experimentIds": [EXPERIMENT]}),
        ("post", "runs/create", {"experiment_id": EXPERIMENT}),
        ("post", "runs/outputs", {"run_id": "MINE", "models": [{"model_id": MODEL, "step": 0}]}),
        ("post", "runs/log-inputs", {"run_id": "MINE", "models": [{"modelId": MODEL}]}),
        ("post", "logged-models", {"experiment_id": "OURS", "name": "m", "source_run_id": RUN}),
        ("post", "logged-models/search", {"experiment_ids": [EXPERIMENT]}),
        ("patch", "logged-models/" + MODEL, {"status": 2}),
        ("post", "model-versions/create", {"name": "m", "source": f"runs:/{RUN}/m", "run_id": RUN}),
        ("post", "model-versions/create", {"name": "m", "source": f"models:/{MODEL}"}),
        ("post", "model-versions/create", {"name": "m", "source": f"models:/{MODEL}", "modelId": MODEL}),
    ],
)
def test_no_id_of_another_project_is_heard(door, mine, theirs, method, path, given):
    words = {
        RUN: theirs.run,
        EXPERIMENT: theirs.experiment,
        MODEL: theirs.model,
        "MINE": mine.run,
        "OURS": mine.experiment,
    }
    text = json.dumps(given)
    for word, value in words.items():
        text, path = text.replace(word, value), path.replace(word, value)
    given = json.loads(text)
    answer = (
        door.get(TRACKING + path, **given) if method == "get" else door.post(TRACKING + path, method=method, **given)
    )
    assert answer.status_code == 404, answer.content
    assert answer.json()["error_code"] == "RESOURCE_DOES_NOT_EXIST"
    assert "project has no" in answer.json()["message"]


@pytest.mark.parametrize(
    "source",
    [
        "/etc",
        "file:///etc",
        "s3://bucket/x",
        "mlflow-artifacts:/workspaces/p-00000000000000000000000000000000/1/x",
        "mlflow-artifacts://elsewhere/workspaces/x",
        "mlflow-artifacts:/../x",
        "models://profile@elsewhere/m/1",
        "http://127.0.0.1/x",
    ],
)
def test_a_model_version_comes_from_inside_the_project(door, mine, source):
    door.post("api/2.0/mlflow/registered-models/create", name="m")
    answer = door.post("api/2.0/mlflow/model-versions/create", name="m", source=source, run_id=mine.run)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert "source" in answer.json()["message"]


@pytest.mark.parametrize("location", ["file:///tmp/x", "s3://b/x", "mlflow-artifacts:/workspaces/p-0/x", "/tmp"])
def test_artifacts_of_an_experiment_lie_inside_the_project(door, project, location):
    answer = door.post("api/2.0/mlflow/experiments/create", name="far", artifactLocation=location)
    assert answer.status_code == 400
    assert "artifact_location" in answer.json()["message"]


def test_no_path_leads_to_another_projects_files(door, mine, theirs):
    secret = f"{theirs.experiment}/{theirs.run}/artifacts/secret.txt"
    files = "api/2.0/mlflow-artifacts/artifacts"
    tricks = [
        f"workspaces/{theirs.workspace}/{secret}",
        f"./workspaces/{theirs.workspace}/{secret}",
        f"%2e/workspaces/{theirs.workspace}/{secret}",
        f"%252e/workspaces/{theirs.workspace}/{secret}",
        f"%25252e%25252e/{theirs.workspace}/{secret}",
        f"x/%2e%2e/%2e%2e/{theirs.workspace}/{secret}",
        f"workspaces/{mine.workspace}/%2e%2e/{theirs.workspace}/{secret}",
        f"workspaces%2f{theirs.workspace}/{secret}",
        f"workspaces%5c{theirs.workspace}/{secret}",
        f"//workspaces/{theirs.workspace}/{secret}",
    ]
    for trick in tricks:
        answer = door.client.get(f"{door.base}{files}/{trick}")
        assert answer.status_code == 404, trick
    for path in (f"workspaces/{theirs.workspace}", f"./workspaces/{theirs.workspace}", "workspaces", "../x"):
        assert door.get(files, path=path).status_code == 404, path
    for path in ("../x", "a/../../x"):
        assert door.get("api/2.0/mlflow/artifacts/list", run_id=mine.run, path=path).status_code == 404


def test_files_are_written_below_a_run_and_come_back_as_attachments(door, mine):
    files = "api/2.0/mlflow-artifacts/artifacts"
    below = f"workspaces/{mine.workspace}/{mine.experiment}/{mine.run}/artifacts"
    assert door.put(f"{files}/{below}/page.html", b"<script>alert(1)</script>").status_code == 200
    found = door.client.get(f"{door.base}{files}/{below}/page.html")
    assert b"".join(found.streaming_content) == b"<script>alert(1)</script>"
    assert found["Content-Disposition"].startswith("attachment")
    assert (found["Content-Security-Policy"], found["X-Content-Type-Options"]) == ("sandbox", "nosniff")
    for path in ("loose.txt", f"{mine.experiment}/loose.txt", mine.experiment, f"{mine.experiment}/{mine.run}"):
        assert door.put(f"{files}/{path}").status_code == 400
        assert door.client.delete(f"{door.base}{files}/{path}").status_code == 400


def test_a_file_for_which_the_quota_has_no_room_is_refused_at_once(door, mine, admin, project):
    services.set_quota(actor=admin, project_id=project.pk, storage_bytes=10)
    file = (
        f"api/2.0/mlflow-artifacts/artifacts/workspaces/{mine.workspace}/{mine.experiment}/{mine.run}/artifacts/a.txt"
    )
    assert door.put(file, b"x" * 10).status_code == 200
    answer = door.put(file, b"x" * 11)
    assert (answer.status_code, answer.json()["error_code"]) == (413, "REQUEST_LIMIT_EXCEEDED")
    assert "allows 10 bytes of storage" in answer.json()["message"]


def test_a_transfer_in_parts_is_refused_in_words_that_the_client_knows(door, mine):
    from mlflow.exceptions import _UnsupportedMultipartUploadException

    answer = door.post(f"api/2.0/mlflow-artifacts/mpu/create/1/{mine.run}/artifacts", path="x", num_parts=2)
    assert answer.status_code == 501
    assert answer.json()["message"].startswith(_UnsupportedMultipartUploadException.MESSAGE)


def test_a_viewer_reads_and_does_not_write(door, mine, api_as, viewer):
    reader = Door(api_as(viewer), door.base)
    assert reader.get("api/2.0/mlflow/runs/get", run_id=mine.run).status_code == 200
    answer = reader.post("api/2.0/mlflow/runs/set-tag", run_id=mine.run, key="a", value="b")
    assert (answer.status_code, answer.json()["error_code"]) == (403, "PERMISSION_DENIED")
    assert "run.track" in answer.json()["message"]


def test_without_a_token_nobody_comes_in(door, client, client_as, scientist, other_scientist, api_as, mine):
    answer = client.get(f"{door.base}api/2.0/mlflow/experiments/search")
    assert (answer.status_code, answer.json()["error_code"]) == (401, "UNAUTHENTICATED")
    assert "MLFLOW_TRACKING_TOKEN" in answer.json()["message"]
    stranger = api_as(other_scientist).get(f"{door.base}api/2.0/mlflow/experiments/search")
    assert (stranger.status_code, stranger.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")
    session = Door(client_as(scientist), door.base)
    assert session.get("api/2.0/mlflow/runs/get", run_id=mine.run).status_code == 200
    written = session.post("api/2.0/mlflow/runs/set-tag", run_id=mine.run, key="a", value="b")
    assert written.status_code == 403
    assert "takes a token" in written.json()["message"]


def test_bodies_that_are_no_object_are_refused(door):
    for body in ("[]", "{", "3"):
        path = f"{door.base}api/2.0/mlflow/runs/create"
        answer = door.client.post(path, body, content_type="application/json")
        assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


def test_an_address_printed_by_the_client_leads_to_the_runs_page(door, client_as, scientist):
    page = client_as(scientist).get(door.base)
    assert page.status_code == 200
    assert b"data-tracked" in page.content


def test_ids_of_no_known_shape_are_unknown(door):
    for run_id in ("x", "../x", str(uuid4()), UUID(int=0).hex):
        assert door.get("api/2.0/mlflow/runs/get", run_id=run_id).status_code == 404


def test_a_default_experiment_is_the_projects_own(door, project):
    made = door.post("api/2.0/mlflow/runs/create", experiment_id="0").json()["run"]["info"]
    assert made["experiment_id"] == server_of(project.pk).ensure_experiment("Default")


FILES = "api/2.0/mlflow-artifacts/artifacts"


def below(tracked, name):
    return f"{FILES}/workspaces/{tracked.workspace}/{tracked.experiment}/{tracked.run}/artifacts/{name}"


def kept(project):
    spans = UsageSpan.objects.filter(project_id=project.pk, thing_kind=ThingKind.FILES, ended_at=None)
    return {span.person_id: span.byte_count for span in spans if span.byte_count}


def test_what_clients_log_fills_the_quota_and_is_billed(door, mine, admin, scientist, project):
    services.set_quota(actor=admin, project_id=None, storage_bytes=1000)
    for number in range(2):
        assert door.put(below(mine, f"{number}.bin"), b"x" * 450).status_code == 200
    answer = door.put(below(mine, "2.bin"), b"x" * 450)
    assert (answer.status_code, "900 are in use" in answer.json()["message"]) == (413, True)
    assert stored(tenant_id=project.tenant_id) == 900
    assert kept(project) == {scientist.user.pk: 900}

    meter_everything()
    hours = UsageHour.objects.filter(project_id=project.pk, kind=UsageKind.STORAGE, person_id=scientist.user.pk)
    assert sum(hour.amount for hour in hours) > 0


def test_a_file_that_is_written_anew_counts_once_and_one_that_is_deleted_no_more(door, mine, admin, project):
    services.set_quota(actor=admin, project_id=None, storage_bytes=1000)
    for size in (900, 950, 100):
        assert door.put(below(mine, "model/weights.bin"), b"x" * size).status_code == 200
    assert door.put(below(mine, "model/a.txt"), b"x" * 10).status_code == 200
    assert door.put(below(mine, "models.txt"), b"x" * 5).status_code == 200
    assert stored(tenant_id=project.tenant_id) == 115
    assert door.client.delete(door.base + below(mine, "model")).status_code == 200
    assert stored(tenant_id=project.tenant_id) == 5
    assert door.client.delete(door.base + below(mine, "models.txt")).status_code == 200
    assert stored(tenant_id=project.tenant_id) == 0


def test_a_colleague_who_writes_a_file_anew_bears_it_from_then_on(door, mine, tenant, project, scientist, api_as):
    other = make_person(tenant, "scientist", email="other@acme.test")
    assert door.put(below(mine, "a.bin"), b"x" * 30).status_code == 200
    assert Door(api_as(other), door.base).put(below(mine, "a.bin"), b"x" * 70).status_code == 200
    assert kept(project) == {other.user.pk: 70}


def test_what_did_not_land_is_not_counted(door, mine, project):
    assert door.put(f"{FILES}/loose.txt", b"x" * 30).status_code == 400
    assert kept(project) == {}


def test_a_file_whose_length_nobody_announced_is_stopped_at_the_quota():
    asked = []

    def check(more):
        asked.append(more)
        if more > 2 * STEP:
            raise OverQuota("Full.")

    passed = []
    with pytest.raises(OverQuota):
        passed.extend(len(piece) for piece in Counted([b"x" * STEP] * 9, 0, check))
    assert sum(passed) == 2 * STEP
    announced = Counted([b"x" * 5, b"x" * 5], 10, check)
    assert (list(announced), announced.count, len(asked)) == ([b"x" * 5] * 2, 10, 2)
