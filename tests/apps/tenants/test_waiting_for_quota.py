"""What finds a quota full waits, says why, asks less and less often, and goes on by itself."""

from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection, connections, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from apps.experiments import services as experiments
from apps.tenants import services
from apps.tenants.models import Holding
from foundation import jobs
from foundation.errors import OverQuota
from foundation.jobs import runner
from foundation.jobs.models import Job, JobTicket, Worker
from foundation.jobs.waiting import waiting_because
from foundation.tenancy import scope
from tests.apps.experiments.rows import make_run
from tests.apps.tenants.holding import take
from tests.support.people import make_person, make_tenant


def queued(actor, project, **changes):
    run = make_run(actor, project, state="queued", **changes)
    job = jobs.enqueue(
        "experiments.execute_run",
        actor=actor,
        project_id=project.pk,
        subject=("run", run.pk),
        title="A run",
        run_id=str(run.pk),
    )
    return run, job


def test_the_last_place_is_taken_once_and_the_next_waits_with_a_reason(admin, project):
    services.set_quota(actor=admin, project_id=None, cpus=2)
    assert (take(project), take(project)) == ("", "")
    sentence = take(project)
    assert "The tenant's quota is full: of its CPUs fewer are free than the 1 that this needs." in sentence
    assert "administrator can raise it under Settings, Quotas" in sentence


def test_what_could_never_fit_is_refused_before_it_waits(admin, scientist, project):
    services.set_quota(actor=admin, project_id=project.pk, cpus=2)
    with pytest.raises(OverQuota, match="allows 2 CPUs in all, and this asks for 4; it could never start"):
        experiments.check_may_begin(actor=scientist, project_id=project.pk, resource_class="large")
    experiments.check_may_begin(actor=scientist, project_id=project.pk, resource_class="medium")


def test_a_run_waits_in_its_queue_says_why_and_goes_on_by_itself(admin, scientist, project):
    Worker.objects.create(name="w", queues=["train"])
    services.set_quota(actor=admin, project_id=None, concurrent_runs=1)
    first, _job = queued(scientist, project)
    assert take(project, subject_id=first.pk) == ""
    second, job = queued(scientist, project)

    assert runner.take(job.pk) is None
    job.refresh_from_db()
    ticket = JobTicket.objects.get(job=job)
    assert (job.state, job.attempt, ticket.attempt) == ("queued", 0, 0)
    assert "The tenant's quota is full: of its runs at a time" in waiting_because(job)

    services.give_back(tenant_id=first.tenant_id, subject=("run", first.pk))
    JobTicket.objects.filter(pk=ticket.pk).update(due_at=ticket.due_at - timedelta(minutes=1))
    assert runner.take(job.pk).attempt == 1
    assert Holding.objects.get().subject_id == second.pk


def rest(job):
    """Seconds until it asks again."""
    found = JobTicket.objects.annotate(rest=F("due_at") - Now()).get(job=job)
    return round(found.rest.total_seconds())


def refuse(job, times=1):
    for _time in range(times):
        JobTicket.objects.filter(job=job).update(due_at=Now())
        assert runner.take(job.pk) is None


def test_what_waits_asks_less_and_less_often(admin, scientist, project):
    services.set_quota(actor=admin, project_id=None, concurrent_runs=0)
    _run, job = queued(scientist, project)
    found = []
    for _time in range(7):
        refuse(job)
        found.append(rest(job))
    assert found == [2, 4, 8, 16, 30, 30, 30]


def test_what_came_free_is_asked_for_at_once_by_whoever_waits_longest(admin, scientist, project, monkeypatch):
    monkeypatch.setattr("apps.tenants.services.quotas._ASK_FOR_A_PLACE", 2)
    services.set_quota(actor=admin, project_id=None, concurrent_runs=1)
    mine = uuid4()
    assert take(project, subject_id=mine) == ""
    waiting = [queued(scientist, project)[1] for _run in range(3)]
    for job in waiting:
        refuse(job, times=5)
    services.give_back(tenant_id=project.tenant_id, subject=("run", mine))
    assert [rest(job) for job in waiting] == [0, 0, 30]
    assert runner.take(waiting[0].pk).attempt == 1
    refuse(waiting[1])
    assert rest(waiting[1]) == 4

    services.give_back(tenant_id=project.tenant_id, subject=("run", uuid4()))
    assert rest(waiting[2]) == 30  # nothing came free


