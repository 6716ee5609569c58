"""A tenant takes everything with it, leaves after a wait that can be undone, and nothing of what it kept is left."""

import hashlib
import io
import json
import os
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.conf import settings as portal
from django.db import connections, transaction

from apps.experiments.services import archiving
from apps.tenants import services
from apps.tenants.models import TenantExport
from apps.tenants.services import deleting
from foundation import lake, ledger, storage
from foundation.access import StepUpRequired
from foundation.clock import now
from foundation.errors import AccessDenied, Conflict, Invalid
from foundation.identity.models import ApiToken, User
from foundation.identity.tokens import revoked_since
from foundation.tenancy import find_tenant, scope
from foundation.tenancy.models import Tenant
from tests.isolation.houses import furnish
from tests.support.forms import send_form
from tests.support.jobs import run_queued
from tests.support.people import make_person

PAGE = "/t/acme/settings/leave/"


@pytest.fixture
def workspaces(monkeypatch):
    """MLflow's workspaces that were deleted; a real server is asked in tests/apps/experiments."""
    gone = []
    monkeypatch.setattr(archiving, "forget_workspace", gone.append)
    return gone


def due(tenant):
    with scope(tenant.pk):
        Tenant.objects.filter(pk=tenant.pk).update(deletion_due=now() - timedelta(seconds=1))


def test_it_is_asked_for_by_typed_name_shown_everywhere_and_undone_by_any_administrator(admin, client_as):
    client, other = client_as(admin), client_as(make_person(admin.tenant, "admin", "second@acme.test"))
    assert send_form(client, PAGE, {"confirmation": "acne"}).status_code == 422
    assert find_tenant("acme").deletion_due is None

    assert send_form(client, PAGE, {"confirmation": "acme"}).status_code == 303
    wait = find_tenant("acme").deletion_due - now()
    assert timedelta(days=29) < wait < timedelta(days=31)
    assert "can undo it" in other.get("/t/acme/").content.decode()
    assert services.begin_deletions() == 0

    assert other.post(f"{PAGE}undo/").status_code == 303
    assert find_tenant("acme").deletion_due is None
    kinds = [event.kind for event in ledger.events_of(subject=("tenant", admin.tenant_id))]
    assert kinds == ["tenant.leaving_undone", "tenant.leaving"]


def test_it_takes_an_administrator_of_the_organisation_who_just_proved_who_they_are(admin, scientist):
    with pytest.raises(StepUpRequired):
        services.ask_to_leave(actor=replace(admin, stale=True), confirmation="acme")
    with pytest.raises(AccessDenied):
        services.ask_to_leave(actor=scientist, confirmation="acme")
    with pytest.raises(AccessDenied, match="own people"):
        services.ask_to_leave(actor=replace(admin, guest_until=now()), confirmation="acme")
    with pytest.raises(Invalid, match="acme"):
        services.ask_to_leave(actor=admin, confirmation="")


def test_the_operator_begins_early_only_after_a_second_confirmation(admin, operator, workspaces):
    services.ask_to_leave(actor=admin, confirmation="acme")
    with pytest.raises(Conflict, match="second time"):
        services.delete_now(operator=operator, tenant_id=admin.tenant_id)
    services.cut_the_wait(actor=admin, confirmation="acme")
    services.delete_now(operator=operator, tenant_id=admin.tenant_id)

    assert find_tenant("acme").deletion_begun_at is not None
    with pytest.raises(Conflict, match="has left"):
        services.stay(actor=admin)


def test_doors_are_closed_from_the_beginning_on_and_the_slug_stays_taken(admin, project, client_as, api_as, workspaces):
    client, program = client_as(admin), api_as(admin)
    services.ask_to_leave(actor=admin, confirmation="acme")
    due(admin.tenant)
    assert services.begin_deletions() == 1
    assert client.get("/t/acme/").status_code == 410

    run_queued()
    assert find_tenant("acme").deleted_at is not None
    assert client.get("/t/acme/").status_code in {302, 404}
    assert program.get("/api/v1/projects/").status_code == 401
    assert workspaces == [f"p-{project.pk.hex}"]
    with pytest.raises(Conflict, match="already"):
        services.create_tenant(slug="acme", name="Somebody else")


@pytest.mark.parametrize("step", ["_revoke_tokens", "_shred", "_let_people_go", "_delete_rows", "_leave_a_stone"])
def test_what_broke_off_is_gone_on_with(admin, project, workspaces, monkeypatch, step):
    storage.put(admin.tenant_id, "kept.bin", b"kept")
    services.ask_to_leave(actor=admin, confirmation="acme")
    due(admin.tenant)
    services.begin_deletions()
    whole = getattr(deleting, step)
    monkeypatch.setattr(deleting, step, lambda *_given: 1 / 0)
    run_queued()
    assert find_tenant("acme").deleted_at is None

    monkeypatch.setattr(deleting, step, whole)
    assert services.begin_deletions() == 1
    run_queued()
    assert find_tenant("acme").deleted_at is not None
    assert storage.list(admin.tenant_id) == []
    assert services.begin_deletions() == 0
    last = ledger.events_of(subject=("tenant", admin.tenant_id))[0]
    assert last.kind == "tenant.deleted"


