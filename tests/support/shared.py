"""What the tests of a module stand on, made once for all of them; each finds it as it was made.

A module imports all of this, in place of the fixtures of these names, and says in a function `furnish(stage)` what else
there is; its fixtures take that from `shared`. The database is put back after each test, and nothing else is: a test
that changes rows in the lake or online makes rows of its own.
"""

from __future__ import annotations

import copy
from types import SimpleNamespace

import pytest

from tests.support.people import make_person, make_tenant

__all__ = ["once", "project", "scientist", "shared", "tenant"]


@pytest.fixture(scope="module")
def once(request, django_db_setup, django_db_blocker):
    from django.db import transaction

    from apps.projects import services as projects
    from foundation.tenancy import scope

    with django_db_blocker.unblock(), transaction.atomic():
        stage = SimpleNamespace(tenant=make_tenant("acme", "Acme Trading"))
        with scope(stage.tenant.pk):
            stage.scientist = make_person(stage.tenant, "scientist")
            words = {"slug": "flights", "name": "Flights", "purpose": "Predict late flights"}
            stage.project = projects.create_project(actor=stage.scientist, **words)
            request.module.furnish(stage)
        yield stage
        transaction.set_rollback(True)


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
