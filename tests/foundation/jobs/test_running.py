"""How attempts begin and end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db.models.functions import Now

from foundation import jobs
from foundation.jobs import choices, leases, runner, sweeper
from foundation.jobs.errors import JobTaken
from foundation.jobs.models import Job, JobTicket
from tests.foundation.jobs.stage import enqueue, heard, lose_lease
from tests.support.jobs import CallersKeeper, run_queued
from tests.support.people import make_person

__all__ = ["heard"]
pytestmark = pytest.mark.django_db


def test_job_runs_once_with_its_actor(scientist, heard):
    enqueue(scientist, text="hello")
    [job] = run_queued()
    assert (job.state, job.attempt, job.percent) == ("succeeded", 1, 100)
    [(text, handle)] = heard
    assert (text, handle.id, handle.attempt) == ("hello", job.pk, 1)
    assert handle.actor == scientist
    assert run_queued() == []


def test_actor_comes_back_with_the_limits_of_their_token(scientist, heard):
    limited = replace(scientist, scopes=frozenset({"dataset.create"}), project_id=uuid4(), token_id=uuid4())
    enqueue(limited)
    run_queued()
    actor = heard[0][1].actor
    assert (actor.scopes, actor.project_id, actor.token_id) == (limited.scopes, limited.project_id, limited.token_id)


def test_workload_does_not_come_back_as_the_system(scientist, heard):
    run_token = replace(scientist, kind="workload", id=uuid4(), user=None, role="", scopes=frozenset({"run.track"}))
    enqueue(run_token)
    run_queued()
    assert (heard[0][1].actor.kind, heard[0][1].actor.scopes) == ("workload", frozenset({"run.track"}))


def test_job_of_somebody_who_left_fails_with_a_sentence(scientist):
    from foundation.access.models import Membership

    enqueue(scientist)
    Membership.objects.filter(user=scientist.user).delete()
    [job] = run_queued()
    assert job.state == "failed"
    assert "member" in job.failure


def test_second_delivery_finds_nothing_to_do(scientist):
    job = enqueue(scientist)
    assert runner.take(job.pk).attempt == 1
    assert runner.take(job.pk) is None


def test_refusal_fails_at_once_with_its_sentence(scientist, heard):
    enqueue(scientist, "probe.raise", kind="invalid")
    [job] = run_queued(also_later=True)
    assert (job.state, job.attempt, job.failure) == ("failed", 1, "Row 7 is no number.")
    assert heard[-1] == ("failure", "Row 7 is no number.")


def test_unavailable_is_tried_again_later_and_longer_later(scientist, heard):
    enqueue(scientist, "probe.raise", kind="unavailable")
    [job] = run_queued()
    assert (job.state, job.attempt, job.failure) == ("queued", 1, "The lake is away.")
    waits = JobTicket.objects.annotate(wait=time_to_due()).values_list("wait", flat=True)
    assert timedelta(seconds=4) < waits[0] <= timedelta(seconds=5)
    run_queued(also_later=True, at_most=1)
    assert timedelta(seconds=14) < waits.all()[0] <= timedelta(seconds=15)
    [job] = run_queued(also_later=True)
    assert (job.state, job.attempt) == ("failed", 3)
    assert heard[-1] == ("failure", "The lake is away.")


def time_to_due():
    from django.db.models import F

    return F("due_at") - Now()


def test_unexpected_error_shows_no_internals(scientist, caplog):
    enqueue(scientist, "probe.raise", kind="bug")
    [job] = run_queued()
    assert job.state == "failed"
    assert str(job.pk) in job.failure
    assert "KeyError" not in job.failure
    assert "KeyError" in caplog.text


def test_job_is_not_failed_where_its_hook_cannot_follow(scientist, monkeypatch):
    from foundation.jobs import registry

    def refuses(job, sentence, actor):
        raise RuntimeError("the app's row is locked")

    monkeypatch.setitem(registry._failure_hooks, "probe.fragile", [refuses])
    job = enqueue(scientist, "probe.fragile")
    with pytest.raises(RuntimeError):
        run_queued()
    job.refresh_from_db()
    assert job.state == "running"
    monkeypatch.setitem(registry._failure_hooks, "probe.fragile", [])
    lose_lease(job)
    sweeper.end_abandoned()
    job.refresh_from_db()
    assert job.state == "failed"


def test_worker_lost_job_is_taken_again(scientist):
    job = enqueue(scientist)
    runner.take(job.pk)
    lose_lease(job)
    sweeper.end_abandoned()
    [job] = run_queued()
    assert (job.state, job.attempt) == ("succeeded", 2)


def test_worker_lost_too_often_fails_with_a_sentence(scientist, heard):
    job = enqueue(scientist, "probe.once", path="/nowhere")
    runner.take(job.pk)
    lose_lease(job)
    sweeper.end_abandoned()
    job.refresh_from_db()
    assert job.state == "failed"
    assert "attempt 1 of 1" in job.failure
    assert heard == [("failure", job.failure)]


def test_fresh_lease_is_left_alone(scientist):
    job = enqueue(scientist)
    runner.take(job.pk)
    sweeper.end_abandoned()
    job.refresh_from_db()
    assert job.state == "running"


def test_older_attempt_writes_nothing(scientist):
    job = enqueue(scientist)
    old = runner.take(job.pk)
    lose_lease(job)
    sweeper.end_abandoned()
    runner.take(job.pk)
    leases.write_progress(old.job, old.attempt, "I am still here", 99)
    with pytest.raises(JobTaken):
        runner.settle(old, runner.Outcome(choices.JobState.FAILED, "stale"))
    with pytest.raises(JobTaken):
        CallersKeeper(old.job, old.attempt).check()
    job.refresh_from_db()
    assert (job.state, job.attempt, job.step, job.failure) == ("running", 2, "", job.failure)


def test_token_without_job_view_sees_its_own_jobs(scientist, tenant):
    colleague = make_person(tenant, "scientist", "colleague@acme.test")
    theirs, own = enqueue(colleague), enqueue(scientist)
    limited = replace(scientist, scopes=frozenset({"dataset.create"}))
    assert set(jobs.visible_jobs(actor=scientist)) == {theirs, own}
    assert set(jobs.visible_jobs(actor=limited)) == {own}


def test_every_state_has_its_followers():
    assert set(choices.NEXT) == set(choices.JobState)
    assert all(not choices.NEXT[state] for state in choices.FINAL)


def test_ended_jobs_are_forgotten_after_a_while_and_open_ones_never(scientist):
    from foundation import clock
    from foundation.jobs import retention

    old, fresh = enqueue(scientist), enqueue(scientist)
    run_queued()
    waiting = enqueue(scientist)
    now = clock.now()
    Job.objects.filter(pk=old.pk).update(finished_at=now - retention.KEPT_FOR - timedelta(minutes=1))
    Job.objects.filter(pk=waiting.pk).update(created_at=now - timedelta(days=365))
    assert retention.forget_ended(now=now) == 1
    assert set(Job.objects.all()) == {fresh, waiting}


def test_sentences_are_in_the_askers_language(scientist, heard, monkeypatch):
    from django.utils import translation

    from foundation.jobs import registry

    scientist.user.language = "ar"
    scientist.user.save(update_fields=["language"])
    spoken = []
    definition = replace(
        registry.definition_of("probe.note"), function=lambda **_: spoken.append(translation.get_language())
    )
    monkeypatch.setitem(registry._jobs, "probe.note", definition)
    enqueue(scientist)
    run_queued()
    assert spoken == ["ar"]


def test_a_name_that_no_text_may_hold_ends_the_job_all_the_same(scientist, run_jobs):
    job = enqueue(scientist, name="probe.raise", kind="unkept")
    run_jobs()
    job.refresh_from_db()
    assert (job.state, job.failure) == (
        "failed",
        "“a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}.csv” is no table.",
    )