@pytest.mark.django_db(transaction=True)
def test_nothing_that_it_kept_is_left_in_database_or_files(workspaces):
    with transaction.atomic():
        gone, stays = furnish("acme"), furnish("bank")
    canary = gone.canary
    import pyarrow as pa

    lake.for_tenant(gone.tenant.pk).write("ds_" + "a" * 32, pa.table({"said": [canary] * 50}))
    storage.put(gone.tenant.pk, "kept.bin", canary.encode())
    assert found_in_database(canary) != set()
    folder = Path(portal.SANAD_HOME) / "lake" / gone.tenant.pk.hex
    assert folder.exists()

    with scope(gone.tenant.pk):
        live = ApiToken.objects.filter(revoked_at=None).count()
        services.ask_to_leave(actor=gone.admin, confirmation="acme")
    due(gone.tenant)
    services.begin_deletions()
    jobs = run_queued(also_later=True)
    assert find_tenant("acme").deleted_at is not None, [job.failure for job in jobs]

    assert found_in_database(canary) == set()
    assert not folder.exists()
    assert storage.list(gone.tenant.pk) == []
    assert len(revoked_since(0)[1]) >= live
    admin = User.objects.get(pk=gone.admin.user.pk)
    assert (admin.is_active, admin.name) == (False, "")
    stone = find_tenant("acme")
    assert (stone.name, stone.name_ar) == ("acme", "")
    # What others relied on can still be verified, and says nothing of what anybody typed.
    ledger.sequence_once()
    assert ledger.verify_chain(stone).finding is None
    assert canary.encode() not in b"".join(ledger.export_ledger(stone))
    # The neighbour has everything that it had.
    assert found_in_database(stays.canary) != set()
    assert User.objects.get(pk=stays.admin.user.pk).is_active


def found_in_database(word):
    """The tables, of every schema, that hold the word in any column: read past row-level security."""
    found = set()
    url = os.environ["SANAD_TEST_SUPERUSER_URL"].replace("/sanad?", f"/{connections['default'].settings_dict['NAME']}?")
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT table_schema, table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE'"
            " AND table_schema NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        for schema, table in tables:
            sql = f'SELECT count(*) FROM "{schema}"."{table}" t WHERE t::text LIKE %s'
            if connection.execute(sql, [f"%{word}%"]).fetchone()[0]:
                found.add(f"{schema}.{table}")
    return found


def archive_of(client, export):
    answer = client.post(f"{PAGE}exports/{export.pk}/")
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def test_the_archive_holds_everything_and_its_manifest_is_true(admin, scientist, project, client_as):
    webhook_secret = "whsec"
    services.create_service_account(actor=admin, name="nightly", role="viewer")
    client = client_as(admin)
    assert client.post(f"{PAGE}exports/").status_code == 303
    assert client.post(f"{PAGE}exports/").status_code == 409
    jobs = run_queued()
    export = TenantExport.objects.get()
    assert export.state == "ready", [job.failure for job in jobs]

    content = archive_of(client, export)
    assert hashlib.sha256(content).hexdigest() == export.sha256
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.testzip() is None
    for line in json.loads(archive.read("manifest.json")):
        assert hashlib.sha256(archive.read(line["path"])).hexdigest() == line["sha256"]
    names = set(archive.namelist())
    assert {"README.txt", "tenant/members.json", "ledger/ledger.jsonl", "ledger/sanad_verify.py"} <= names
    assert {"datasets/datasets.json", f"runs/{project.slug}.jsonl", "features/entities.json"} <= names
    members = {row["email"]: row["role"] for row in json.loads(archive.read("tenant/members.json"))}
    assert members[scientist.user.email] == "scientist"
    assert webhook_secret.encode() not in content
    assert b"argon2" not in content


def test_an_archive_is_there_for_its_days_and_for_administrators(admin, scientist, project, client_as):
    services.ask_for_export(actor=admin)
    run_queued()
    export = TenantExport.objects.get()
    assert client_as(scientist).post(f"{PAGE}exports/{export.pk}/").status_code == 403
    with pytest.raises(StepUpRequired):
        services.fetch_export(actor=replace(admin, stale=True), export=export)

    TenantExport.objects.update(expires_at=now() - timedelta(seconds=1))
    assert client_as(admin).post(f"{PAGE}exports/{export.pk}/").status_code == 409
    assert services.forget_exports() == 1
    assert storage.list(admin.tenant_id, "exports/") == []


def test_an_archive_that_cannot_be_made_says_why(admin, monkeypatch):
    from apps.tenants.services import exporting

    monkeypatch.setitem(exporting._parts, "datasets", lambda _actor: 1 / 0)
    services.ask_for_export(actor=admin)
    run_queued()
    export = TenantExport.objects.get()
    assert (export.state, bool(export.failure)) == ("failed", True)
    services.ask_for_export(actor=admin)
