"""Replicas on the real engine: brought up out of the signed archive, started again when killed, given up in the end."""

import json
import os
import signal
import time
from datetime import timedelta

import httpx2
import pytest

from apps.deployments import selectors, services
from apps.deployments.choices import RevisionState
from apps.deployments.models import Revision
from apps.deployments.services import replicas, watching
from foundation import engines
from foundation.clock import now
from foundation.errors import Unavailable
from foundation.identity import neighbours
from runtime.service_tokens import HEADER
from tests.support.history import acts_on, done_by

pytestmark = pytest.mark.slow


@pytest.fixture
def engine():
    engines.current.cache_clear()
    yield engines.current()
    for name in engines.current().list("rev-"):
        engines.current().remove(name)
    engines.current.cache_clear()


def read(scientist, revision):
    return selectors.get_revision(actor=scientist, revision_id=revision.pk)


def ask(revision, row, *, as_portal=True):
    """As the portal does, or as somebody who merely reached the socket."""
    name = neighbours.replica_name(revision.pk, revision.attempt)
    headers = {HEADER: neighbours.caller_to(name).standing()} if as_portal else {}
    transport = httpx2.HTTPTransport(uds=revision.address.removeprefix("unix:"))
    with httpx2.Client(transport=transport, base_url="http://replica") as client:
        return client.post("/invocations", json={"dataframe_records": [row]}, headers=headers)


def kill(folder):
    """SIGKILL, as an operator or the kernel would: what is below the keeper goes with it."""
    os.kill(json.loads((folder / "state.json").read_text())["keeper_pid"], signal.SIGKILL)


def test_a_killed_replica_comes_back_by_itself(promoted, scientist, run_jobs, engine, settings):
    version = promoted()
    revision = services.deploy_version(actor=scientist, version_id=version.pk, slug="flowers")
    run_jobs()
    revision = read(scientist, revision)
    assert (revision.state, revision.traffic_percent, revision.attempt) == (RevisionState.READY, 100, 1), (
        revision.failure
    )
    row = selectors.example_row(version)
    assert ask(revision, row, as_portal=False).status_code == 401
    assert ask(revision, row).json()["predictions"][0] in {"setosa", "versicolor", "virginica"}
    log, _end = selectors.read_log(revision, offset=0)
    assert log

    services.watch_revisions()
    assert read(scientist, revision).attempt == 1
    former = revision.engine_name
    kill(settings.SANAD_HOME / "engines" / former)
    until = time.monotonic() + 20
    while engine.status(former).state in {"running", "starting"} and time.monotonic() < until:
        time.sleep(0.05)
    services.watch_revisions()
    waiting = read(scientist, revision)
    assert (waiting.state, waiting.restarts, waiting.address) == (RevisionState.STARTING, 1, "")
    assert selectors.route_table()["acme/flowers"]["revisions"] == []
    run_jobs()
    revision = read(scientist, revision)
    assert (revision.state, revision.attempt, revision.traffic_percent) == (RevisionState.READY, 2, 100)
    assert ask(revision, row).status_code == 200
    assert not replicas.model_folder(Revision(pk=revision.pk, attempt=1)).exists()
    assert former not in engine.list("rev-")


def test_one_that_dies_again_and_again_is_given_up_with_a_sentence(deployed, scientist, monkeypatch):
    revision = deployed().revisions.get()
    Revision.objects.filter(pk=revision.pk).update(restarts=5)
    monkeypatch.setattr(watching, "_lives", lambda revision: False)
    services.watch_revisions()
    revision = read(scientist, revision)

    assert revision.state == RevisionState.FAILED
    assert "look at its log" in revision.failure
    assert acts_on("revision", revision)[-2:] == [
        done_by(None, "revision.replica_lost"),
        done_by(None, "revision.failed"),
    ]


def test_what_ran_well_for_long_begins_its_count_anew(deployed, scientist, monkeypatch):
    revision = deployed().revisions.get()
    Revision.objects.filter(pk=revision.pk).update(restarts=5, ready_at=now() - timedelta(hours=1))
    monkeypatch.setattr(watching, "_lives", lambda revision: False)
    services.watch_revisions()
    revision = read(scientist, revision)

    assert (revision.state, revision.restarts) == (RevisionState.STARTING, 1)


def test_an_engine_that_is_away_says_nothing_about_its_replicas(deployed, scientist, monkeypatch):
    class Away:
        def status(self, name):
            raise Unavailable("The engine does not answer.")

    revision = deployed().revisions.get()
    monkeypatch.setattr(watching.engines, "current", Away)
    services.watch_revisions()
    assert read(scientist, revision).state == RevisionState.READY
