"""Of a deleted project nothing but a stone is left, whatever broke off meanwhile."""

from __future__ import annotations

from uuid import uuid4

import pytest

from apps.projects import selectors, services
from apps.projects.services import deleting
from apps.tenants import services as tenants
from apps.tenants.choices import UsageKind
from apps.tenants.models import BinnedThing, TenantExport, UsageHour, UsageSpan, Webhook
from foundation import jobs, storage
from foundation.access.models import ProjectRole
from foundation.clock import now
from foundation.identity.models import ApiToken
from foundation.identity.tokens import create_token, revoked_since
from foundation.jobs.models import Job
from tests.apps.experiments.rows import make_run, make_training_set
from tests.apps.projects.deleting_stage import (
    archived,
    asked,
    delete,
    due,
    stone_of,
    with_keys_of_the_tenant,
    workspaces,
)
from tests.apps.projects.test_archive import again, kinds_of
from tests.support.jobs import run_queued

__all__ = ["archived", "with_keys_of_the_tenant", "workspaces"]


def test_of_a_deleted_project_a_stone_is_left_and_its_short_name_is_free(admin, scientist, project, workspaces):
    jobs_ran = delete(admin, project)
    stone = stone_of(project)

    assert stone.deleted_at is not None, [job.failure for job in jobs_ran]
    assert (stone.slug, stone.name, stone.purpose, stone.description) == ("flights", "", "", "")
    assert (stone.created_by, stone.archived_by, stone.deletion_due) == (None, None, None)
    assert workspaces == [f"p-{project.pk.hex}"]
    assert kinds_of(project)[:2] == ["project.deleted", "project.deletion_begun"]
    new = services.create_project(actor=again(scientist), slug="flights", name="Flights", purpose="Once more")
    assert selectors.get_project(actor=admin, slug="flights") == new
    assert services.begin_deletions() == 0


def test_tokens_roles_grants_webhooks_and_jobs_of_it_are_gone(admin, scientist, viewer, project):
    holder = tenants.Holder.parse(f"user:{viewer.user.pk}")
    tenants.give_role_in_project(actor=admin, project_id=project.pk, holder=holder, role="viewer")
    token, _text = create_token(tenant=admin.tenant, name="t", user=admin.user, project_id=project.pk)
    whole, _text = create_token(tenant=admin.tenant, name="w", user=admin.user)
    hook = {"tenant": admin.tenant, "url": "https://receiver.example/", "sealed_secret": b"s", "created_at": now()}
    Webhook.objects.create(**hook, project_id=project.pk)
    stays = Webhook.objects.create(**hook)
    for project_id in (project.pk, None):
        binned = Webhook.objects.create(**hook, project_id=project_id)
        tenants.webhooks.delete_webhook(actor=again(admin), webhook=binned)
    run = make_run(scientist, project, make_training_set(scientist, project), state="queued")
    jobs.enqueue("experiments.execute_run", actor=admin, title="Waits", project_id=project.pk, run_id=str(run.pk))
    delete(admin, project)

    assert not ProjectRole.objects.exists()
    assert list(Webhook.objects.all()) == [stays]
    assert [row.kept["project"] for row in BinnedThing.objects.all()] == [None]
    assert [row.name for row in ApiToken.objects.all()] == ["w"]
    assert set(revoked_since(0)[1]) == {token.digest}
    assert whole.digest not in revoked_since(0)[1]
    assert [job.name for job in Job.objects.all()] == ["projects.delete_project"]


def test_what_was_used_stays_on_the_bill_under_the_short_name(admin, project, client_as):
    hour = now().replace(minute=0, second=0, microsecond=0)
    used = {"thing_kind": "dataset", "thing_id": uuid4(), "kind": UsageKind.STORAGE, "amount": 10**15, "price": 1}
    UsageHour.objects.create(tenant=admin.tenant, hour=hour, project_id=project.pk, **used)
    kept = {"thing_kind": "dataset", "thing_id": uuid4(), "subject_id": uuid4(), "byte_count": 9}
    moments = {"started_at": now(), "metered_until": now()}
    UsageSpan.objects.create(tenant=admin.tenant, project_id=project.pk, **kept, **moments)
    delete(admin, project)

    assert UsageSpan.objects.get(project_id=project.pk).ended_at is not None
    assert UsageHour.objects.filter(project_id=project.pk, price=1).exists()
    for page in ("chargeback/", ""):
        assert "deleted project flights" in client_as(admin).get(f"/t/acme/settings/usage/{page}").content.decode()


def test_the_ledger_says_which_project_it_was(admin, project, client_as):
    delete(admin, project)
    page = client_as(admin).get("/t/acme/activity/").content.decode()

    assert "deleted the project for ever" in page
    assert "deleted project flights" in page
    assert 'href="/t/acme/p/flights/"' not in page


def test_an_archive_of_the_organisation_that_lies_ready_goes_with_it(admin, project):
    tenants.ask_for_export(actor=admin)
    run_queued()
    assert TenantExport.objects.get().state == "ready"
    delete(admin, project)

    assert TenantExport.objects.get().state == "erased"
    assert storage.list(admin.tenant_id, "exports/") == []


def test_it_waits_for_an_archive_that_is_being_made(admin, project):
    TenantExport.objects.create(tenant=admin.tenant, asked_by=admin.user, asked_at=now())
    (job,) = delete(admin, project)

    assert (job.state, "is being made" in job.failure) == ("queued", True)
    assert stone_of(project).deleted_at is None
    TenantExport.objects.update(state="failed")
    run_queued(also_later=True)
    assert stone_of(project).deleted_at is not None


STEPS = ["_end_what_runs", "_let_rows_go", "_destroy_tables", "_delete_objects", "_forget_archives", "_leave_a_stone"]


@pytest.mark.parametrize("step", STEPS)
def test_what_broke_off_is_gone_on_with(admin, scientist, project, monkeypatch, step):
    run = make_run(scientist, project, make_training_set(scientist, project), state="succeeded")
    storage.put(admin.tenant_id, f"runs/{run.pk.hex}/log", b"kept")
    whole = getattr(deleting, step)
    monkeypatch.setattr(deleting, step, lambda *_given: 1 / 0)
    delete(admin, project)
    assert stone_of(project).deleted_at is None

    monkeypatch.setattr(deleting, step, whole)
    assert services.begin_deletions() == 1
    run_queued()
    assert stone_of(project).deleted_at is not None
    assert storage.list(admin.tenant_id) == []
    assert kinds_of(project).count("project.deleted") == 1


def test_a_cancelled_deletion_goes_on_by_itself(admin, archived):
    asked(admin, archived)
    due(archived)
    services.begin_deletions()
    jobs.cancel(actor=again(admin), job_id=Job.objects.get(name="projects.delete_project").pk)
    assert services.begin_deletions() == 1
    run_queued()

    assert stone_of(archived).deleted_at is not None
