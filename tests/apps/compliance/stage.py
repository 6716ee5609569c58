"""Rows and events of a chain, made without a lake or an engine."""

from __future__ import annotations

import hashlib
import json
import tempfile
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

from foundation import ledger
from foundation.clock import now
from foundation.identity import Actor
from foundation.words import Words

CARD = "# late-flights v1\n\nNot for safety decisions."
MANIFEST = {"code": {"runtime": "1", "sha256": "c" * 64}, "packages": {"scikit-learn": "1.9"}, "seed": 7, "data": {}}


@dataclass
class Chain:
    dataset_version: Any
    view: Any
    training_set: Any
    run: Any
    version: Any
    case: Any
    revision: Any
    monitor: Any
    alert: Any


def make_chain(*, scientist, officer, project) -> Chain:
    maker = _Maker(scientist, project)
    dataset_version = maker.dataset_version()
    view = maker.view(dataset_version)
    training_set = maker.training_set(dataset_version, view)
    run = maker.run(training_set)
    version = maker.version(run)
    case = maker.case(version, officer)
    revision = maker.revision(version)
    monitor, alert = maker.watched(revision, version)
    return Chain(dataset_version, view, training_set, run, version, case, revision, monitor, alert)


class _Maker:
    def __init__(self, actor, project):
        self.actor, self.project = actor, project
        self.common = {"tenant": actor.tenant, "project": project}

    def record(self, event, kind, row):
        ledger.record(event, actor=self.actor, project_id=self.project.pk, subject=(kind, row.pk))

    def dataset_version(self):
        from apps.datasets import events, services
        from apps.datasets.models import DatasetVersion

        dataset = services.create_dataset(actor=self.actor, project=self.project, name="Departures")
        row = DatasetVersion.objects.create(
            **self.common,
            dataset=dataset,
            number=1,
            state="ready",
            lake_table="ds_x",
            lake_snapshot=3,
            row_count=336776,
            byte_count=1000,
            digest="d" * 64,
            schema=[{"name": "dest", "type": "VARCHAR", "nullable": True, "class": None, "suspected": None}],
            source={"kind": "upload", "filename": "flights.csv", "sha256": "f" * 64},
            created_by=self.actor.user,
            committed_at=now(),
        )
        ids = {"dataset_id": dataset.pk, "version_id": row.pk}
        started = events.IngestionStarted(**ids, upload_digest="f" * 64, byte_count=1000)
        self.record(started, "dataset_version", row)
        committed = events.VersionCommitted(**ids, number=1, digest=row.digest, row_count=336776, lake_snapshot=3)
        self.record(committed, "dataset_version", row)
        return row

    def view(self, version):
        from apps.features import events
        from apps.features.models import Entity, FeatureView

        entity = Entity.objects.create(**self.common, name="carrier", join_keys=["carrier"])
        row = FeatureView.objects.create(
            **self.common,
            entity=entity,
            name="carrier-delay",
            number=1,
            sql="SELECT 1",
            inputs={"flights": str(version.pk)},
            event_time="at",
            definition_digest="b" * 64,
            digest="a" * 64,
            state="ready",
            row_count=100,
            lake_snapshot=4,
            created_by=self.actor.user,
        )
        defined = events.FeatureViewDefined(view_id=row.pk, number=1, definition_digest=row.definition_digest)
        self.record(defined, "feature_view", row)
        ready = events.FeatureViewReady(view_id=row.pk, row_count=100, digest=row.digest, lake_snapshot=4)
        self.record(ready, "feature_view", row)
        return row

    def training_set(self, version, view):
        from apps.features import events
        from apps.features.models import TrainingSet

        row = TrainingSet.objects.create(
            **self.common,
            name="half-year",
            number=1,
            base_version=version,
            label="late",
            event_time="dep_at",
            views=[{"view": str(view.pk), "keys": {}, "features": ["delay"]}],
            state="ready",
            row_count=160000,
            digest="e" * 64,
            lake_snapshot=5,
            leakage_proof={"rows": 160000, "violations": 0, "mismatches": 0, "by_time": True},
            created_by=self.actor.user,
        )
        defined = events.TrainingSetDefined(training_set_id=row.pk, base_version_id=version.pk, number=1)
        self.record(defined, "training_set", row)
        ready = events.TrainingSetReady(
            training_set_id=row.pk, row_count=160000, digest=row.digest, leakage_violations=0, lake_snapshot=5
        )
        self.record(ready, "training_set", row)
        return row

    def run(self, training_set):
        from apps.experiments import events
        from apps.experiments.models import Experiment, Run

        experiment = Experiment.objects.create(**self.common, name="delays")
        row = Run.objects.create(
            **self.common,
            experiment=experiment,
            number=1,
            training_set=training_set,
            recipe="hist_gradient_boosting",
            seed=7,
            spec_digest="9" * 64,
            state="succeeded",
            attempt=1,
            engine="process",
            metrics={"test": {"roc_auc": 0.76}},
            manifest=MANIFEST,
            created_by=self.actor.user,
            ended_at=now(),
        )
        queued = events.RunQueued(
            run_id=row.pk, training_set_id=training_set.pk, recipe=row.recipe, spec_digest=row.spec_digest
        )
        self.record(queued, "run", row)
        self.record(events.RunStarted(run_id=row.pk, attempt=1, engine="process"), "run", row)
        digest = hashlib.sha256(json.dumps(MANIFEST, sort_keys=True).encode()).hexdigest()
        self.record(_succeeded(row, digest), "run", row)
        return row

    def repeat(self, run, *, reproduced=True, told=None):
        """The run once more; `told` is what the ledger says otherwise than the row."""
        from apps.experiments.models import Run

        row = Run.objects.get(pk=run.pk)
        row.pk, row._state.adding = uuid4(), True
        row.number = 1 + Run.objects.filter(project=self.project).count()
        row.repeated_from, row.reproduced = run, reproduced
        row.save()
        self.record(replace(_succeeded(row, "a" * 64), **(told or {})), "run", row)
        return row

    def version(self, run):
        from apps.registry import events
        from apps.registry.models import GateResult, Model, ModelVersion

        model = Model.objects.create(**self.common, name="late-flights")
        row = ModelVersion.objects.create(
            **self.common,
            model=model,
            number=1,
            run=run,
            stage="candidate",
            metrics=run.metrics,
            card=CARD,
            card_number=2,
            created_by=self.actor.user,
        )
        key_id = _sign(row)
        registered = events.VersionRegistered(
            model_id=model.pk,
            version_id=row.pk,
            run_id=run.pk,
            number=1,
            artifact_digest=row.artifact_digest,
            signing_key_id=key_id,
            onnx_state="absent",
        )
        self.record(registered, "model_version", row)
        GateResult.objects.create(
            tenant=row.tenant, version=row, gate="leakage", state="passed", sentence="No feature is younger."
        )
        self.record(events.GateDecided(version_id=row.pk, gate="leakage", state="passed"), "model_version", row)
        digest = hashlib.sha256(CARD.encode()).hexdigest()
        self.record(events.CardChanged(version_id=row.pk, card_digest=digest), "model_version", row)
        return row

    def case(self, version, officer):
        from apps.approvals import services
        from apps.registry.services import promote_version

        case = services.open_case(
            actor=self.actor,
            project_id=self.project.pk,
            kind="model.promote",
            subject=("model_version", version.pk),
            subject_digest=version.artifact_digest,
            title=Words("Promote late-flights v1"),
            evidence={"metric": {"name": "roc_auc", "value": 0.76}},
        )
        services.decide(actor=officer, case=case, verdict="granted", reason="Better than the rule of thumb.")
        promote_version(actor=Actor.system(self.actor.tenant), version_id=version.pk, case_id=case.pk)
        version.refresh_from_db()
        return case

    def revision(self, version):
        from apps.deployments import events
        from apps.deployments.models import Deployment, Revision

        deployment = Deployment.objects.create(
            **self.common, slug="late", name="Late flights", model=version.model, created_by=self.actor.user
        )
        self.record(events.DeploymentCreated(deployment_id=deployment.pk), "deployment", deployment)
        row = Revision.objects.create(
            **self.common,
            deployment=deployment,
            number=1,
            model_version=version,
            artifact_digest=version.artifact_digest,
            state="ready",
            traffic_percent=100,
            attempt=1,
            engine="process",
            address="unix:/nowhere",
            created_by=self.actor.user,
            ready_at=now(),
        )
        ids = {"deployment_id": deployment.pk, "revision_id": row.pk, "model_version_id": version.pk, "attempt": 1}
        started = events.RevisionStarted(**ids, artifact_digest=row.artifact_digest, engine="process")
        self.record(started, "revision", row)
        self.record(events.RevisionReady(**ids), "revision", row)
        self.record(events.SplitChanged(deployment_id=deployment.pk, split=("1:100",)), "deployment", deployment)
        return row

    def watched(self, revision, version):
        from apps.monitoring import events, services
        from apps.monitoring.models import Alert

        monitor = services.ensure_monitor(actor=self.actor, deployment_id=revision.deployment_id)
        alert = Alert.objects.create(
            **self.common,
            monitor=monitor,
            model_version_id=version.pk,
            window=date(2013, 12, 1),
            feature="temp",
            severity="critical",
            psi=0.61234,
            rows=28000,
        )
        raised = events.AlertRaised(
            alert_id=alert.pk, monitor_id=monitor.pk, window="2013-12", feature_index=3, psi=0.6123, rows=28000
        )
        self.record(raised, "alert", alert)
        return monitor, alert


def repeat(actor, run, **how):
    return _Maker(actor, run.project).repeat(run, **how)


def _succeeded(run, manifest_digest):
    from apps.experiments.events import RunSucceeded

    return RunSucceeded(
        run_id=run.pk,
        attempt=1,
        code_digest="c" * 64,
        manifest_digest=manifest_digest,
        model_digest="d" * 64,
        repeated_from_id=run.repeated_from_id,
        reproduced=run.reproduced,
    )


def _sign(version) -> str:
    """A real artifact: two files, signed and sealed as registration does it."""
    from apps.registry.services.artifacts import pack_artifact
    from apps.registry.services.keys import current_key
    from runtime.signature import directory_digest, file_digests, sign_directory

    key, private = current_key(Actor.system(version.tenant))
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder)
        (files / "sanad").mkdir()
        (files / "sanad" / "schema.json").write_text("{}")
        (files / "MLmodel").write_text("flavors: {}")
        version.artifact_digest = directory_digest(file_digests(files))
        version.signature = sign_directory(files, private, {"run": str(version.run_id)})
        version.signing_key = key
        version.artifact_bytes = pack_artifact(version, files)
    version.save()
    return key.key_id
