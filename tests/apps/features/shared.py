"""A tenant with a view and with labels, made once for all tests of a module, each of which finds them as they were.

The database is put back after each test; the lake and the online store are not: a test that removes the view, or
changes its rows, makes a view of its own. To be imported whole, in place of the fixtures of these names.
"""

from __future__ import annotations

import copy
from types import SimpleNamespace

import pytest

from tests.apps.datasets.conftest import write_version
from tests.apps.features import stage
from tests.support.classes import said_of
from tests.support.jobs import run_queued
from tests.support.people import make_person, make_tenant

__all__ = ["carrier", "flights", "once", "project", "scientist", "shared", "tenant", "view"]


@pytest.fixture(scope="module")
def once(django_db_setup, django_db_blocker):
    from django.db import transaction

    from foundation.tenancy import scope

    with django_db_blocker.unblock(), transaction.atomic():
        tenant = make_tenant("acme", "Acme Trading")
        with scope(tenant.pk):
            made = _made_in(tenant)
        yield made
        transaction.set_rollback(True)


def _made_in(tenant):
    from apps.projects import services as projects

    scientist = make_person(tenant, "scientist")
    words = {"slug": "flights", "name": "Flights", "purpose": "Predict late flights"}
    project = projects.create_project(actor=scientist, **words)
    delays, flights = (
        said_of(write_version(scientist, project, name, data), scientist)
        for name, data in (("delays.csv", stage.DELAYS), ("flights.csv", stage.FLIGHTS))
    )
    define = stage.Definer(scientist, project)
    carrier = define.entity("carrier")
    view = define.view(carrier, "carrier_delay", stage.SQL, event_time="moment", delays=delays)
    run_queued()
    view.refresh_from_db()
    return SimpleNamespace(
        tenant=tenant, scientist=scientist, project=project, carrier=carrier, view=view, flights=flights
    )


@pytest.fixture
def shared(once, db):
    """What is there, as objects of the test's own."""
    return copy.deepcopy(once)


@pytest.fixture
def tenant(shared):
    from foundation.tenancy import scope

    with scope(shared.tenant.pk):
        yield shared.tenant


@pytest.fixture
def scientist(tenant, shared):
    return shared.scientist


@pytest.fixture
def project(tenant, shared):
    return shared.project


@pytest.fixture
def carrier(tenant, shared):
    return shared.carrier


@pytest.fixture
def view(tenant, shared):
    return shared.view


@pytest.fixture
def flights(tenant, shared):
    return shared.flights
