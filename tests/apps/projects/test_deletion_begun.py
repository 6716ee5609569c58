"""From the beginning of its deletion on a project is closed, by whatever id its things are asked for."""

from __future__ import annotations

import pyarrow as pa
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.datasets import services as datasets
from apps.datasets.models import Erasure
from apps.datasets.services.erasing.sealing import digest_of_value
from apps.deployments import selectors as deployments
from apps.experiments.adapters import tracking
from apps.experiments.models import Run
from apps.projects import selectors, services
from apps.projects.models import Project
from apps.projects.services import deleting
from apps.tenants import services as tenants
from foundation import access, jobs, lake, live, storage
from foundation.access import Permission, archives
from foundation.clock import now
from foundation.errors import NotFound
from foundation.identity.tokens import create_token
from foundation.jobs import runner
from foundation.jobs.models import Job, JobTicket
from foundation.ledger.models import LedgerEvent
from tests.apps.experiments.rows import make_run, make_training_set
from tests.apps.projects.deleting_stage import asked, due
from tests.apps.projects.test_archive import again
from tests.support.jobs import run_queued
from tests.support.people import make_person


@pytest.fixture(autouse=True)
def without_servers(monkeypatch, settings):
    monkeypatch.setattr(tracking, "forget_workspace", lambda _name: None)
    monkeypatch.setattr(deployments.gateway, "read_waiting", lambda _socket: 0)
    settings.LAKE_KEYS = "foundation.lake.keys.keys_of"


@pytest.fixture
def things(scientist, project):
    made = make_training_set(scientist, project)
    return made, make_run(scientist, project, made, state="succeeded")


@pytest.fixture
def erasure(admin, project):
    words = {"column": "id", "version_count": 1, "row_count": 1, "state": "failed", "created_by": admin.user}
    digest = digest_of_value(admin.tenant_id, "x")
    return Erasure.objects.create(tenant=admin.tenant, project=project, subject_digest=digest, **words)


def begin(admin, project):
    services.archive_project(actor=admin, project=project)
    asked(admin, project)
    due(project)
    assert services.begin_deletions() == 1


def addresses_of(things):
    made, run = things
    version = made.base_version
    return [
        f"/api/v1/datasets/{version.dataset_id}/",
        f"/api/v1/dataset-versions/{version.pk}/",
        f"/api/v1/training-sets/{made.pk}/",
        f"/api/v1/runs/{run.pk}/",
    ]


def test_its_things_are_not_found_by_id(admin, project, things, client_as, api_as):
    addresses = [*addresses_of(things)]
    assert [api_as(admin).get(address).status_code for address in addresses] == [200] * 4
    assert client_as(admin).get(f"/t/acme/go/run/{things[1].pk}/").status_code == 303
    begin(admin, project)

    assert [api_as(admin).get(address).status_code for address in addresses] == [404] * 4
    assert client_as(admin).get(f"/t/acme/go/run/{things[1].pk}/").status_code == 404


def test_what_the_law_asks_to_remove_is_not_asked_for_there(admin, project, things, erasure, api_as):
    begin(admin, project)
    client = api_as(admin)
    version = things[0].base_version_id
    for address, words in (
        (f"/api/v1/erasures/{erasure.pk}/go-on/", {"value": "x"}),
        (f"/api/v1/dataset-versions/{version}/destroy/", {"confirmation": "iris"}),
    ):
        assert client.post(address, words, content_type="application/json").status_code == 404
    with pytest.raises(NotFound):
        datasets.go_on_erasing(actor=again(admin), erasure=erasure, value="x")
    assert [job.name for job in Job.objects.all()] == ["projects.delete_project"]


def test_nothing_is_allowed_there_but_reading_what_outlasts_it(admin, project, things):
    begin(admin, project)
    actor, here = again(admin), access.Inside(project.pk)
    held = {permission for permission in Permission if access.can(actor, permission, here)}
    assert held == {Permission.LEDGER_VIEW, Permission.LEDGER_EXPORT, Permission.USAGE_VIEW}
    with pytest.raises(NotFound):
        access.require(actor, Permission.PROJECT_VIEW, project)
    with pytest.raises(NotFound):
        access.require_not_archived(actor, project.pk)
    assert [row.pk for row in selectors.deleted_projects(actor=actor)] == [project.pk]


