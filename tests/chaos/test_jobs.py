"""Jobs outlive their workers, their broker's memory and their schedulers' doubles."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from django.db import connection

from foundation import jobs
from foundation.jobs.models import Job, JobTicket, Worker
from foundation.jobs.waiting import waiting_because
from foundation.tenancy import scope
from tests.chaos.workers import Valkey, lines, processes, wait_for
from tests.foundation.jobs import probes  # noqa: F401
from tests.support.people import make_person, make_tenant

pytestmark = [pytest.mark.chaos, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
BOUND = 60


@pytest.fixture
def actor(transactional_db):
    return make_person(make_tenant("acme", "Acme Trading"), "scientist")


@pytest.fixture
def broker(tmp_path):
    """A broker of this test's own, for this process too."""
    from portal.celery import app, broker_url

    own, usual = Valkey(tmp_path), app.conf.broker_url
    own.start()
    _use(app, broker_url(own.url))
    yield own
    _use(app, usual)
    own.kill()


def _use(app, url):
    app.conf.broker_url = app.conf.broker_write_url = app.conf.broker_read_url = url
    app._pool = app.amqp._producer_pool = None  # connections are pooled by address; these pools are of the old one


@pytest.fixture
def house(actor, tmp_path, broker):
    with processes(tmp_path, broker.url) as running:
        yield running
        print(running.logs())


def enqueue(actor, name="probe.note", **arguments):
    return jobs.enqueue(name, actor=actor, title="A probe", **arguments)


def state_of(actor, job):
    with scope(actor.tenant_id):
        return Job.objects.get(pk=job.pk)


def ended(actor, job):
    return lambda: (found := state_of(actor, job)).is_final and found


def test_job_leaves_by_itself_after_commit(actor, house, tmp_path):
    house.worker()
    job = enqueue(actor, path=str(tmp_path / "notes"), text="hello")
    done = wait_for(ended(actor, job), 30, "the job's end")
    assert (done.state, done.attempt) == ("succeeded", 1)
    assert len(lines(tmp_path / "notes")) == 1


def test_broker_that_forgets_everything(actor, house, broker, tmp_path):
    job = enqueue(actor, path=str(tmp_path / "notes"), text="hello")
    assert JobTicket.objects.get().published_at is not None
    broker.flush()
    house.worker()
    house.scheduler()
    done = wait_for(ended(actor, job), 40, "the job's end")
    assert (done.state, done.attempt) == ("succeeded", 1)
    assert len(lines(tmp_path / "notes")) == 1


def test_flush_under_a_running_worker(actor, house, broker, tmp_path):
    """The worker goes on hearing new jobs: nothing it needs was kept in the broker alone."""
    house.worker()
    wait_for(Worker.objects.exists, 30, "the worker's word that it is there")
    broker.flush()
    job = enqueue(actor, path=str(tmp_path / "notes"), text="hello")
    assert wait_for(ended(actor, job), 10, "the job's end").state == "succeeded"


@pytest.mark.parametrize("whole_worker", [True, False], ids=["worker", "its-child"])
def test_killed_worker_is_followed_by_another_attempt(actor, house, tmp_path, whole_worker):
    path = tmp_path / "notes"
    worker = house.worker()
    house.scheduler()
    job = enqueue(actor, "probe.long", path=str(path))
    wait_for(lambda: lines(path), 30, "the first attempt")
    _kill(house, worker, path, whole_worker)
    killed_at = time.monotonic()
    if whole_worker:
        house.worker(name="w2")
    (tmp_path / "notes.enough").touch()
    done = wait_for(ended(actor, job), BOUND, "the second attempt's end")
    assert time.monotonic() - killed_at < BOUND
    assert (done.state, done.attempt) == ("succeeded", 2)
    assert [line.split(" pid")[0] for line in lines(path)] == ["began attempt=1", "began attempt=2", "ended attempt=2"]


def test_killed_worker_of_a_last_attempt_fails_it_with_a_sentence(actor, house, tmp_path):
    path = tmp_path / "notes"
    worker = house.worker()
    house.scheduler()
    job = enqueue(actor, "probe.once", path=str(path))
    wait_for(lambda: lines(path), 30, "the first attempt")
    house.kill(worker)
    killed_at = time.monotonic()
    done = wait_for(ended(actor, job), BOUND, "the job's end")
    assert time.monotonic() - killed_at < BOUND
    assert done.state == "failed"
    assert "The worker that did this stopped" in done.failure


def _kill(house, worker, path, whole_worker):
    import os
    import signal

    if whole_worker:
        house.kill(worker)
    else:
        os.kill(int(lines(path)[0].rpartition("pid=")[2]), signal.SIGKILL)


def test_running_job_is_cancelled_within_two_seconds(actor, house, tmp_path):
    path = tmp_path / "notes"
    house.worker()
    job = enqueue(actor, "probe.long", path=str(path))
    wait_for(lambda: lines(path), 30, "the attempt")
    asked_at = time.monotonic()
    jobs.cancel(actor=actor, job_id=job.pk)
    done = wait_for(ended(actor, job), 10, "the job's end")
    assert time.monotonic() - asked_at < 2.5
    assert (done.state, done.step) == ("cancelled", "Working")
    assert len(lines(path)) == 1


def test_thrice_rung_bell_does_the_work_once(actor, house, tmp_path):
    from foundation.jobs import dispatch

    job = enqueue(actor, path=str(tmp_path / "notes"), text="hello")
    ticket = JobTicket.objects.get()
    dispatch.publish([ticket, ticket])
    house.worker(concurrency=2)
    wait_for(ended(actor, job), 30, "the job's end")
    marker = enqueue(actor, path=str(tmp_path / "notes"), text="marker")
    wait_for(ended(actor, marker), 10, "the marker's end")
    assert [line.split()[0] for line in lines(tmp_path / "notes")] == ["hello", "marker"]


def test_two_schedulers_tick_once(actor, house, tmp_path):
    house.worker(concurrency=2)
    house.scheduler("beat1")
    house.scheduler("beat2")
    wait_for(lambda: len(lines(tmp_path / "ticks")) >= 8, 40, "eight ticks")
    times = [float(line.split()[0]) for line in lines(tmp_path / "ticks")]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    # The first may have waited together for a worker that started late; two schedulers that did not agree would halve
    # the pace.
    settled = times[3:]
    assert (settled[-1] - settled[0]) / (len(settled) - 1) > 0.8, gaps


def test_job_says_that_no_worker_serves_its_queue_until_one_does(actor, house):
    with scope(actor.tenant_id):
        job = enqueue(actor)
        assert "No worker serves the queue" in waiting_because(job)
    house.worker("train", name="trainer")
    wait_for(lambda: Worker.objects.filter(queues=["train"]).exists(), 30, "the worker's word")
    with scope(actor.tenant_id):
        assert "No worker serves the queue" in waiting_because(job)
    connection.close()
