"""Runs from the queue to the figures: the real engine, a real MLflow, a real portal over HTTP."""

from __future__ import annotations

import threading
import time

import pytest

from apps.experiments import selectors, services
from apps.experiments.choices import RunState
from foundation import jobs, ledger
from foundation.tenancy import scope
from tests.apps.experiments.conftest import QUICK, make_training_set
from tests.support.history import acts_on, done_by
from tests.support.jobs import run_queued

pytestmark = pytest.mark.slow


def start(house, training_set, **changes):
    with scope(house.tenant.pk):
        return services.start_run(
            actor=house.scientist,
            project=house.project,
            training_set_id=training_set.pk,
            recipe="hist_gradient_boosting",
            **{"params": QUICK, "seed": 7, **changes},
        )


def read(house, run):
    with scope(house.tenant.pk):
        return selectors.get_run(actor=house.scientist, run_id=run.pk)


def test_a_run_goes_from_queue_to_figures_and_again_to_the_same(acme, flowers, engine, tmp_path):
    run = start(acme, flowers, slices=[{"name": "long", "column": "petal_length", "from": 4}])
    run_queued()
    run = read(acme, run)
    assert run.state == RunState.SUCCEEDED, run.failure
    assert run.attempt == 1
    assert run.metrics["test"]["accuracy"] > 0.8
    assert set(run.metrics) == {"validation", "test", "slices"}
    assert run.metrics["slices"]["long"]["rows"] > 0
    assert run.manifest["data"]["digest"] == flowers.digest
    assert len(run.curve) > 2
    log, size = selectors.read_log(run, offset=0)
    assert b"The model is stored; the run is done." in log
    assert size == len(log)
    assert engine.list("run-") == []
    model = selectors.download_model(run, tmp_path)
    assert (model / "MLmodel").exists() and (model / "sanad" / "schema.json").exists()

    with scope(acme.tenant.pk):
        again = services.repeat_run(actor=acme.scientist, run=run)
    run_queued()
    again = read(acme, again)
    assert (again.state, again.reproduced) == (RunState.SUCCEEDED, True)
    assert again.metrics == run.metrics
    with scope(acme.tenant.pk):
        told = [event.kind for event in ledger.events_of(subject=("run", run.pk))]
        repeated = ledger.events_of(subject=("run", again.pk))[0]
    assert told == ["run.succeeded", "run.started", "run.queued"]
    assert (repeated.payload["repeated_from_id"], repeated.payload["reproduced"]) == (str(run.pk), True)


def test_a_constant_target_is_a_sentence_not_a_trace(acme, engine):
    constant = make_training_set(acme, name="constant", label="same")
    run = start(acme, constant)
    run_queued()
    run = read(acme, run)
    assert run.state == RunState.FAILED
    assert "same" in run.failure
    assert "Traceback" not in run.failure


SLOW = {"max_iter": 5000, "early_stopping": False, "min_samples_leaf": 1, "learning_rate": 0.001}


def test_a_worker_dies_and_the_next_one_goes_on_with_the_same_workload(acme, flowers, engine, monkeypatch):
    from apps.experiments.services import executing

    run = start(acme, flowers, params={**QUICK, "max_iter": 60})
    real, followed = executing._follow, []

    def dies_once(engine, job, run):
        followed.append(run.engine_name)
        if len(followed) == 1:
            raise ConnectionError("the worker is gone")
        return real(engine, job, run)

    monkeypatch.setattr(executing, "_follow", dies_once)
    run_queued(also_later=True)
    run = read(acme, run)
    assert run.state == RunState.SUCCEEDED, run.failure
    assert (run.attempt, len(set(followed)), len(followed)) == (1, 1, 2)


def test_cancel_kills(acme, flowers, engine):
    run = start(acme, flowers, params=SLOW)
    seen = []

    def cancel_when_running():
        from django.db import connection

        until = time.monotonic() + 60
        while read(acme, run).state != RunState.RUNNING and time.monotonic() < until:
            time.sleep(0.1)
        seen.extend(engine.list("run-"))
        with scope(acme.tenant.pk):
            services.cancel_run(actor=acme.scientist, run=read(acme, run))
        connection.close()

    person = threading.Thread(target=cancel_when_running)
    person.start()
    began = time.monotonic()
    run_queued()
    person.join()
    assert len(seen) == 1
    assert read(acme, run).state == RunState.CANCELLED
    assert engine.list("run-") == []
    assert time.monotonic() - began < 60
    with scope(acme.tenant.pk):
        (job,) = jobs.jobs_of(actor=acme.scientist, subject=("run", run.pk))
        told = acts_on("run", run)
    assert job.state == "cancelled"
    assert told[-1] == done_by(acme.scientist, "run.cancelled")
