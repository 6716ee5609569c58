"""Who may end a job, and who hears of it."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from foundation import jobs
from foundation.errors import AccessDenied, NotFound
from foundation.jobs import choices, runner, sweeper
from foundation.jobs.errors import JobCancelled
from foundation.jobs.models import JobTicket
from tests.foundation.jobs import probes
from tests.foundation.jobs.stage import enqueue, heard, lose_lease
from tests.support.jobs import CallersKeeper, run_queued
from tests.support.people import make_person

__all__ = ["heard"]
pytestmark = pytest.mark.django_db


def test_queued_job_is_cancelled_at_once(scientist, heard):
    job = enqueue(scientist, "probe.long", path="/nowhere")
    job = jobs.cancel(actor=scientist, job_id=job.pk)
    assert job.state == "cancelled"
    assert job.cancel_requested_at is not None
    assert heard == [("cancel", "Cancelled by The scientist.")]
    assert run_queued() == []


def test_cancel_without_hook_of_its_own_tells_the_failure_hook(scientist, heard):
    job = enqueue(scientist, "probe.raise", kind="bug")
    jobs.cancel(actor=scientist, job_id=job.pk)
    assert heard == [("failure", "Cancelled by The scientist.")]


def named(actor):
    return (actor.kind, actor.id, actor.tenant_id, actor.label, actor.request_id)


def test_hooks_are_told_who_cancelled_also_when_they_have_left_since(scientist, tenant):
    from foundation.access.models import Membership

    colleague = replace(make_person(tenant, "scientist", "colleague@acme.test"), request_id="their-request")
    enqueue(scientist, "probe.long", path="/nowhere")
    [ticket] = JobTicket.objects.all()
    claim = runner.take(ticket.job_id)
    jobs.cancel(actor=colleague, job_id=ticket.job_id)
    Membership.objects.filter(user=colleague.user).delete()
    runner.settle(claim, runner.Outcome(choices.JobState.CANCELLED))
    [actor] = probes.ACTORS
    assert named(actor) == named(colleague)
    assert not actor.scopes


def test_what_nobody_cancelled_is_ended_by_the_portal(scientist):
    enqueue(scientist, "probe.raise", kind="invalid")
    run_queued()
    claim = runner.take(enqueue(scientist, "probe.long", path="/nowhere").pk)
    runner.settle(claim, runner.Outcome(choices.JobState.CANCELLED))
    assert [(actor.kind, actor.label) for actor in probes.ACTORS] == [("system", "jobs")] * 2


def test_running_job_hears_of_its_cancellation(scientist):
    job = enqueue(scientist)
    claim = runner.take(job.pk)
    asked = jobs.cancel(actor=scientist, job_id=job.pk)
    assert asked.state == "running"
    with pytest.raises(JobCancelled):
        CallersKeeper(claim.job, claim.attempt).check()
    runner.settle(claim, runner.Outcome(choices.JobState.CANCELLED))
    job.refresh_from_db()
    assert (job.state, job.cancel_requested_by) == ("cancelled", "The scientist")


def test_cancelled_job_whose_worker_died_is_not_taken_again(scientist):
    job = enqueue(scientist)
    runner.take(job.pk)
    jobs.cancel(actor=scientist, job_id=job.pk)
    lose_lease(job)
    sweeper.end_abandoned()
    job.refresh_from_db()
    assert job.state == "cancelled"


def test_ended_job_stays_as_it_is(scientist):
    job = enqueue(scientist)
    run_queued()
    assert jobs.cancel(actor=scientist, job_id=job.pk).state == "succeeded"


def test_viewer_cancels_nobody_elses_job(scientist, viewer):
    job = enqueue(scientist)
    with pytest.raises(AccessDenied, match="who asked for this"):
        jobs.cancel(actor=viewer, job_id=job.pk)


def test_colleague_may_cancel(scientist, tenant):
    job = enqueue(scientist)
    colleague = make_person(tenant, "scientist", "colleague@acme.test")
    assert jobs.cancel(actor=colleague, job_id=job.pk).state == "cancelled"


def test_other_tenant_finds_no_job(scientist, other_scientist):
    job = enqueue(scientist)
    with pytest.raises(NotFound):
        jobs.cancel(actor=other_scientist, job_id=job.pk)


def test_subject_takes_its_jobs_along(scientist, viewer):
    subject = ("run", uuid4())
    job = jobs.enqueue("probe.note", actor=scientist, title="A probe", subject=subject)
    unrelated = enqueue(scientist)
    [ended] = jobs.cancel_of(actor=viewer, subject=subject)
    assert (ended.pk, ended.state) == (job.pk, "cancelled")
    unrelated.refresh_from_db()
    assert unrelated.state == "queued"
