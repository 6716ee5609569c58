"""An archived project is deleted for ever after a wait in which it can be kept, and nothing but a stone is left."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pyarrow as pa
import pytest
from django.apps import apps
from django.db import transaction

from apps.dashboards.models import Visit
from apps.deployments import selectors as deployments
from apps.deployments.models import Deployment
from apps.experiments.adapters import tracking
from apps.features.models import FeatureView
from apps.features.services.online import _Keyring, _store
from apps.monitoring.models import TrafficMinute
from apps.projects import selectors, services
from apps.projects.models import Project, ProjectDeletion
from apps.projects.services import deleting, rows
from apps.tenants import services as tenants
from apps.tenants.choices import UsageKind
from apps.tenants.models import BinnedThing, TenantExport, UsageHour, UsageSpan, Webhook
from foundation import jobs, lake, ledger, storage
from foundation.access import StepUpRequired
from foundation.access.models import ProjectRole, UserGrant
from foundation.clock import now
from foundation.errors import AccessDenied, Conflict, Invalid, NotFound
from foundation.identity.models import ApiToken
from foundation.identity.tokens import create_token, revoked_since
from foundation.jobs.models import Job
from foundation.tenancy import scope
from foundation.tenancy.row_security import protected_models
from tests.apps.experiments.rows import make_run, make_training_set
from tests.apps.projects.test_archive import again, kinds_of
from tests.apps.tenants.test_leaving import found_in_database
from tests.isolation.elsewhere import things_of
from tests.isolation.houses import furnish
from tests.support.forms import send_form
from tests.support.jobs import run_queued
from tests.support.people import make_person

ARCHIVE = "/t/acme/p/flights/settings/archive/"
API = "/api/v1/projects/flights/"


@pytest.fixture(autouse=True)
def workspaces(monkeypatch):
    """MLflow's workspaces that were deleted, and a gateway that has logged all; real ones: test_deleted_canary."""
    gone = []
    monkeypatch.setattr(tracking, "forget_workspace", gone.append)
    monkeypatch.setattr(deployments.gateway, "read_waiting", lambda _socket: 0)
    return gone


@pytest.fixture(autouse=True)
def with_keys_of_the_tenant(settings):
    settings.LAKE_KEYS = "foundation.lake.keys.keys_of"


@pytest.fixture
def archived(admin, project):
    return services.archive_project(actor=admin, project=project)


def asked(actor, project):
    return services.ask_to_delete(actor=again(actor), project=project, confirmation=project.slug)


def due(project):
    with scope(project.tenant_id):
        Project.objects.filter(pk=project.pk).update(deletion_due=now() - timedelta(seconds=1))


def delete(actor, project):
    """From asking to the stone; the jobs that ran."""
    with scope(project.tenant_id):
        Project.objects.filter(pk=project.pk, archived_at=None).update(archived_at=now())
        asked(actor, project)
    due(project)
    assert services.begin_deletions() == 1
    return run_queued()


def stone_of(project):
    with scope(project.tenant_id):
        return Project.objects.get(pk=project.pk)


def test_it_is_asked_for_by_typed_name_and_kept_by_any_administrator(admin, archived, client_as):
    client, other = client_as(admin), client_as(make_person(admin.tenant, "admin", "second@acme.test"))
    page = client.get(ARCHIVE).content.decode()
    assert "Delete it for ever" in page
    assert send_form(client, f"{ARCHIVE}delete/", {"confirmation": "flight"}).status_code == 422

    assert send_form(client, f"{ARCHIVE}delete/", {"confirmation": "Flights"}).status_code == 303
    wait = selectors.get_project(actor=admin, slug="flights").deletion_due - now()
    assert timedelta(days=13) < wait < timedelta(days=15)
    for page in ("p/flights/", "projects/?archived=only"):
        assert "will be deleted for ever on" in other.get(f"/t/acme/{page}").content.decode()
    assert services.begin_deletions() == 0

    assert other.post(f"{ARCHIVE}keep/").status_code == 303
    kept = selectors.get_project(actor=admin, slug="flights")
    assert (kept.deletion_due, kept.archived_at is None, ProjectDeletion.objects.exists()) == (None, False, False)
    assert kinds_of(archived)[:2] == ["project.deletion_undone", "project.deletion_asked"]


def test_asked_for_twice_it_is_recorded_once_and_kept_unasked_not_at_all(admin, archived):
    first = asked(admin, archived).deletion_due
    assert asked(admin, archived).deletion_due == first
    services.keep_project(actor=again(admin), project=archived)
    services.keep_project(actor=again(admin), project=archived)

    assert [kinds_of(archived).count(f"project.deletion_{word}") for word in ("asked", "undone")] == [1, 1]


