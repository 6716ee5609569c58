"""A run's model is what the run left: whatever is put there later is found before it is registered."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from apps.experiments import selectors
from apps.experiments.adapters import tracking
from apps.experiments.adapters.mlflow_relay import Ask, send
from apps.experiments.adapters.tracking import workspace_of
from apps.experiments.errors import FilesChanged
from apps.experiments.services.ending import conclude
from apps.registry import selectors as registry
from apps.registry import services as registering
from apps.registry.choices import Stage
from foundation import ledger
from foundation.engines.ports import WorkloadStatus
from foundation.errors import Conflict
from runtime.signature import directory_digest, file_digests

LEFT = {"MLmodel": b"flavors: {}", "sanad/manifest.json": b"{}", "sanad/metrics.json": b"{}"}


@pytest.fixture
def ended(attempt, scientist):
    """A run of the portal that has written its model and ended well."""
    run, inside = attempt
    model = f"api/2.0/mlflow-artifacts/artifacts/{run.experiment.mlflow_id}/{run.mlflow_run_id}/artifacts/model"
    for name, content in LEFT.items():
        assert inside.put(f"{model}/{name}", content).status_code == 200
    run.engine_name = ""
    run.save()
    job = SimpleNamespace(actor=scientist, progress=lambda *_said: None, scope=nullcontext)
    conclude(job=job, run=run, status=WorkloadStatus("succeeded"))
    run.refresh_from_db()
    return run


def behind_the_door(run, method, name, body=None):
    """What somebody does who reaches the tracking server's files themselves."""
    workspace = workspace_of(run.project_id)
    folder = f"workspaces/{workspace}/{run.experiment.mlflow_id}/{run.mlflow_run_id}/artifacts/model"
    ask = Ask(workspace, method, f"api/2.0/mlflow-artifacts/artifacts/{folder}/{name}", body=body)
    assert send(ask, stream=False).status == 200


def test_a_run_leaves_the_digests_of_its_files(ended, tmp_path):
    folder = selectors.download_model(ended, tmp_path)
    assert {path: (folder / path).read_bytes() for path in ended.model_files} == LEFT
    assert ended.model_files == file_digests(folder)
    (entry,) = [event for event in ledger.events_of(subject=("run", ended.pk)) if event.kind == "run.succeeded"]
    assert entry.payload["model_digest"] == directory_digest(ended.model_files)


@pytest.mark.parametrize(
    ("method", "name", "said"),
    [
        ("PUT", "lib/evil.pkl", "“lib/evil.pkl” was put into #1's model after the run had ended"),
        ("PUT", "sanad/signature.json", "“sanad/signature.json” was put into"),
        ("PUT", "MLmodel", "“MLmodel” of #1's model was changed"),
        ("DELETE", "MLmodel", "“MLmodel” of #1's model is missing"),
    ],
)
def test_other_files_than_the_runs_are_not_taken(ended, tmp_path, method, name, said):
    behind_the_door(ended, method, name, b"planted" if method == "PUT" else None)
    with pytest.raises(FilesChanged, match=said):
        selectors.download_model(ended, tmp_path)


def test_a_planted_file_ends_the_registration_with_its_name(ended, scientist, run_jobs):
    behind_the_door(ended, "PUT", "evil.pkl", b"planted")
    version = registering.register_version(actor=scientist, run_id=ended.pk, name="flowers")
    run_jobs()
    version = registry.get_model_version(actor=scientist, version_id=version.pk)
    assert (version.stage, version.artifact_digest) == (Stage.FAILED, "")
    assert "“evil.pkl” was put into #1's model after the run had ended" in version.failure


def test_a_model_beyond_the_limit_is_not_fetched(ended, settings, tmp_path):
    behind_the_door(ended, "PUT", "weights.bin", b"x" * 2_000_000)
    settings.SANAD_MODEL_LIMIT_MB = 1
    with pytest.raises(Conflict, match="holds 2 MiB; this portal takes up to 1"):
        selectors.download_model(ended, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "said"), [(b"{" * 200_000, "more than 0 MiB"), (b"no", "is no JSON"), (b"[" * 90_000, "is no JSON")]
)
def test_a_report_that_nobody_can_read_is_said_so(ended, monkeypatch, content, said):
    monkeypatch.setattr(tracking, "MOST_JSON_BYTES", 100_000)
    behind_the_door(ended, "PUT", "sanad/importance.json", content)
    with pytest.raises(Conflict, match=said):
        selectors.report_of(ended, "importance")


def test_a_run_whose_files_nobody_noted_has_to_be_repeated(ended, tmp_path):
    ended.model_files = {}
    with pytest.raises(FilesChanged, match="repeat it"):
        selectors.download_model(ended, tmp_path)
