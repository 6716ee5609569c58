"""A job that has not started says why."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from foundation import clock, jobs
from foundation.jobs.models import Job, JobTicket, Worker
from foundation.jobs.presentation import job_context
from foundation.jobs.waiting import waiting_because

pytestmark = pytest.mark.django_db


@pytest.fixture
def worker():
    return Worker.objects.create(name="w1", queues=["default"])


def enqueue(actor):
    return jobs.enqueue("probe.note", actor=actor, title="A probe")


def test_no_worker_of_the_queue(scientist):
    assert "No worker serves the queue “default”" in waiting_because(enqueue(scientist))


def test_worker_that_was_not_seen_lately_counts_for_nothing(scientist, worker):
    Worker.objects.update(seen_at=Now() - timedelta(seconds=30))
    assert "No worker" in waiting_because(enqueue(scientist))


def test_place_in_the_queue_counts_all_tenants(scientist, other_scientist, worker):
    enqueue(other_scientist)
    second = enqueue(scientist)
    assert waiting_because(second) == "One job is before it in its queue."
    assert waiting_because(enqueue(scientist)) == "2 jobs are before it in its queue."


def test_the_next(scientist, worker):
    assert "the next in its queue" in waiting_because(enqueue(scientist))


def test_waiting_to_be_tried_again(scientist, worker):
    job = enqueue(scientist)
    JobTicket.objects.update(due_at=Now() + timedelta(minutes=1))
    Job.objects.update(failure="The lake is away.")
    job.refresh_from_db()
    assert waiting_because(job).endswith("The last attempt said: The lake is away.")


def test_context_of_the_component(scientist, viewer, worker):
    job = enqueue(scientist)
    now = clock.now()
    Job.objects.update(state="running", started_at=now - timedelta(seconds=30), percent=25)
    job.refresh_from_db()
    shown = job_context(job, actor=scientist, now=now)
    assert (shown["elapsed"], shown["time_left"]) == (timedelta(seconds=30), timedelta(seconds=90))
    assert shown["may_cancel"].allowed
    assert shown["topic"] == f"job:{job.pk}"
    assert "who asked for this" in job_context(job, actor=viewer, now=now)["may_cancel"].reason
