"""A job leaves with the transaction that wanted it, and not otherwise."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import transaction

from foundation import jobs
from foundation.jobs.adapters import broker
from foundation.jobs.models import Job, JobTicket
from tests.foundation.jobs import probes

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def rung(monkeypatch):
    """The bells that were rung, in order."""
    bells = []
    monkeypatch.setattr(broker, "ring", lambda name, queue, *given, expires=None: bells.append((name, queue, *given)))
    return bells


def test_job_carries_who_asked_and_about_what(scientist):
    subject = ("run", uuid4())
    job = jobs.enqueue("probe.note", actor=scientist, title="Noting", subject=subject, text="hello")
    assert (job.actor_kind, job.actor_id, job.actor_label) == ("user", scientist.id, scientist.label)
    assert job.request_id == "test-request"
    assert job.subject == subject
    assert job.arguments == {"text": "hello"}
    assert job.state == "queued"


def test_unknown_name_is_refused(scientist):
    with pytest.raises(jobs.UnknownJob, match=r"probe\.nothing"):
        jobs.enqueue("probe.nothing", actor=scientist, title="Nothing")


def test_only_plain_arguments_travel(scientist):
    with pytest.raises(TypeError, match=r"str\(id\)"):
        jobs.enqueue("probe.note", actor=scientist, title="Noting", text=uuid4())


def test_bell_rings_after_commit(scientist, rung, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        job = jobs.enqueue("probe.note", actor=scientist, title="Noting")
        assert rung == []
    assert rung == [("probe.note", "default", str(job.pk))]
    assert JobTicket.objects.get(job_id=job.pk).published_at is not None


def test_rollback_publishes_nothing(scientist, rung, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(ZeroDivisionError), transaction.atomic():
        jobs.enqueue("probe.note", actor=scientist, title="Noting")
        raise ZeroDivisionError
    assert rung == []
    assert not Job.objects.exists()
    assert not JobTicket.objects.exists()


def test_broker_away_costs_the_caller_nothing(scientist, monkeypatch, django_capture_on_commit_callbacks):
    def away(*_given, **_options):
        raise ConnectionRefusedError

    monkeypatch.setattr(broker, "ring", away)
    with django_capture_on_commit_callbacks(execute=True):
        job = jobs.enqueue("probe.note", actor=scientist, title="Noting")
    assert JobTicket.objects.get(job_id=job.pk).published_at is None


def test_job_is_invisible_to_another_tenant(scientist, other_scientist):
    from foundation.tenancy import scope

    job = jobs.enqueue("probe.note", actor=scientist, title="Noting")
    with scope(other_scientist.tenant_id):
        assert not Job.objects.filter(pk=job.pk).exists()


def test_each_declared_name_has_a_celery_task():
    from portal.celery import app

    assert {"probe.note", "probe.tick"} <= set(app.tasks)
    assert app.tasks["probe.note"].acks_late
    assert app.tasks["probe.note"].reject_on_worker_lost
    assert probes.note.__name__ == "note"
