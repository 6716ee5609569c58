"""Quotas: what is full makes a start wait and says why; what could never fit is refused; two at once are one."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from uuid import uuid4

import pytest
from django.db import connection, connections, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from apps.experiments import services as experiments
from apps.tenants import services
from apps.tenants.choices import RESOURCE_CLASSES, ThingKind
from apps.tenants.models import Holding, Quota
from apps.tenants.selectors import budgets, quotas
from apps.tenants.selectors.held import held_cost
from foundation import jobs, ledger
from foundation.access.actors import actor_for_user
from foundation.clock import database_now, now
from foundation.errors import AccessDenied, Invalid, NotFound, OverQuota
from foundation.jobs import runner
from foundation.jobs.models import Job, JobTicket, Worker
from foundation.jobs.waiting import waiting_because
from foundation.tenancy import scope
from tests.apps.experiments.rows import make_run
from tests.support.people import make_person, make_tenant

SMALL, LARGE = RESOURCE_CLASSES["small"], RESOURCE_CLASSES["large"]


def take(project, *, size=SMALL, kind="run", subject_id=None):
    return services.take_part(
        tenant_id=project.tenant_id, project_id=project.pk, subject=(kind, subject_id or uuid4()), size=size
    )


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


def test_without_a_quota_everything_starts(project):
    assert [take(project) for _start in range(20)] == [""] * 20


def test_the_last_place_is_taken_once_and_the_next_waits_with_a_reason(admin, project):
    services.set_quota(actor=admin, project_id=None, cpus=2)
    assert (take(project), take(project)) == ("", "")
    sentence = take(project)
    assert "The tenant's quota is full: of its CPUs fewer are free than the 1 that this needs." in sentence
    assert "administrator can raise it under Settings, Quotas" in sentence


def test_whoever_has_a_part_already_is_asked_for_no_second_one(admin, project):
    services.set_quota(actor=admin, project_id=None, concurrent_runs=1)
    mine = uuid4()
    assert (take(project, subject_id=mine), take(project, subject_id=mine)) == ("", "")
    assert Holding.objects.count() == 1
    assert "runs at a time" in take(project)


def test_what_ends_frees_its_part(admin, project):
    services.set_quota(actor=admin, project_id=project.pk, memory_mb=2048)
    mine = uuid4()
    assert take(project, subject_id=mine) == ""
    assert "This project's quota is full" in take(project)
    services.give_back(tenant_id=project.tenant_id, subject=("run", mine))
    assert take(project) == ""


def test_a_part_knows_its_price_whatever_its_sizes_are_called_later(admin, project, settings, monkeypatch):
    settings.SANAD_PRICES = {"large": Decimal(4), "large-spot": Decimal(1)}
    spot = replace(LARGE, name="large-spot")
    monkeypatch.setitem(RESOURCE_CLASSES, "large-spot", spot)
    assert take(project, size=spot) == ""
    assert Holding.objects.get().resource_class == "large-spot"
    monkeypatch.setitem(RESOURCE_CLASSES, "large-spot", replace(spot, memory_mb=1))  # another size in the next release
    costs = held_cost(tenant_id=project.tenant_id, now=database_now())
    assert round(costs[project.pk], 2) == 1


def test_replicas_count_for_cpus_and_not_for_runs(admin, project):
    services.set_quota(actor=admin, project_id=None, concurrent_runs=1, cpus=2)
    assert take(project, kind="revision") == ""
    assert take(project) == ""
    assert "CPUs" in take(project, kind="revision")


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


def test_storage_is_refused_with_figures(admin, project, tenant):
    services.set_quota(actor=admin, project_id=None, storage_bytes=1000)
    version = services.Metered(
        tenant_id=tenant.pk,
        project_id=project.pk,
        person_id=None,
        kind=ThingKind.DATASET,
        thing_id=uuid4(),
        subject_id=uuid4(),
        byte_count=700,
    )
    services.begin_usage(version, at=database_now())
    services.check_storage(tenant_id=tenant.pk, project_id=project.pk, more=300)
    with pytest.raises(OverQuota, match="allows 1000 bytes of storage; 700 are in use, and this brings 301 more"):
        services.check_storage(tenant_id=tenant.pk, project_id=project.pk, more=301, reader=admin)


def test_an_upload_that_would_not_fit_is_refused_before_its_first_byte(admin, scientist, project):
    from apps.datasets.services import start_upload

    services.set_quota(actor=admin, project_id=project.pk, storage_bytes=100)
    with pytest.raises(OverQuota, match="storage"):
        start_upload(actor=scientist, project=project, filename="a.csv", size=101)


def test_files_that_are_announced_count_until_they_are_cancelled(admin, scientist, project):
    from apps.datasets.services import cancel_upload, start_upload

    services.set_quota(actor=admin, project_id=None, storage_bytes=1000)
    first = start_upload(actor=scientist, project=project, filename="a.csv", size=900)
    with pytest.raises(OverQuota, match="900 are in use, and this brings 101 more"):
        start_upload(actor=scientist, project=project, filename="b.csv", size=101)
    cancel_upload(actor=scientist, upload_id=first.pk)
    start_upload(actor=scientist, project=project, filename="b.csv", size=101)


def test_a_file_that_became_a_version_counts_while_it_is_read(admin, scientist, project):
    from apps.datasets.services import create_dataset, create_version, start_upload, take_file

    services.set_quota(actor=admin, project_id=None, storage_bytes=1000)
    dataset = create_dataset(actor=scientist, project=project, name="Delays", description="")
    file = take_file(actor=scientist, project=project, file=BytesIO(b"a" * 900), filename="a.csv", size=900, now=now())
    create_version(actor=scientist, dataset=dataset, upload=file, now=now())
    with pytest.raises(OverQuota, match="900 are in use"):
        start_upload(actor=scientist, project=project, filename="b.csv", size=101)


def holds_storage(tenant_id):
    """Whether this transaction keeps every other file of the tenant waiting."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
            " AND (classid::bigint << 32) | objid::bigint = hashtextextended(%s, 0)",
            [f"quota storage {tenant_id}"],
        )
        return bool(cursor.fetchone()[0])