def test_it_takes_an_administrator_of_the_organisation_who_just_proved_who_they_are(admin, scientist, viewer, archived):
    holder = tenants.Holder.parse(f"user:{viewer.user.pk}")
    tenants.give_role_in_project(actor=again(admin), project_id=archived.pk, holder=holder, role="admin")
    of_project_alone = again(viewer)
    for actor in (again(scientist), of_project_alone, replace(again(admin), guest_until=now())):
        with pytest.raises(AccessDenied):
            services.ask_to_delete(actor=actor, project=archived, confirmation="flights")
        with pytest.raises(AccessDenied):
            services.keep_project(actor=actor, project=archived)
    with pytest.raises(StepUpRequired):
        services.ask_to_delete(actor=replace(again(admin), stale=True), project=archived, confirmation="flights")
    with pytest.raises(Invalid, match="flights"):
        services.ask_to_delete(actor=again(admin), project=archived, confirmation="")
    with pytest.raises(AccessDenied):
        limited = replace(again(admin), project_id=archived.pk)
        services.ask_to_delete(actor=limited, project=archived, confirmation="flights")


def test_only_an_archived_project_is_deleted(admin, project):
    with pytest.raises(Conflict, match="Archive the project first"):
        services.ask_to_delete(actor=admin, project=project, confirmation="flights")


def test_it_is_not_brought_back_before_somebody_keeps_it(admin, archived, client_as):
    asked(admin, archived)
    with pytest.raises(Conflict, match="keeps it"):
        services.restore_project(actor=again(admin), project=archived)
    page = client_as(admin).get(ARCHIVE).content.decode()
    assert "Keep it" in page
    assert f'action="{ARCHIVE}restore/"' not in page

    services.keep_project(actor=again(admin), project=archived)
    assert services.restore_project(actor=again(admin), project=archived).archived_at is None


def test_the_page_counts_what_goes_for_whoever_may_delete_it(admin, scientist, project, client_as):
    make_run(scientist, project, make_training_set(scientist, project), state="succeeded")
    services.archive_project(actor=admin, project=project)

    page = " ".join(client_as(admin).get(ARCHIVE).content.decode().split())
    assert all(f"<dt>{kind}</dt><dd>1</dd>" in page for kind in ("Datasets", "Training sets", "Runs"))
    reader = client_as(scientist).get(ARCHIVE).content.decode()
    assert "What goes" not in reader
    assert "An administrator of the organisation deletes a project for ever" in reader


def test_rest_asks_and_keeps(api_as, admin, scientist, archived):
    client, named = api_as(admin), {"data": {"confirmation": "flights"}, "content_type": "application/json"}
    assert api_as(scientist).post(f"{API}delete/", **named).status_code == 403
    assert client.post(f"{API}delete/", {}, content_type="application/json").status_code == 422
    assert client.post(f"{API}delete/", **named).json()["deletion_due"] is not None
    assert client.post(f"{API}restore/").status_code == 409
    assert client.post(f"{API}keep/").json()["deletion_due"] is None


@pytest.mark.parametrize("made", ["training_set", "view", "view_by_entity", "version", "run", "replay", "joined"])
def test_what_another_project_made_of_its_things_is_named_and_refuses(admin, scientist, project, client_as, made):
    name = _made_elsewhere(scientist, project, made)
    services.archive_project(actor=admin, project=project)

    with pytest.raises(Conflict, match=f"Other: {name}") as refused:
        asked(admin, project)
    assert refused.value.details["made_elsewhere"][0]["name"] == name
    page = client_as(admin).get(ARCHIVE).content.decode()
    assert "it is not deleted" in page
    assert f'action="{ARCHIVE}delete/"' not in page


