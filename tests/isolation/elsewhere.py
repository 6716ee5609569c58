"""A project in which every kind of thing stands that an address can name, as rows alone."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from foundation.clock import now
from foundation.identity import Actor
from tests.apps.experiments.rows import make_run, make_training_set


def things_of(actor: Any, project: Any) -> dict[str, Any]:
    """Ids by kind; a new kind of thing with a page in its project is worth a line here."""
    from apps.connections.models import Connection
    from apps.connections.services import delete_connection
    from apps.datasets.models import Ingestion, LegalHold, Transformation, TransformationDefinition
    from apps.features.models import Entity, Feature, FeatureService, FeatureView, OnDemandView, Retrieval
    from apps.streams.models import Stream

    inside = {"tenant": actor.tenant, "project": project}
    training_set = make_training_set(actor, project)
    entity = Entity.objects.create(**inside, name="flower", join_keys=["id"])
    view = FeatureView.objects.create(
        **inside, entity=entity, name="petals", number=1, event_time="at", features=[{"name": "a", "type": "DOUBLE"}]
    )
    part = {"view": str(view.pk), "features": ["a"]}
    service = FeatureService.objects.create(**inside, name="flowers", number=1, views=[part])
    retrieval = Retrieval.objects.create(
        **inside, event_time="at", asked_by=actor.named, kept_until=now() + timedelta(days=1)
    )
    feature = Feature.objects.create(**inside, view=view, name="a", place=0, type="DOUBLE")
    expression = {"name": "twice", "type": "DOUBLE", "expression": "a * 2", "from": ["a"]}
    on_demand = OnDemandView.objects.create(
        **inside,
        name="context",
        number=1,
        uses=[{"view": str(view.pk), "features": ["a"]}],
        inputs={"a": "number"},
        features=[expression],
    )
    # Where it leads nobody is let call, so that no test waits for an answer.
    told = {"host": "10.0.0.1", "port": 5432, "database": "sales", "user": "reader", "tls": "verify"}
    connection = Connection.objects.create(
        **inside, name="Warehouse", kind="postgresql", settings=told, created_at=now()
    )
    of_before = Connection.objects.create(**inside, name="Of before", kind="postgresql", created_at=now())
    columns = [{"name": "n", "type": "whole", "required": True}]
    stream = Stream.objects.create(
        **inside, dataset=training_set.base_version.dataset, name="Clicks", columns=columns, created_at=now()
    )
    ingestion = Ingestion.objects.create(
        **inside, dataset=training_set.base_version.dataset, connection=connection, place="public.orders"
    )
    hold = LegalHold.objects.create(
        **inside, dataset=training_set.base_version.dataset, reason="Over", until=date(2020, 1, 1), created_at=now()
    )
    dataset = training_set.base_version.dataset
    transformation = Transformation.objects.create(**inside, name="Petals", output=dataset)
    told = {"number": 1, "sql": "SELECT 1 AS a", "inputs": {"rows": str(dataset.pk)}}
    TransformationDefinition.objects.create(**inside, transformation=transformation, **told)
    run = make_run(actor, project, training_set, state="succeeded")
    return {
        "connection": connection.pk,
        "data_binned": delete_connection(actor=Actor.system(actor.tenant), connection=of_before).pk,
        "stream": stream.pk,
        "ingestion": ingestion.pk,
        "transformation": transformation.pk,
        "dataset": training_set.base_version.dataset_id,
        "dataset_version": training_set.base_version_id,
        "entity": entity.pk,
        "feature_service": service.pk,
        "feature": feature.pk,
        "feature_view": view.pk,
        "on_demand_view": on_demand.pk,
        "training_set": training_set.pk,
        "retrieval": retrieval.pk,
        "legal_hold": hold.pk,
        "run": run.pk,
        **_checked(inside, training_set.base_version),
        **_served(inside, run, training_set),
    }


def _checked(inside: dict[str, Any], version: Any) -> dict[str, Any]:
    """What was expected of a version, what came of it, and a quarantine that is empty by now."""
    from apps.datasets.models import Breach, Contract, Quarantine, Suite, ValidationReport

    of = {**inside, "dataset": version.dataset}
    suite = Suite.objects.create(**of, number=1, digest="a" * 64)
    ValidationReport.objects.create(
        **of, version=version, suite=suite, outcome="passed", row_count=9, seconds=1, digest="a" * 64
    )
    told = {"lake_snapshot": 1, "marks": ["a", "b", "c"], "first_count": 9, "row_count": 0, "discarded_count": 9}
    quarantine = Quarantine.objects.create(**of, version=version, suite=suite, **told)
    contract = Contract.objects.create(**of, number=1, suite=suite, digest="a" * 64)
    consumer = {"kind": "run", "name": "run 1", "url": "", "owner": "", "seen_by": "", "seen_at": ""}
    Breach.objects.create(**of, version=version, contract=contract, consumers=[consumer])
    return {"suite": suite.pk, "quarantine": quarantine.pk, "contract": contract.pk}


def _served(inside: dict[str, Any], run: Any, training_set: Any) -> dict[str, Any]:
    from apps.deployments.models import Deployment, Revision
    from apps.monitoring.models import Alert, Monitor, Replay
    from apps.registry.models import Model, ModelVersion

    model = Model.objects.create(**inside, name="flowers")
    schema = {"features": [], "target": {"name": "target", "classes": ["a", "b"]}}
    version = ModelVersion.objects.create(
        **inside, model=model, number=1, run=run, stage="production", input_schema=schema, artifact_digest="a" * 64
    )
    deployment = Deployment.objects.create(**inside, slug="flowers", name="Flowers", model=model)
    revision = Revision.objects.create(
        **inside, deployment=deployment, number=1, model_version=version, artifact_digest="a" * 64, state="ready"
    )
    monitor = Monitor.objects.create(**inside, deployment=deployment)
    alert = Alert.objects.create(
        **inside,
        monitor=monitor,
        model_version_id=version.pk,
        window=date(2013, 12, 1),
        severity="moved",
        psi=1,
        rows=9,
    )
    replay = Replay.objects.create(**inside, deployment=deployment, training_set=training_set)
    found = {"model": model, "model_version": version, "deployment": deployment, "revision": revision}
    found |= {"monitor": monitor, "alert": alert, "replay": replay}
    return {kind: thing.pk for kind, thing in found.items()}