def test_a_file_of_a_plain_form_holds_nobody_up_while_it_is_stored(scientist, project, monkeypatch):
    from apps.datasets.services import take_file, uploads

    monkeypatch.setattr(uploads, "CHUNK_BYTES", 400)
    put, held = uploads.storage.put, []

    def slow(tenant_id, *words):
        held.append(holds_storage(tenant_id))
        return put(tenant_id, *words)

    monkeypatch.setattr(uploads.storage, "put", slow)
    file = take_file(actor=scientist, project=project, file=BytesIO(b"a" * 900), filename="a.csv", size=900, now=now())
    assert (held, holds_storage(project.tenant_id)) == ([False] * 3, True)
    assert b"".join(uploads.read_chunks(file)) == b"a" * 900
    assert file.sha256 == hashlib.sha256(b"a" * 900).hexdigest()


def test_a_file_of_a_plain_form_that_no_longer_fits_when_it_is_stored_leaves_nothing(
    admin, scientist, project, monkeypatch
):
    from apps.datasets.services import take_file, uploads

    services.set_quota(actor=admin, project_id=None, storage_bytes=1000)
    put = uploads.storage.put

    def another_comes_first(tenant_id, *words):
        uploads.start_upload(actor=scientist, project=project, filename="b.csv", size=200)
        return put(tenant_id, *words)

    monkeypatch.setattr(uploads.storage, "put", another_comes_first)
    with pytest.raises(OverQuota, match="200 are in use, and this brings 900 more"):
        take_file(actor=scientist, project=project, file=BytesIO(b"a" * 900), filename="a.csv", size=900, now=now())
    assert list(uploads.storage.list(project.tenant_id, "uploads/")) == []


def test_a_file_is_asked_for_once_more_when_it_is_complete(admin, scientist, project):
    from apps.datasets.services import append_chunk, complete_upload, start_upload

    services.set_quota(actor=admin, project_id=None, storage_bytes=1000)
    file = start_upload(actor=scientist, project=project, filename="a.csv", size=600)
    append_chunk(actor=scientist, upload_id=file.pk, offset=0, data=b"a" * 600)
    services.set_quota(actor=admin, project_id=None, storage_bytes=599)
    with pytest.raises(OverQuota, match="allows 599 bytes of storage; 0 are in use, and this brings 600 more"):
        complete_upload(actor=scientist, upload_id=file.pk, now=now())
    services.set_quota(actor=admin, project_id=None, storage_bytes=600)
    assert complete_upload(actor=scientist, upload_id=file.pk, now=now()).completed_at


def test_administrators_alone_set_quotas_and_the_ledger_says_so(admin, scientist, project):
    with pytest.raises(AccessDenied, match="administrator"):
        services.set_quota(actor=scientist, project_id=None, cpus=1)
    quota = services.set_quota(actor=admin, project_id=None, cpus=1)
    again = services.set_quota(actor=admin, project_id=None, gpus=0)
    assert (again.pk, Quota.objects.get().cpus) == (quota.pk, None)
    with pytest.raises(AccessDenied):
        services.remove_quota(actor=scientist, quota=again)
    services.remove_quota(actor=admin, quota=again)
    kinds = [event.kind for event in ledger.events_of(subject=("quota", quota.pk))]
    assert kinds == ["quota.removed", "quota.changed", "quota.changed"]


def test_of_one_project_nobody_sees_the_tenants_quota(admin, scientist, tenant, project, api_as):
    services.set_quota(actor=admin, project_id=None, cpus=77)
    services.set_quota(actor=admin, project_id=project.pk, cpus=7)
    member = make_person(tenant, "member")
    holder = services.Holder.parse(f"user:{member.user.pk}")
    services.give_role_in_project(actor=admin, project_id=project.pk, holder=holder, role="viewer")
    member = actor_for_user(user=member.user, tenant=tenant)

    def shown(client):
        return [found["project_id"] for found in client.get("/api/v1/quotas/").json()]

    assert [state.project_id for state in quotas.quotas(actor=member)] == [project.pk]
    assert shown(api_as(scientist, project_id=project.pk)) == [str(project.pk)]
    assert shown(api_as(scientist)) == [None, str(project.pk)]