@pytest.mark.parametrize("name", ["datasets.erase", "experiments.execute_run"])
def test_no_job_is_taken_on_or_begun_there(admin, project, things, erasure, name):
    Run.objects.update(state="queued")
    named = {"erasure_id": str(erasure.pk), "run_id": str(things[1].pk)}
    queued = jobs.enqueue(name, actor=admin, title="Waits", project_id=project.pk, **named)
    Project.objects.filter(pk=project.pk).update(archived_at=now(), deletion_begun_at=now())
    with pytest.raises(NotFound):
        jobs.enqueue(name, actor=again(admin), title="Too late", project_id=project.pk)
    (ran,) = run_queued()
    assert (ran.pk, ran.state) == (queued.pk, "failed")
    assert "There is no such project here" in ran.failure
    assert not jobs.visible_jobs(actor=again(admin)).exists()

    Project.objects.filter(pk=project.pk).update(archived_at=None, deleted_at=now())
    with pytest.raises(NotFound):
        jobs.enqueue(name, actor=again(admin), title="Too late", project_id=project.pk)


def test_whoever_asks_brings_it_along_without_another_query(admin, project, things):
    with CaptureQueriesContext(connection) as before:
        again(admin)
    begin(admin, project)
    with CaptureQueriesContext(connection) as after:
        actor = again(admin)
    assert actor.going == {project.pk}
    assert len(after) == len(before)


def test_a_job_that_was_written_meanwhile_ends_before_the_rows_go(admin, project, things, monkeypatch):
    ended, late = deleting._end_what_runs, []

    def end_and_take_on(*given):
        ended(*given)
        if not late:
            Run.objects.update(state="queued")
            words = {"title": "Late", "project_id": project.pk, "run_id": str(things[1].pk)}
            with monkeypatch.context() as patched:
                patched.setattr(archives, "require_open", lambda *_given, **_named: None)
                late.append(jobs.enqueue("experiments.execute_run", actor=admin, **words))
            assert runner.take(late[0].pk) is not None

    monkeypatch.setattr(deleting, "_end_what_runs", end_and_take_on)
    begin(admin, project)
    (ran,) = run_queued()
    assert (ran.state, "1 jobs of the project are still ending" in ran.failure) == ("queued", True)
    assert Run.objects.filter(pk=things[1].pk).exists()
    assert Project.objects.get(pk=project.pk).deleted_at is None

    JobTicket.objects.filter(job=late[0]).delete()
    Job.objects.filter(pk=late[0].pk).update(state="cancelled", finished_at=now())
    run_queued(also_later=True)
    assert Project.objects.get(pk=project.pk).deleted_at is not None


def test_what_lies_outside_of_rows_that_were_written_late_goes_too(admin, scientist, project, monkeypatch):
    forget, keys = deleting._forget_archives, []

    def forget_and_write(given):
        forget(given)
        if not keys:
            run = make_run(scientist, project, make_training_set(scientist, project), state="succeeded")
            keys.append(f"runs/{run.pk.hex}/log")
            storage.put(admin.tenant_id, keys[0], b"late")
            lake.for_tenant(admin.tenant_id).write(f"ts_{run.training_set_id.hex}", pa.table({"said": ["late"]}))

    monkeypatch.setattr(deleting, "_forget_archives", forget_and_write)
    begin(admin, project)
    run_queued()

    assert keys
    assert Project.objects.get(pk=project.pk).deleted_at is not None
    assert storage.list(admin.tenant_id) == []
    assert list(lake.for_tenant(admin.tenant_id).tables()) == []
    assert not Run.objects.exists()


def test_whoever_listens_by_it_alone_is_cut_off(admin, viewer, scientist, project, monkeypatch):
    cut = {"users": set(), "tokens": set()}

    def note(*, user_id=None, token_digest=None, sentence):
        assert sentence
        cut["users"] |= {user_id} - {None}
        cut["tokens"] |= {token_digest} - {None}

    holder = tenants.Holder.parse(f"user:{viewer.user.pk}")
    tenants.give_role_in_project(actor=admin, project_id=project.pk, holder=holder, role="viewer")
    group = tenants.create_group(actor=admin, name="Guests", description="")
    third = make_person(admin.tenant, "member", "third@acme.test")
    tenants.add_to_group(actor=admin, group=group, user_id=third.user.pk)
    of_group = tenants.Holder.parse(f"group:{group.pk}")
    tenants.give_role_in_project(actor=admin, project_id=project.pk, holder=of_group, role="viewer")
    row, _text = create_token(tenant=admin.tenant, name="t", user=admin.user, project_id=project.pk)
    create_token(tenant=admin.tenant, name="w", user=admin.user)
    monkeypatch.setattr(live, "disconnect", note)
    begin(admin, project)

    assert cut == {"users": {viewer.user.pk, third.user.pk}, "tokens": {row.digest}}
    revoked = LedgerEvent.objects.filter(kind="token.revoked", project_id=project.pk, subject_id=row.pk)
    assert revoked.count() == 1
    run_queued()
    assert revoked.count() == 1
    assert LedgerEvent.objects.get(kind="project.deleted").payload["tokens"] == 1