def _made_elsewhere(actor, project, kind):
    from apps.datasets.models import Dataset, DatasetVersion
    from apps.features.models import Entity, TrainingSet
    from apps.monitoring.models import Replay

    rows_here, here = make_training_set(actor, project), {"tenant": actor.tenant, "project": project}
    other = services.create_project(actor=actor, slug="other", name="Other", purpose="Else")
    there = {"tenant": actor.tenant, "project": other}
    entity = Entity.objects.create(**here, name="flower", join_keys=["id"])
    view = {"number": 1, "event_time": "at", "state": "ready"}
    if kind == "training_set":
        made = TrainingSet.objects.create(
            **there, name="copied", number=1, base_version=rows_here.base_version, label="a"
        )
    elif kind == "view":
        own = Entity.objects.create(**there, name="own", join_keys=["id"])
        inputs = {"f": str(rows_here.base_version_id)}
        made = FeatureView.objects.create(**there, **view, entity=own, name="petals", inputs=inputs)
    elif kind == "view_by_entity":
        made = FeatureView.objects.create(**there, **view, entity=entity, name="petals")
    elif kind == "joined":
        mine = FeatureView.objects.create(**here, **view, entity=entity, name="petals")
        parts = [{"view": str(mine.pk), "keys": {}, "features": []}]
        base = make_training_set(actor, other)
        made = base
        TrainingSet.objects.filter(pk=base.pk).update(views=parts, state="ready")
    elif kind == "version":
        dataset = Dataset.objects.create(**there, name="derived", slug="derived")
        source = {"kind": "sql", "sql": "SELECT 1", "inputs": {"f": str(rows_here.base_version_id)}}
        made = DatasetVersion.objects.create(**there, dataset=dataset, number=1, state="ready", source=source)
    elif kind == "run":
        run = make_run(actor, other, rows_here, state="succeeded")
        return f"{run} {run.recipe}"
    else:
        things = things_of(actor, other)
        Replay.objects.filter(pk=things["replay"]).update(training_set=rows_here, state="stopped")
        made = Replay.objects.get(pk=things["replay"])
    return str(made)


def test_what_failed_elsewhere_needs_nothing(admin, scientist, project):
    from apps.features.models import Entity

    base = make_training_set(scientist, project).base_version_id
    other = services.create_project(actor=scientist, slug="other", name="Other", purpose="Else")
    there = {"tenant": admin.tenant, "project": other}
    entity = Entity.objects.create(**there, name="own", join_keys=["id"])
    words = {"number": 1, "event_time": "at", "state": "failed", "inputs": {"f": str(base)}}
    FeatureView.objects.create(**there, **words, entity=entity, name="petals")
    services.archive_project(actor=admin, project=project)

    assert asked(admin, project).deletion_due is not None


def test_what_is_needed_elsewhere_by_the_day_is_not_begun(admin, scientist, project, client_as):
    services.archive_project(actor=admin, project=project)
    asked(admin, project)
    _made_elsewhere(scientist, project, "training_set")
    due(project)

    assert services.begin_deletions() == 0
    assert "The deletion waits for these" in client_as(admin).get(ARCHIVE).content.decode()


def test_what_comes_to_be_needed_while_it_was_begun_is_found_again(admin, scientist, project):
    services.archive_project(actor=admin, project=project)
    asked(admin, project)
    due(project)
    services.begin_deletions()
    name = _made_elsewhere(scientist, project, "training_set")
    (job,) = run_queued()

    assert (job.state, name in job.failure) == ("failed", True)
    found = selectors.get_project(actor=again(admin), slug="flights")
    assert found.deletion_due is not None
    assert services.begin_deletions() == 0


def test_from_its_beginning_on_nobody_finds_it(admin, scientist, archived, client_as, api_as):
    asked(admin, archived)
    due(archived)
    services.begin_deletions()

    client, program = client_as(admin), api_as(admin)
    assert client.get("/t/acme/p/flights/").status_code == 404
    assert program.get(API).status_code == 404
    assert "flights" not in client.get("/t/acme/projects/?archived=all").content.decode()
    with pytest.raises(NotFound):
        services.keep_project(actor=again(admin), project=archived)


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
        tenants.delete_webhook(actor=again(admin), webhook=binned)
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


