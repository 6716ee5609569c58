"""A view and labels, made once for all tests of a module that only read them (`tests.support.shared`)."""

from __future__ import annotations

import pytest

from tests.apps.datasets.conftest import write_version
from tests.apps.features import stage as rows
from tests.support.classes import said_of
from tests.support.jobs import run_queued
from tests.support.shared import once, project, scientist, shared, tenant

__all__ = ["carrier", "flights", "furnish", "once", "project", "scientist", "shared", "tenant", "view"]


def furnish(stage):
    delays, stage.flights = (
        said_of(write_version(stage.scientist, stage.project, name, data), stage.scientist)
        for name, data in (("delays.csv", rows.DELAYS), ("flights.csv", rows.FLIGHTS))
    )
    define = rows.Definer(stage.scientist, stage.project)
    stage.carrier = define.entity("carrier")
    stage.view = define.view(stage.carrier, "carrier_delay", rows.SQL, event_time="moment", delays=delays)
    run_queued()
    stage.view.refresh_from_db()


@pytest.fixture
def carrier(tenant, shared):
    return shared.carrier


@pytest.fixture
def view(tenant, shared):
    return shared.view


@pytest.fixture
def flights(tenant, shared):
    return shared.flights
