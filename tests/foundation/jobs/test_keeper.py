"""The thread beside a working attempt: lease, cancellation, progress."""

from __future__ import annotations

import time

import pytest

from foundation import jobs
from foundation.jobs import leases, runner
from foundation.jobs.errors import JobCancelled, JobTaken
from foundation.jobs.models import Job, JobTicket
from foundation.tenancy import scope
from tests.foundation.jobs import probes  # noqa: F401
from tests.support.people import make_person, make_tenant

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def actor(transactional_db):
    return make_person(make_tenant("acme", "Acme Trading"), "scientist")


@pytest.fixture
def claim(actor):
    return runner.take(jobs.enqueue("probe.long", actor=actor, title="A probe", path="/nowhere").pk)


@pytest.fixture
def told(monkeypatch):
    """What pages were told of the progress."""
    heard = []
    monkeypatch.setattr(leases.news, "tell_progress", lambda job, attempt, step, percent: heard.append((step, percent)))
    return heard


def until(condition, seconds=5):
    ends_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends_at, "it did not happen in time"
        time.sleep(0.02)


def job_of(claim):
    with scope(claim.tenant.pk):
        return Job.objects.get(pk=claim.job.pk)


def test_much_progress_is_written_twice_a_second_and_the_last_word_always(claim, told):
    with leases.Keeper(claim.job, claim.attempt) as keeper:
        began = time.monotonic()
        while time.monotonic() - began < 1.2:
            keeper.progress(f"Row {time.monotonic()}", 10)
        keeper.progress("The last row", 99)
        until(lambda: told[-1] == ("The last row", 99), seconds=1)
    assert len(told) <= 5
    assert job_of(claim).step == "The last row"
    assert keeper.unwritten() is None


def test_words_too_late_for_the_keeper_are_written_with_the_end(claim, told):
    with leases.Keeper(claim.job, claim.attempt) as keeper:
        keeper.progress("First", 10)
        until(lambda: told)
        keeper.progress("Last", 20)
    runner.settle(claim, runner.Outcome(runner.JobState.FAILED, "No."), keeper.unwritten())
    assert (job_of(claim).step, job_of(claim).percent) == ("Last", 20)


def test_progress_inside_a_long_transaction_is_seen_outside(claim, told):
    with leases.Keeper(claim.job, claim.attempt) as keeper, scope(claim.tenant.pk):
        keeper.progress("In a transaction", None)
        until(lambda: told == [("In a transaction", None)])


def test_lease_is_renewed(claim, monkeypatch):
    monkeypatch.setattr(leases, "RENEW_EVERY", 0.1)
    monkeypatch.setattr(leases, "LOOK_EVERY", 0.1)
    before = JobTicket.objects.get().lease_until
    with leases.Keeper(claim.job, claim.attempt):
        until(lambda: JobTicket.objects.get().lease_until > before)


def test_cancellation_is_heard_within_a_second_or_so(actor, claim):
    with leases.Keeper(claim.job, claim.attempt) as keeper:
        keeper.check()
        jobs.cancel(actor=actor, job_id=claim.job.pk)
        began = time.monotonic()
        until(lambda: _raises(keeper, JobCancelled))
        assert time.monotonic() - began < 1.5


def test_lost_lease_is_heard_of(claim, monkeypatch):
    monkeypatch.setattr(leases, "RENEW_EVERY", 0.1)
    monkeypatch.setattr(leases, "LOOK_EVERY", 0.1)
    with leases.Keeper(claim.job, claim.attempt) as keeper:
        JobTicket.objects.update(attempt=claim.attempt + 1)
        until(lambda: _raises(keeper, JobTaken))


def test_keeper_that_cannot_renew_does_not_believe_in_its_lease(claim, monkeypatch):
    from django.db import OperationalError

    def away(*_given):
        raise OperationalError("the database is away")

    monkeypatch.setattr(leases, "LOOK_EVERY", 0.1)
    monkeypatch.setattr(leases, "cancel_requested", away)
    with leases.Keeper(claim.job, claim.attempt) as keeper:
        keeper._sure_until = time.monotonic() + 0.3
        keeper.check()
        until(lambda: _raises(keeper, JobTaken))


def _raises(keeper, kind):
    try:
        keeper.check()
    except kind:
        return True
    return False
