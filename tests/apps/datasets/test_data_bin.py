"""Ingestions, transformations and connections in the bin: none runs, none is used, each comes back as it was."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.connections import selectors as connected
from apps.connections import services as connections
from apps.connections.models import Connection
from apps.connections.services.sealing import opened
from apps.datasets import selectors, services
from apps.datasets.choices import Mode
from apps.datasets.models import Ingestion, Transformation, TransformationPass
from apps.datasets.services import due as clock
from apps.datasets.services import starting
from apps.tenants import services as tenants
from apps.tenants.models import BinnedThing
from foundation import ledger
from foundation.clock import now
from foundation.errors import AccessDenied, Conflict, NotFound
from foundation.ledger.dispatch import dispatch_once
from tests.apps.datasets.transformation_stage import made_by, own_ledger, passes_of, settle

__all__ = ["made_by", "own_ledger", "passes_of", "settle"]
SERVER = {"host": "db.example.com", "port": 5432, "database": "sales", "user": "reader", "tls": "verify"}


@pytest.fixture
def connection(admin, project):
    words = {"kind": "postgresql", "settings": SERVER, "secrets": {"password": "one"}, "now": now()}
    return connections.create_connection(actor=admin, name="Warehouse", project_id=project.pk, **words)


@pytest.fixture
def dataset(scientist, project):
    return services.create_dataset(actor=scientist, project=project, name="Orders")


@pytest.fixture
def set_up(scientist, dataset, connection):
    """An ingestion of these orders; nothing of it is asked of a server before it runs."""

    def make(**words):
        plan = services.Plan(connection.pk, "public.orders", mode=Mode.FULL, **words)
        return services.create_ingestion(actor=scientist, dataset=dataset, plan=plan, now=now())

    return make


def kind_of(thing, kind):
    return ledger.events_of(subject=(kind, thing.pk))[0].kind


# Ingestions


def test_neither_the_clock_nor_a_version_nor_a_person_runs_an_ingestion_in_the_bin(
    scientist, dataset, project, set_up, written, own_ledger
):
    calendar = services.create_dataset(actor=scientist, project=project, name="Calendar")
    ingestion = set_up(cron="0 * * * *", after_id=calendar.pk)
    services.delete_ingestion(actor=scientist, ingestion=ingestion)
    starting.start_due(now=now() + timedelta(days=1))
    written("calendar.csv", b"id\n1\n", dataset=calendar)
    ledger.sequence_once()
    dispatch_once()
    with pytest.raises(Conflict, match="deleted meanwhile"):
        services.run_ingestion(actor=scientist, ingestion=ingestion)
    with pytest.raises(NotFound, match="is in the bin"):
        selectors.get_ingestion(actor=scientist, ingestion_id=ingestion.pk)
    assert not dataset.versions.exists()
    assert not selectors.visible_ingestions(actor=scientist).exists()


def test_an_ingestion_comes_back_with_how_far_it_had_read(scientist, set_up, written, dataset):
    ingestion = set_up(cron="0 * * * *")
    version = written("orders", b"id\n1\n", dataset=dataset)
    dataset.versions.update(ingestion=ingestion)
    Ingestion.objects.update(reached="1000")
    binned = services.delete_ingestion(actor=scientist, ingestion=ingestion)
    Ingestion.everything.update(next_at=now() - timedelta(days=1))
    assert tenants.restore(actor=scientist, binned=binned).name == "Orders ← public.orders"
    back = Ingestion.objects.get()
    assert (back.reached, back.pk, kind_of(back, "ingestion")) == ("1000", ingestion.pk, "ingestion.restored")
    assert back.next_at > now(), "what was missed is not made up for"
    assert list(selectors.runs_of(actor=scientist, ingestion=back)) == [version]


def test_restored_it_closes_no_circle(scientist, project, dataset, connection, set_up):
    other = services.create_dataset(actor=scientist, project=project, name="Calendar")
    binned = services.delete_ingestion(actor=scientist, ingestion=set_up(after_id=other.pk))
    plan = services.Plan(connection.pk, "public.calendar", after_id=dataset.pk)
    services.create_ingestion(actor=scientist, dataset=other, plan=plan, now=now())
    with pytest.raises(Conflict, match="start themselves again"):
        tenants.restore(actor=scientist, binned=binned)


# Transformations


def test_a_transformation_in_the_bin_is_not_run_when_its_sources_change(
    scientist, written, made_by, settle, passes_of, project
):
    raw = written("raw", b"k\n1\n")
    made = made_by("made", "SELECT k FROM raw")
    services.run_transformation_now(actor=scientist, transformation=made)
    settle()
    binned = services.delete_transformation(actor=scientist, transformation=made)
    written("raw", b"k\n2\n", dataset=raw.dataset)
    settle()
    Transformation.everything.update(next_at=now() - timedelta(days=1))
    assert clock.run_due_transformations(now=now()) == 0
    assert made.output.versions.count() == 1
    with pytest.raises(NotFound, match="is in the bin"):
        selectors.get_transformation(actor=scientist, transformation_id=made.pk)

    # Name and dataset are free meanwhile, and said to be taken when it comes back.
    words = {"sql": "SELECT k FROM raw", "inputs": {"raw": raw.dataset.pk}, "now": now()}
    for name, said in (("made", "There is a transformation “made” already"), ("other", "is made by “other” by now")):
        second = services.create_transformation(
            actor=scientist, project=project, name=name, output=made.output, **words
        )
        with pytest.raises(Conflict, match=said):
            tenants.restore(actor=scientist, binned=binned)
        again = services.delete_transformation(actor=scientist, transformation=second)
        tenants.delete_for_ever(actor=scientist, binned=again, confirmation=name)
        assert kind_of(second, "transformation") == "transformation.destroyed"

    tenants.restore(actor=scientist, binned=binned)
    assert [state for state, _mode, _note in passes_of(made)] == ["succeeded"]
    written("raw", b"k\n3\n", dataset=raw.dataset)
    settle()
    assert [state for state, _mode, _note in passes_of(made)] == ["succeeded", "succeeded"]
    binned = services.delete_transformation(actor=scientist, transformation=made)
    tenants.delete_for_ever(actor=scientist, binned=binned, confirmation="made")
    assert not TransformationPass.objects.filter(transformation_id=made.pk).exists()
    assert made.output.versions.count() == 2, "what it made stays"


# Connections


def test_nothing_is_read_through_a_connection_in_the_bin(admin, scientist, project, connection, set_up):
    ingestion = set_up()
    with pytest.raises(Conflict, match="read through"):
        connections.delete_connection(actor=admin, connection=connection)
    of_ingestion = services.delete_ingestion(actor=scientist, ingestion=ingestion)
    binned = connections.delete_connection(actor=admin, connection=connection)
    with pytest.raises(NotFound, match="This connection is in the bin"):
        connections.usable_connection(actor=scientist, connection_id=connection.pk, project_id=project.pk)
    with pytest.raises(Conflict, match="“Warehouse”, through which it reads, is in the bin too"):
        tenants.restore(actor=scientist, binned=of_ingestion)
    with pytest.raises(Conflict, match=r"In the bin lies what reads through it: Orders ← public.orders"):
        tenants.delete_for_ever(actor=admin, binned=binned, confirmation="Warehouse")
    for act in (
        lambda: tenants.restore(actor=scientist, binned=binned),
        lambda: tenants.delete_for_ever(actor=scientist, binned=binned, confirmation="Warehouse"),
    ):
        with pytest.raises(AccessDenied):
            act()
    tenants.restore(actor=admin, binned=binned)
    tenants.restore(actor=scientist, binned=of_ingestion)
    assert Ingestion.objects.get().connection == connection


def test_its_secrets_stay_sealed_and_go_with_it(admin, connection, project):
    binned = connections.delete_connection(actor=admin, connection=connection)
    words = {"kind": "postgresql", "settings": SERVER, "secrets": {"password": "two"}, "now": now()}
    taken = connections.create_connection(actor=admin, name="Warehouse", project_id=project.pk, **words)
    with pytest.raises(Conflict, match="Rename or delete that one"):
        tenants.restore(actor=admin, binned=binned)
    second = connections.delete_connection(actor=admin, connection=taken)
    tenants.restore(actor=admin, binned=binned)
    assert opened(Connection.objects.get()) == {"password": "one"}
    tenants.delete_for_ever(actor=admin, binned=second, confirmation="Warehouse")
    assert list(Connection.everything.values_list("pk", flat=True)) == [connection.pk]
    assert kind_of(taken, "connection") == "connection.destroyed"


def test_the_clock_empties_what_reads_before_what_is_read(admin, scientist, connection, set_up):
    services.delete_ingestion(actor=scientist, ingestion=set_up())
    connections.delete_connection(actor=admin, connection=connection)
    assert {row["name"] for row in _archived(admin)} == {"Warehouse"}
    BinnedThing.objects.update(kept_until=now())
    assert tenants.empty_due(now=now() + timedelta(minutes=1)) == 2
    assert not Ingestion.everything.exists() and not Connection.everything.exists()
    assert not BinnedThing.objects.exists()


def _archived(admin):
    """What lies in the bin leaves with the archive as well."""
    return [
        {"name": row.name}
        for row in connected.visible_connections(actor=admin, with_binned=True).exclude(binned_at=None)
    ]