@pytest.mark.parametrize("raised", ["quota", "no quota", "budget", "no budget"])
def test_a_limit_that_is_raised_or_gone_is_heard_at_once(raised, admin, scientist, project, other_tenant):
    quota = services.set_quota(actor=admin, project_id=None, concurrent_runs=0)
    budget = services.set_budget(actor=admin, project_id=None, soft_limit=None, hard_limit=Decimal(0))
    waiting = [queued(scientist, project)[1] for _run in range(12)]
    for job in waiting:
        refuse(job, times=5)
    elsewhere = JobTicket.objects.get(job=queued(scientist, project)[1])
    JobTicket.objects.filter(pk=elsewhere.pk).update(
        scope_id=other_tenant.pk, refused=5, due_at=Now() + timedelta(seconds=30)
    )
    acts = {
        "quota": lambda: services.set_quota(actor=admin, project_id=None, concurrent_runs=9),
        "no quota": lambda: services.remove_quota(actor=admin, quota=quota),
        "budget": lambda: services.set_budget(actor=admin, project_id=None, soft_limit=None, hard_limit=Decimal(9)),
        "no budget": lambda: services.remove_budget(actor=admin, budget=budget),
    }
    acts[raised]()
    assert {rest(job) for job in waiting} == {0}
    elsewhere.refresh_from_db()
    assert elsewhere.refused == 5


def test_what_has_to_wait_holds_nobody_up_and_counts_no_month(admin, scientist, project):
    """The lock of the tenant's starts is taken where there is room; money is looked at after that."""
    services.set_quota(actor=admin, project_id=None, concurrent_runs=1)
    services.set_budget(actor=admin, project_id=None, soft_limit=None, hard_limit=Decimal(100))
    with CaptureQueriesContext(connection) as asked:
        assert take(project) == ""
    assert "pg_advisory" in str(asked.captured_queries)
    assert "usagehour" in str(asked.captured_queries)
    with CaptureQueriesContext(connection) as asked:
        assert "is full" in take(project)
    assert "pg_advisory" not in str(asked.captured_queries)
    assert "usagehour" not in str(asked.captured_queries)


def test_a_cancelled_run_that_waited_gives_nothing_back_and_holds_nothing(admin, scientist, project):
    services.set_quota(actor=admin, project_id=None, concurrent_runs=1)
    run, _job = queued(scientist, project)
    experiments.cancel_run(actor=scientist, run=run)
    run.refresh_from_db()
    assert run.state == "cancelled"
    assert not Holding.objects.exists()


def test_the_end_of_a_run_frees_its_place_in_the_same_transaction(scientist, project):
    run, _job = queued(scientist, project)
    assert take(project, subject_id=run.pk) == ""
    experiments.fail_run(actor=scientist, run_id=run.pk, sentence="The disk is full.")
    assert not Holding.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_that_start_at_once_as_many_begin_as_there_are_places():
    tenant = make_tenant("crowd", "Crowd")
    admin = make_person(tenant, "admin")
    with scope(tenant.pk):
        from apps.projects.services import create_project

        project = create_project(actor=admin, slug="one", name="One", purpose="Start at once")
        services.set_quota(actor=admin, project_id=None, concurrent_runs=3)
        found = [queued(admin, project)[1] for _run in range(12)]
    begin, claims = threading.Barrier(len(found)), []

    def start(job):
        try:
            begin.wait()
            claims.append(runner.take(job.pk))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=start, args=[job]) for job in found]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len([claim for claim in claims if claim]) == 3
    with scope(tenant.pk):
        assert Holding.objects.count() == 3
        assert sorted(Job.objects.values_list("state", flat=True)) == ["queued"] * 9 + ["running"] * 3


@pytest.mark.django_db(transaction=True)
def test_a_start_that_is_rolled_back_holds_nothing():
    tenant = make_tenant("crowd", "Crowd")
    admin = make_person(tenant, "admin")
    with scope(tenant.pk):
        from apps.projects.services import create_project

        project = create_project(actor=admin, slug="one", name="One", purpose="Start at once")
        services.set_quota(actor=admin, project_id=None, concurrent_runs=1)
    with pytest.raises(RuntimeError), scope(tenant.pk), transaction.atomic():
        assert take(project) == ""
        raise RuntimeError
    with scope(tenant.pk):
        assert not Holding.objects.exists()
        assert take(project) == ""
