"""A message of the broker names a job and nothing else: whose it is, as whom and on what, the database says."""

from __future__ import annotations

import inspect
from uuid import uuid4

import pytest

from foundation import jobs
from foundation.jobs import runner
from foundation.jobs.models import JobTicket
from foundation.tenancy import current_tenant_id, scope
from tests.foundation.jobs import probes  # noqa: F401 - declares the jobs


@pytest.fixture
def theirs(scientist):
    return jobs.enqueue("probe.note", actor=scientist, title="Theirs", text="theirs")


def test_what_a_message_can_say_is_which_job():
    assert list(inspect.signature(runner.run).parameters) == ["job_id"]


def test_a_message_with_a_second_word_is_refused(theirs):
    from portal.celery import app

    with pytest.raises(TypeError):
        app.tasks["probe.note"](str(theirs.pk), str(uuid4()))
    assert JobTicket.objects.get(job=theirs).state == JobTicket.State.QUEUED


@pytest.mark.parametrize("more", [{"tenant_id": "x"}, {"scope_id": "x"}, {"text": "mine"}, {"actor_id": "x"}])
def test_a_message_that_says_more_is_refused(theirs, more):
    from portal.celery import app

    with pytest.raises(TypeError):
        app.tasks["probe.note"](str(theirs.pk), **more)
    assert JobTicket.objects.get(job=theirs).state == JobTicket.State.QUEUED


def test_a_job_brought_in_anothers_scope_works_in_its_own_tenants(theirs, tenant, other_tenant):
    with scope(other_tenant.pk):
        claim = runner.take(theirs.pk)
        assert (claim.tenant, claim.job.arguments) == (tenant, {"text": "theirs"})
        assert current_tenant_id() == other_tenant.pk


def test_a_message_about_a_job_that_nobody_has_does_nothing(db):
    assert runner.take(uuid4()) is None
