"""Two people go the whole way of the data. One is erased, and then looked for in everything that is left: nowhere. Then
the project is deleted, and the other is looked for: nowhere either.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
import redis
from django.conf import settings

from apps.approvals import services as approvals
from apps.datasets import selectors as datasets
from apps.datasets import services as dataset_services
from apps.datasets.choices import ErasedKind, ErasureState
from apps.datasets.models import Erasure
from apps.deployments import selectors as deployments
from apps.deployments import services as deploying
from apps.experiments import services as experiments
from apps.experiments.choices import RunState
from apps.experiments.models import Run
from apps.features import services as features
from apps.features.models import TrainingSet
from apps.monitoring import services as monitoring
from apps.projects import services as projects
from apps.projects.models import Project
from apps.registry import selectors as registry
from apps.registry import services as registering
from foundation import lake, storage
from foundation.clock import now
from foundation.tenancy import scope
from foundation.words import Words
from tests.apps.deployments.stage import answer_as_ready
from tests.apps.experiments.conftest import (
    MEASURES,
    QUICK,
    acme,
    engine,
    mlflow_process,
    mlflow_server,
    portal,
)
from tests.apps.experiments.tables import iris_csv
from tests.apps.monitoring.stage import entry, log
from tests.apps.registry.conftest import deliver
from tests.isolation.test_canary import forms, written_out
from tests.isolation.test_canary import holding as files_holding
from tests.support import servers
from tests.support.classes import said_of
from tests.support.jobs import run_queued
from tests.support.people import make_person

__all__ = ["acme", "engine", "mlflow_process", "mlflow_server", "portal"]
pytestmark = pytest.mark.slow
CANARY, STAYING = "Canary-Erased-9d41-domestica", "Canary-Deleted-b07e-atlantis"
NEIGHBOUR = "ds_" + "b" * 32


def flowers_of_people() -> bytes:
    """Each flower is somebody's; some, of every kind, are a canary's, with a note that names it once more."""
    head, *rows = iris_csv().decode().splitlines()
    people = [{3: CANARY, 4: STAYING}.get(n % 10, f"person-{n % 7}") for n in range(len(rows))]
    lines = [f"{row},{who},note of {who}" for row, who in zip(rows, people, strict=True)]
    return "\n".join([f"{head},who,note", *lines, ""]).encode()


@pytest.fixture
def way(acme, engine, monkeypatch):
    """Dataset, view online, training set, run, model, deployment and its log, each with both canaries in it."""
    monkeypatch.setattr(settings, "LAKE_KEYS", "foundation.lake.keys.keys_of")
    monkeypatch.setattr(deployments.gateway, "read_waiting", lambda socket: 0)
    admin, actor, project = make_person(acme.tenant, "admin"), acme.scientist, acme.project
    officer = make_person(acme.tenant, "officer")
    with scope(acme.tenant.pk):
        version = ingested(actor, project)
    run_queued()
    with scope(acme.tenant.pk):
        version.refresh_from_db()
        assert version.lake_snapshot is not None, version.failure
        said_of(version, actor)
        view = defined_view(actor, project, version)
    run_queued()
    with scope(acme.tenant.pk):
        row = features.define_training_set(
            actor=actor,
            project=project,
            name="flowers",
            base_version_id=version.pk,
            label="target",
            features=MEASURES,
            event_time="measured",
            group="who",
            views=[{"view": view.pk, "features": ["length"], "keys": {}}],
        )
    run_queued()
    with scope(acme.tenant.pk):
        split = {"kind": "group", "column": "who", "test_fraction": 0.3}
        words = {"recipe": "hist_gradient_boosting", "params": QUICK, "split": split}
        run = experiments.start_run(actor=actor, project=project, training_set_id=row.pk, **words)
    run_queued()
    with scope(acme.tenant.pk):
        run = Run.objects.get(pk=run.pk)
        assert run.state == RunState.SUCCEEDED, run.failure
        model = registering.register_version(actor=actor, run_id=run.pk, name="flowers")
    run_queued()
    with scope(acme.tenant.pk):
        granted(actor, officer, registry.get_model_version(actor=actor, version_id=model.pk))
    deliver()
    with scope(acme.tenant.pk):
        revision = serving(actor, model)
        asked = [{"petal_length": 1.0, "who": CANARY}, {"petal_length": 2.0, "who": STAYING}]
        log(entry(revision, asked))
    monitoring.drain_once()
    log(entry(revision, asked))
    return acme, admin


def ingested(actor, project):
    data = flowers_of_people()
    upload = dataset_services.start_upload(actor=actor, project=project, filename="flowers.csv", size=len(data))
    dataset_services.append_chunk(actor=actor, upload_id=upload.pk, offset=0, data=data)
    upload = dataset_services.complete_upload(actor=actor, upload_id=upload.pk, now=now())
    dataset = dataset_services.create_dataset(actor=actor, project=project, name="flowers")
    return dataset_services.create_version(actor=actor, dataset=dataset, upload=upload, now=now(), review=False)


def defined_view(actor, project, version):
    entity = features.define_entity(actor=actor, project=project, name="person", join_keys=["who"])
    sql = "SELECT who, measured, petal_length AS length, note FROM f"
    return features.define_view(
        actor=actor,
        project=project,
        entity=entity,
        name="lengths",
        sql=sql,
        inputs={"f": version.pk},
        event_time="measured",
    )


def granted(actor, officer, version):
    given = {"kind": "model.promote", "subject": ("model_version", version.pk), "evidence": {}}
    words = {"subject_digest": version.artifact_digest, "project_id": version.project_id}
    case = approvals.open_case(actor=actor, title=Words("Into production"), **given, **words)
    approvals.decide(actor=officer, case=case, verdict="granted", reason="Good figures.")


def serving(actor, version):
    revision = deploying.deploy_version(actor=actor, version_id=version.pk, slug="flowers")
    answer_as_ready(actor, revision)
    return deployments.get_revision(actor=actor, revision_id=revision.pk)


def readable_of(tenant):
    """All that the portal's own keys still open: each table as it is and was, each object, each value of Valkey."""
    tables = lake.for_tenant(tenant.pk)
    for name in tables.tables():
        yield f"table {name}", str(tables.read(tables.current(name)).read_all().to_pylist()).encode()
    for key in storage.list(tenant.pk):
        yield f"object {key}", storage.read(tenant.pk, key)
    client = redis.Redis.from_url(settings.REDIS_URL)
    for key in client.scan_iter():
        yield f"key {key!r}", client.dump(key) or b""


