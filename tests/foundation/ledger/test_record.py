"""Recording: with the change or not at all, and nothing personal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import ProtectedError
from django.db.utils import IntegrityError

from foundation import ledger
from foundation.identity import Actor
from foundation.ledger.errors import LedgerMisuse
from foundation.ledger.models import Checkpoint, LedgerEvent, LedgerPlace, PendingEvent
from foundation.tenancy import scope
from tests.foundation.ledger.stage import DatasetArchived, archive, grow


@dataclass(frozen=True, kw_only=True)
class Anything(ledger.Event):
    kind = "test.anything"
    value: Any


class Colour(StrEnum):
    RED = "red"


def record(tenant, event, **changes):
    actor = replace(Actor.system(tenant), **changes)
    return ledger.record(event, actor=actor, subject=("tenant", tenant.pk))


def test_an_event_says_who_what_and_when_and_waits_for_its_place(tenant, scientist):
    dataset_id, project_id = uuid4(), uuid4()
    row = ledger.record(
        DatasetArchived(dataset_id=dataset_id, rows=3),
        actor=scientist,
        project_id=project_id,
        subject=("dataset", dataset_id),
    )
    found = LedgerEvent.objects.get(pk=row.pk)
    assert (found.kind, found.version) == ("dataset.archived", 1)
    assert (found.actor_kind, found.actor_id, found.request_id) == ("user", scientist.id, "test-request")
    assert (found.project_id, found.subject_kind, found.subject_id) == (project_id, "dataset", dataset_id)
    assert found.payload == {"dataset_id": str(dataset_id), "rows": 3}
    assert found.recorded_at == row.recorded_at
    assert PendingEvent.objects.filter(event=found).exists()


def test_the_database_stamps_the_time_whatever_the_writer_says(tenant):
    at = "2001-01-01T00:00:00Z"
    row = LedgerEvent.objects.create(
        tenant=tenant,
        kind="a.b",
        actor_kind="system",
        subject_kind="tenant",
        subject_id=tenant.pk,
        payload={},
        recorded_at=at,
    )
    row.refresh_from_db()
    assert row.recorded_at.year > 2001


def test_what_is_rolled_back_is_not_on_the_ledger(tenant):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        archive(tenant)
        raise ZeroDivisionError
    assert not LedgerEvent.objects.exists()
    assert not PendingEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_is_recorded():
    from tests.support.people import make_tenant

    tenant = make_tenant("acme", "Acme")
    with pytest.raises(LedgerMisuse, match="outside a transaction"):
        record(tenant, Anything(value=1))


def test_outside_the_tenants_scope_nothing_is_recorded(tenant, other_tenant):
    for wrong in (None, other_tenant.pk):
        with pytest.raises(LedgerMisuse, match="outside the scope"), transaction.atomic(), scope(wrong):
            record(tenant, Anything(value=1))


PERSONAL = ["scientist@acme.test", "two words", "زايد", "x" * 201, "line\nbreak", "+971 50 123", ["ok", "not ok"]]
OTHER = [b"bytes", object(), 2**53, float("nan"), {"a key": 1}, {"key": "a value"}, list(range(1001))]


@pytest.mark.parametrize("value", [*PERSONAL, *OTHER])
def test_what_could_be_personal_or_free_text_is_refused_as_a_programming_error(tenant, value):
    with pytest.raises(LedgerMisuse, match=r"test\.anything\.value"):
        record(tenant, Anything(value=value))
    assert not LedgerEvent.objects.exists()


def test_ids_digests_numbers_and_words_are_kept(tenant):
    pk = uuid4()
    value = {
        "id": pk,
        "digest": "sha256:" + "ab" * 32,
        "n": 0.5,
        "ok": True,
        "none": None,
        "word": Colour.RED,
        "list": [1, "two"],
    }
    row = record(tenant, Anything(value=value))
    kept = LedgerEvent.objects.get(pk=row.pk).payload["value"]
    assert kept == {**value, "id": str(pk), "word": "red"}


def test_a_kind_subject_or_request_id_out_of_form_is_refused(tenant):
    with pytest.raises(LedgerMisuse, match="must read like"):
        record(tenant, ledger.Event())
    with pytest.raises(LedgerMisuse, match="kind of subject"):
        ledger.record(Anything(value=1), actor=Actor.system(tenant), subject=("Data set", tenant.pk))
    with pytest.raises(LedgerMisuse, match="request id"):
        record(tenant, Anything(value=1), request_id="a b")


def test_another_tenants_events_are_not_seen(tenant, other_tenant):
    archive(other_tenant)
    assert not LedgerEvent.objects.exists()


@pytest.mark.parametrize("model", [LedgerEvent, LedgerPlace, Checkpoint])
@pytest.mark.parametrize("statement", ["UPDATE {} SET tenant_id = tenant_id", "DELETE FROM {}"])
def test_the_portal_can_neither_change_nor_remove_what_is_recorded(tenant, model, statement):
    grow(tenant, 1, checkpoint_at=[1])
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(model._meta.db_table))


def test_djangos_own_ways_to_change_fail_too(tenant):
    row = archive(tenant)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        LedgerEvent.objects.filter(pk=row.pk).update(kind="x.y")
    with pytest.raises((IntegrityError, ProtectedError)), transaction.atomic():
        row.delete()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", ["ledger_ledgerevent", "ledger_ledgerplace", "ledger_checkpoint"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET tenant_id = tenant_id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_nor_can_the_owner_of_the_tables(table, statement):
    from tests.support.servers import owner_connection

    with owner_connection(connection.settings_dict["NAME"]) as owner:
        with pytest.raises(Exception, match="append-only"):
            owner.execute(statement.format(table))
        with pytest.raises(Exception, match=r"append-only|permission"):
            owner.execute("SET session_replication_role = replica; " + statement.format(table))


def test_a_failing_ledger_stops_the_change(tenant, monkeypatch):
    def full(*_args, **_kwargs):
        raise DatabaseError("no space left")

    monkeypatch.setattr(LedgerEvent, "save", full)
    with pytest.raises(DatabaseError), transaction.atomic():
        tenant.name = "Changed"
        tenant.save()
        archive(tenant)
    tenant.refresh_from_db()
    assert tenant.name == "Acme Trading"


def test_an_event_cannot_declare_what_every_event_has():
    with pytest.raises(LedgerMisuse, match="version"):
        type("Wrong", (ledger.Event,), {"__annotations__": {"version": "int"}})
