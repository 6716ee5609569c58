"""The outbox against the real broker: what it forgets is rung again, and no more than that."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from django.db.models.functions import Now

from foundation import jobs
from foundation.jobs import dispatch
from foundation.jobs.adapters import broker
from foundation.jobs.models import JobTicket
from portal.celery import app, broker_url
from tests.foundation.jobs import probes  # noqa: F401

pytestmark = pytest.mark.django_db
QUEUE = "score"  # no worker of any test serves it


@pytest.fixture(autouse=True)
def empty_queue():
    _purge()
    yield
    _purge()


def _purge():
    with app.pool.acquire(block=True) as connection:
        connection.default_channel.queue_purge(QUEUE)


def enqueue(actor, published=True):
    job = jobs.enqueue("probe.note", actor=actor, title="A probe")
    tickets = JobTicket.objects.filter(job_id=job.pk)
    tickets.update(queue=QUEUE)
    if published:
        dispatch.publish(tickets)
        tickets.update(published_at=Now() - timedelta(seconds=10))
    return job


@pytest.mark.parametrize(
    ("given", "spelled"),
    [
        ("redis://:pw@valkey:6379/2", "redis://:pw@valkey:6379/2"),
        ("rediss://user:pw@valkey:6379/0", "rediss://user:pw@valkey:6379/0"),
        ("unix:///run/valkey.sock", "redis+socket:///run/valkey.sock?virtual_host=0"),
        ("unix://:p%40ss@/run/valkey.sock?db=3", "redis+socket://:p%40ss@/run/valkey.sock?virtual_host=3"),
        ("unix:///run/valkey.sock?password=p%40ss&db=1", "redis+socket://:p%40ss@/run/valkey.sock?virtual_host=1"),
    ],
)
def test_every_spelling_of_the_broker(given, spelled):
    assert broker_url(given) == spelled


def test_bells_lie_in_their_queue(scientist):
    assert broker.waiting(QUEUE) == 0
    enqueue(scientist)
    enqueue(scientist)
    assert broker.waiting(QUEUE) == 2


def test_forgotten_bells_are_rung_again(scientist):
    enqueue(scientist)
    enqueue(scientist)
    _purge()
    dispatch.republish_lost()
    assert broker.waiting(QUEUE) == 2
    dispatch.republish_lost()
    assert broker.waiting(QUEUE) == 2


def test_bells_in_a_long_queue_are_left_alone(scientist):
    enqueue(scientist)
    JobTicket.objects.update(published_at=Now() - timedelta(minutes=5), due_at=F("due_at") - timedelta(minutes=5))
    dispatch.republish_lost()
    assert broker.waiting(QUEUE) == 1


def test_job_that_nobody_published_is(scientist):
    enqueue(scientist, published=False)
    dispatch.publish_due()
    assert broker.waiting(QUEUE) == 0, "its own process may be about to"
    JobTicket.objects.update(due_at=Now() - timedelta(seconds=4))
    dispatch.publish_due()
    assert broker.waiting(QUEUE) == 1
    dispatch.publish_due()
    assert broker.waiting(QUEUE) == 1


def test_job_to_be_tried_again_is_rung_when_it_is_due(scientist):
    enqueue(scientist, published=False)
    JobTicket.objects.update(attempt=1, due_at=Now() + timedelta(seconds=30))
    dispatch.publish_due()
    assert broker.waiting(QUEUE) == 0
    JobTicket.objects.update(due_at=Now())
    dispatch.publish_due()
    assert broker.waiting(QUEUE) == 1
