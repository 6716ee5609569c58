"""The stage of all tests: real servers, a migrated database per worker, two tenants and their people."""

from __future__ import annotations

import gc
import os

gc.disable()  # while everything is loaded

from tests.support import servers

servers.ensure()  # before Django's settings are read

from portal.frontend.catalogues import compile_catalogues

compile_catalogues()  # tests read Arabic as well

import django

django.setup()

import pytest
from _pytest import runner
from filelock import FileLock

from runtime.room import with_room
from tests.support import lake_catalogues, lake_threads, one_stack, reruns, rewriting
from tests.support.lake_threads import *  # noqa: F403
from tests.support.people import *  # noqa: F403
from tests.support.refusals import *  # noqa: F403

one_stack.share()
runner.call_and_report = with_room(runner.call_and_report)
lake_catalogues.write_at_once()
lake_threads.be_one()

# What is loaded by now stays: looking through it for garbage again and again took a tenth of the tests' time.
gc.freeze()
gc.enable()
gc.set_threshold(100_000, 20, 20)


# These wait for other processes most of the time: begun first, they leave the processor to the others meanwhile. The
# longest of all are in the second: whatever begins late must be short, or one process is waited for at the end.
WAITING = ("tests/chaos/", "tests/browser/", "tests/contracts/", "tests/containers/")


@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    reruns.spare_questions(config)
    rewriting.share_rewriting(config)


def pytest_collection_modifyitems(items):
    """Waiting tests first, in the order above; everything else as it was found."""
    places = {place: number for number, place in enumerate(WAITING)}
    items.sort(key=lambda item: next((n for place, n in places.items() if item.nodeid.startswith(place)), len(places)))


def pytest_collection_finish():
    """What was loaded and made meanwhile stays as well: twelve thousand tests, and the modules that hold them."""
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker, worker_id):
    """A copy of the migrated template, reached as the portal's own role: row-level security is on in every test."""
    home = os.environ[servers.MARK]
    with FileLock(f"{home}/template.lock"):
        if not os.path.exists(f"{home}/template.done"):
            servers.migrate_template()
            open(f"{home}/template.done", "w").close()
        servers.clone_template(f"test_{worker_id}")
    _use(f"test_{worker_id}")
    _reclone_instead_of_flush(f"test_{worker_id}")
    yield
    from django.db import connections

    with django_db_blocker.unblock():
        connections.close_all()


def _use(database: str) -> None:
    from django.conf import settings
    from django.db import connections

    for alias in ("default", "owner"):
        connections.databases[alias]["NAME"] = database
        connections[alias].settings_dict["NAME"] = database
    settings.LAKE_DATABASE_URL = settings.LAKE_DATABASE_URL.replace("/sanad?", f"/{database}?")
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        replaced = getattr(settings, name).replace("/sanad?", f"/{database}?")
        setattr(settings, name, replaced)
        # Processes that a test starts find the same database.
        os.environ[name] = replaced


def _reclone_instead_of_flush(database: str) -> None:
    """Django empties tables after a committing test; the portal's role may not, so the database is copied anew."""
    from django.db import connections
    from django.test import TransactionTestCase

    def reclone(self) -> None:
        connections.close_all()
        servers.clone_template(database)

    TransactionTestCase._fixture_teardown = reclone


@pytest.fixture(scope="session")
def worker_id(request):
    """The xdist worker's name, or `main` without xdist."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")
