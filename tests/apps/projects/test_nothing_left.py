"""Every row, object, table and key of a deleted project goes, and its neighbour keeps everything."""

from __future__ import annotations

from uuid import UUID, uuid4

import pyarrow as pa
import pytest
from django.apps import apps
from django.db import transaction

from apps.dashboards.models import Visit
from apps.deployments.models import Deployment
from apps.features.models import FeatureView
from apps.features.services.online import online_store, online_view
from apps.monitoring.models import TrafficMinute
from apps.projects import services
from apps.projects.services import rows
from apps.tenants.models import TenantExport
from foundation import lake, ledger, storage
from foundation.access.models import UserGrant
from foundation.clock import now
from foundation.tenancy import scope
from foundation.tenancy.row_security import protected_models
from tests.apps.projects.deleting_stage import (
    delete,
    stone_of,
    with_keys_of_the_tenant,
    workspaces,
)
from tests.apps.tenants.test_leaving import found_in_database
from tests.isolation.elsewhere import things_of
from tests.isolation.houses import furnish

__all__ = ["with_keys_of_the_tenant", "workspaces"]


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
        assert online_store().read(mine["online"]) == [None] * 3
        assert None not in online_store().read(neighbours["online"])
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
    online = online_view(view)
    kept["online"] = [*online.names.of([{"id": "1"}]), online.marker, online.writer]
    online_store().write([(key, b"sealed") for key in kept["online"]], ttl_seconds=None)
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
