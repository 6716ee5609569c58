from __future__ import annotations

import pytest

from apps.features.choices import BuildState
from foundation import lake
from tests.apps.datasets.conftest import ingested as ingested_raw
from tests.apps.datasets.conftest import uploaded
from tests.apps.datasets.conftest import written as written_raw
from tests.apps.features import stage
from tests.apps.features.definitions import DefinitionFile
from tests.support.classes import said_of

__all__ = ["ingested_raw", "uploaded", "written_raw"]


@pytest.fixture
def ingested(ingested_raw, scientist):
    """A version whose columns somebody has classified."""
    return lambda *words, **more: said_of(ingested_raw(*words, **more), scientist)


@pytest.fixture
def written(written_raw, scientist):
    """The same of one that no job has read."""
    return lambda *words, **more: said_of(written_raw(*words, **more), scientist)


@pytest.fixture
def define(scientist, project):
    return stage.Definer(scientist, project)


@pytest.fixture
def carrier(define):
    return define.entity("carrier")


@pytest.fixture
def queued_view(define, carrier, written):
    delays = written("delays.csv", stage.DELAYS)
    return define.view(carrier, "carrier_delay", stage.SQL, event_time="moment", delays=delays)


@pytest.fixture
def view(queued_view, run_jobs):
    run_jobs()
    queued_view.refresh_from_db()
    return queued_view


@pytest.fixture
def flights(written):
    return written("flights.csv", stage.FLIGHTS)


@pytest.fixture
def with_keys_of_the_tenant(settings):
    """The lake's keys as in production, so that they can be destroyed."""
    settings.LAKE_KEYS = "foundation.lake.keys.keys_of"


@pytest.fixture
def made(with_keys_of_the_tenant, define, written, run_jobs, monkeypatch):
    """Events of people, a view of them online, and a training set that joins it to labels under another name.

    The view's first rows are made here in the lake; whatever a test has made anew goes through the sandbox.
    """
    events, labels = written("events.csv", stage.EVENTS), written("labels.csv", stage.LABELS)
    with monkeypatch.context() as patched:
        patched.setattr(lake.sandbox, "describe", lambda *_asked: stage.SPENDING)
        patched.setattr(lake.sandbox, "run", lambda pk, sql, inputs, **_limits: lake.for_tenant(pk).query(sql, inputs))
        sql = "SELECT who AS person, seen, spent, note FROM e"
        view = define.view(define.entity("person"), "spending", sql, event_time="seen", e=events)
        run_jobs()
    part = {"view": view.pk, "keys": {"person": "customer"}}
    row = define.training_set(labels, "lateness", event_time="seen", features=["customer"], views=[part])
    run_jobs()
    view.refresh_from_db()
    row.refresh_from_db()
    assert (view.state, view.online_keys, row.state, row.row_count) == (BuildState.READY, 7, BuildState.READY, 21)
    return view, row


@pytest.fixture
def file(scientist, project, ingested):
    """The file planned and applied by the scientist."""
    ingested("delays.csv", stage.DELAYS)
    return DefinitionFile(scientist, project)