@pytest.mark.django_db(transaction=True)
def test_nothing_that_it_kept_is_left_and_its_neighbour_keeps_everything():
    with transaction.atomic():
        house = furnish("acme")
    tenant = house.tenant
    with scope(tenant.pk):
        project = house.project
        stays = services.create_project(actor=house.people["scientist"], slug="stays", name="Stays", purpose="Stays")
        neighbours = kept_by(house, stays)
        mine = kept_by(house, project)
        assert UserGrant.objects.filter(object_pk=str(project.pk)).exists()
        before = found_in_database(house.canary)
        of_neighbour = rows_of(stays)
        for kind, object_id in (("project", project.pk), ("run", house.things["run"]), ("project", stays.pk)):
            place = {"tenant": tenant, "user": house.admin.user, "kind": kind, "object_id": object_id}
            Visit.objects.create(**place, visited_at=now())
        counted = {"tenant": tenant, "revision_id": uuid4(), "minute": now()}
        TrafficMinute.objects.create(**counted, deployment_id=house.things["deployment"])
        TrafficMinute.objects.create(**counted, deployment_id=Deployment.objects.get(project=stays).pk)
    words = {"datasets_dataset", "experiments_run", "registry_model", "approvals_comment"}
    assert {f"public.{table}" for table in words} <= before

    ran = delete(house.admin, project)
    assert stone_of(project).deleted_at is not None, [job.failure for job in ran]

    with scope(tenant.pk):
        assert sum(rows_of(project).values()) == 0
        assert not UserGrant.objects.filter(object_pk=str(project.pk)).exists()
        assert rows_of(stays) == of_neighbour
        visited = Visit.objects.filter(user=house.admin.user).values_list("object_id", flat=True)
        assert stays.pk in visited
        assert {project.pk, UUID(house.things["run"])}.isdisjoint(visited)
        assert TrafficMinute.objects.get().deployment_id == Deployment.objects.get().pk
        assert all(not storage.exists(tenant.pk, key) for key in mine["objects"])
        assert all(storage.exists(tenant.pk, key) for key in neighbours["objects"])
        tables = lake.for_tenant(tenant.pk)
        assert set(tables.tables()) == set(neighbours["tables"])
        read = [tables.read(tables.current(table)).read_all().num_rows for table in neighbours["tables"]]
        assert read == [1] * len(neighbours["tables"])
        assert _store().read(mine["online"]) == [None]
        assert None not in _store().read(neighbours["online"])
    left = found_in_database(house.canary)
    gone = ("datasets_", "features_", "experiments_", "registry_", "deployments_", "monitoring_", "projects_")
    assert [table for table in left if table.removeprefix("public.").startswith(gone)] == []
    ledger.sequence_once()
    assert ledger.verify_chain(tenant).finding is None


def kept_by(house, project):
    """One of everything outside the database, said by the rows that are there."""
    actor = house.people["scientist"]
    if project.slug == "stays":
        # The address of a deployment is the organisation's.
        Deployment.objects.update(slug="elsewhere")
        TenantExport.objects.update(state="failed")
        things_of(actor, project)
    canary, kept = house.canary, {"objects": [], "tables": [], "online": []}
    for _room, farewell in services.farewells.farewells():
        outside = farewell.outside(project.tenant, project.pk)
        for key in outside.objects:
            name = f"{key}{0:015d}" if key.endswith("/") else key
            storage.put(project.tenant_id, name, canary.encode())
            kept["objects"].append(name)
        for table in set(outside.tables).difference(kept["tables"]):
            lake.for_tenant(project.tenant_id).write(table, pa.table({"said": [canary]}))
            kept["tables"].append(table)
    view = FeatureView.objects.select_related("entity").get(project=project)
    ring = _Keyring(view)
    key = ring.key({"id": "1"})
    _store().write([(key, ring.seal(key, [0, [canary]]))], ttl_seconds=None)
    kept["online"] = [key]
    return kept


def rows_of(project):
    """How many rows of a project each table holds; read by the tables' own words, and not by those that delete."""
    found = {}
    for model in protected_models():
        columns = {field.attname for field in model._meta.concrete_fields}
        stays = model._meta.app_label == "ledger" or model._meta.label in STAY.keys() - {"identity.ApiToken"}
        if "project_id" in columns and not stays:
            found[model._meta.label] = model._default_manager.filter(project_id=project.pk).count()
    return found


# Ids of things that are no foreign keys, and why their rows stay where they are.
STAY = {
    "tenants.UsageSpan": "billed",
    "tenants.UsageHour": "billed",
    "tenants.BinnedThing": "of the organisation",
    "tenants.WebhookDelivery": "the log of the organisation's webhooks, forgotten after its days; ids and digests",
    "refusals.RefusalWindow": "of whoever asked; closed within the hour",
    "identity.ApiToken": "of a person or program",
}


def test_every_table_that_names_a_thing_goes_with_it_or_says_why_not():
    """A bare id is no foreign key: nobody but this list would notice a row that points at nothing."""
    owned, pointing = {model for model, _where in rows.owned()}, services.farewells.pointers()
    for model in protected_models():
        label = model._meta.label
        bare = {
            field.name
            for field in model._meta.concrete_fields
            if field.get_internal_type() == "UUIDField" and field.name.endswith("_id") and not field.is_relation
        }
        about_things = bare - {"person_id", "requester_id", "actor_id", "user_id", "asker_id", "event_id"}
        if about_things and model not in owned and model._meta.app_label not in {"ledger", "jobs"}:
            assert label in pointing or label in STAY, f"{label} names {about_things}: register_pointer, or say why."


def test_pointers_name_tables_and_columns_that_are_there():
    for label, column in services.farewells.pointers().items():
        assert apps.get_model(label)._meta.get_field(column).get_internal_type() == "UUIDField"