def test_an_erased_person_and_then_a_deleted_project_are_nowhere_in_clear_and_in_nothing_that_opens(
    way, mlflow_process, caplog
):
    house, admin = way
    erased_and_looked_for(house, admin, mlflow_process, caplog)
    deleted_and_looked_for(house, admin, mlflow_process, caplog)


def erased_and_looked_for(house, admin, mlflow_process, caplog):
    tenant = house.tenant
    with scope(tenant.pk):
        before = {name for name, content in readable_of(tenant) if CANARY.encode() in content}
        assert any(name.startswith("table ds_") for name in before), "the search finds what is there"
        assert any(name.startswith("table inference_") for name in before)
        assert any(name.startswith("object feature-views/") for name in before)
        erasure = dataset_services.erase_person(
            actor=admin, project=house.project, column="who", value=CANARY, break_chain=True
        )
    run_queued()
    run_queued()

    with scope(tenant.pk):
        erasure = Erasure.objects.get(pk=erasure.pk)
        assert erasure.state == ErasureState.ERASED, erasure.failure
        met = {one.kind: one.row_count for one in erasure.things.all()}
        assert met == {
            ErasedKind.DATASET_VERSION: 15,
            ErasedKind.FEATURE_VIEW: 15,
            ErasedKind.TRAINING_SET: 15,
            ErasedKind.INFERENCE_LOG: 2,
            ErasedKind.BROKER: None,
            ErasedKind.RUN: None,
            ErasedKind.MODEL_VERSION: None,
        }
        assert [name for name, content in readable_of(tenant) if CANARY.encode() in content] == []
        newest = datasets.latest_ready(datasets.visible_datasets(actor=admin).get())
        assert newest.row_count == 135
        joined = TrainingSet.objects.get(name="flowers", number=2)
        assert (joined.state, joined.row_count) == ("ready", 135)
    written_out()
    everywhere = (*servers.folders(), mlflow_process.folder, Path(settings.SANAD_HOME))
    assert files_holding([str(admin.user.email)], servers.folders()[-1]), "the search finds what is there"
    assert files_holding(forms(CANARY), *everywhere) == []
    assert CANARY not in caplog.text


def deleted_and_looked_for(house, admin, mlflow_process, caplog):
    tenant, project = house.tenant, house.project
    workspace = f"p-{project.pk.hex}"
    with scope(tenant.pk):
        before = {name for name, content in readable_of(tenant) if STAYING.encode() in content}
        for kind in ("table ds_", "table fv_", "table ts_", "table inference_", "object feature-views/"):
            assert any(name.startswith(kind) for name in before), f"the search finds {kind}"
        kept = {key.partition("/")[0] for key in storage.list(tenant.pk)}
        assert {"models", "runs"} <= kept
        lake.for_tenant(tenant.pk).write(NEIGHBOUR, pa.table({"said": ["stays"]}))
        storage.put(tenant.pk, "runs/of-a-neighbour/log", b"stays")
        assert list(mlflow_process.folder.rglob(workspace)), "MLflow keeps files of it"
        Project.objects.filter(pk=project.pk).update(archived_at=now())
        projects.ask_to_delete(actor=admin, project=project, confirmation=project.slug)
        Project.objects.filter(pk=project.pk).update(deletion_due=now() - timedelta(seconds=1))
    projects.begin_deletions()
    ran = run_queued()

    with scope(tenant.pk):
        assert Project.objects.get(pk=project.pk).deleted_at is not None, [job.failure for job in ran]
        assert [name for name, content in readable_of(tenant) if STAYING.encode() in content] == []
        tables = lake.for_tenant(tenant.pk)
        assert tables.tables() == [NEIGHBOUR]
        assert tables.read(tables.current(NEIGHBOUR)).read_all().to_pylist() == [{"said": "stays"}]
        assert storage.list(tenant.pk) == ["runs/of-a-neighbour/log"]
    assert list(mlflow_process.folder.rglob(workspace)) == []
    written_out()
    everywhere = (*servers.folders(), mlflow_process.folder, Path(settings.SANAD_HOME))
    assert files_holding([str(admin.user.email)], servers.folders()[-1]), "the search finds what is there"
    assert files_holding(forms(STAYING), *everywhere) == []
    assert STAYING not in caplog.text