def test_lists_of_limits_take_as_many_statements_for_many_projects_as_for_few(admin, project, tenant):
    def lists():
        with CaptureQueriesContext(connection) as asked:
            shown = quotas.quotas(actor=admin), budgets.budgets(actor=admin, now=now())
        return [len(found) for found in shown], len(asked)

    from apps.projects.services import create_project

    def limited(number):
        made = create_project(actor=admin, slug=f"p{number}", name=f"P {number}", purpose="Many of them")
        services.set_quota(actor=admin, project_id=made.pk, cpus=number, storage_bytes=10)
        services.set_budget(actor=admin, project_id=made.pk, soft_limit=None, hard_limit=Decimal(number))
        take(made)

    for number in range(1, 3):
        limited(number)
    counts, few = lists()
    assert counts == [2, 2]
    for number in range(3, 30):
        limited(number)
    counts, many = lists()
    assert (counts, many) == ([29, 29], few)
    assert few < 16


def test_one_limit_is_read_by_its_id_and_hidden_from_whoever_does_not_see_it(admin, tenant, project):
    whole = services.set_quota(actor=admin, project_id=None, cpus=77)
    mine = services.set_quota(actor=admin, project_id=project.pk, cpus=7)
    spent = services.set_budget(actor=admin, project_id=None, soft_limit=Decimal(1), hard_limit=None)
    take(project)
    state = quotas.quota_state(actor=admin, quota_id=mine.pk)
    [cpus] = [part for part in state.parts if part.field == "cpus"]
    assert (state.name, cpus.used, cpus.left) == ("Flights", 1, 6)
    member = make_person(tenant, "member")
    holder = services.Holder.parse(f"user:{member.user.pk}")
    services.give_role_in_project(actor=admin, project_id=project.pk, holder=holder, role="viewer")
    member = actor_for_user(user=member.user, tenant=tenant)
    assert quotas.quota_state(actor=member, quota_id=mine.pk).id == mine.pk
    with pytest.raises(NotFound):
        quotas.quota_state(actor=member, quota_id=whole.pk)
    with pytest.raises(NotFound):
        budgets.budget_state(actor=member, budget_id=spent.pk, now=now())
    assert budgets.budget_state(actor=admin, budget_id=spent.pk, now=now()).id == spent.pk


def test_whether_a_project_is_somebodys_asks_for_one_row(admin, project, other_tenant):
    from apps.projects.services import create_project
    from apps.tenants import policies, selectors

    for number in range(5):
        create_project(actor=admin, slug=f"p{number}", name=f"P {number}", purpose="Many of them")
    policies.check_sees_project(admin, project.pk)
    assert selectors.project_named(admin, str(project.pk)).slug == "flights"
    assert selectors.project_id_of(admin, "flights") == project.pk
    assert [found.id for found in selectors.projects_of(admin, ids=[project.pk])] == [project.pk]
    for wrong in (lambda: selectors.project_named(admin, "no id"), lambda: selectors.project_id_of(admin, "nowhere")):
        with pytest.raises(NotFound):
            wrong()
    stranger = make_person(other_tenant, "admin")
    with pytest.raises(NotFound):
        policies.check_sees_project(stranger, project.pk)


def test_bad_limits_are_refused_at_their_field(admin, other_tenant):
    for words in ({}, {"cpus": -1}, {"gpus": 10**16}):
        with pytest.raises(Invalid) as refusal:
            services.set_quota(actor=admin, project_id=None, **words)
        assert refusal.value.fields
    with pytest.raises(NotFound):
        services.set_quota(actor=admin, project_id=uuid4(), cpus=1)


def test_the_room_of_an_estimate_is_the_tighter_of_both_quotas(admin, project):
    services.set_quota(actor=admin, project_id=None, cpus=8, gpus=1)
    services.set_quota(actor=admin, project_id=project.pk, cpus=2)
    take(project)
    room = {
        part.field: (int(part.most), int(part.left))
        for part in quotas.room(tenant_id=project.tenant_id, project_id=project.pk, whole=True)
    }
    assert room == {"cpus": (2, 1), "gpus": (1, 1)}


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
def test_of_many_files_that_are_announced_at_once_as_many_come_in_as_fit():
    from apps.datasets.services import start_upload
    from apps.projects.services import create_project

    tenant = make_tenant("crowd", "Crowd")
    admin = make_person(tenant, "admin")
    with scope(tenant.pk):
        project = create_project(actor=admin, slug="one", name="One", purpose="Announce at once")
        services.set_quota(actor=admin, project_id=None, storage_bytes=1000)
    begin, answers = threading.Barrier(8), []

    def announce(number):
        try:
            begin.wait()
            with scope(tenant.pk):
                start_upload(actor=admin, project=project, filename=f"{number}.csv", size=400)
            answers.append("in")
        except OverQuota:
            answers.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=announce, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["in"] * 2 + ["refused"] * 6


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
