"""Connections: who may make them, that secrets are sealed for good, and that nobody has them sent elsewhere."""

from __future__ import annotations

import json

import pytest

from apps.connections import selectors, services
from apps.connections.choices import Standing
from apps.connections.models import Connection
from apps.connections.services.sealing import opened, sealed
from apps.projects import services as projects
from foundation import ledger
from foundation.clock import now
from foundation.errors import AccessDenied, Conflict, Invalid, NotFound
from foundation.ledger.models import LedgerEvent
from foundation.storage.errors import ObjectDamaged
from tests.support.people import make_person

SECRET = "pass-CANARY-word"
SERVER = {"host": "db.example.com", "port": 5432, "database": "sales", "user": "reader", "tls": "verify"}


@pytest.fixture
def make(admin, project):
    def made(actor=admin, *, name="Warehouse", project_id=project.pk, **words):
        given = {"kind": "postgresql", "settings": SERVER, "secrets": {"password": SECRET}, "now": now(), **words}
        return services.create_connection(actor=actor, name=name, project_id=project_id, **given)

    return made


def edited(actor, connection, *, secrets=None, **words):
    said = {"name": connection.name, "settings": connection.settings, "at_once": 2, **words}
    return services.edit_connection(actor=actor, connection=connection, secrets=secrets or {}, **said)


def kinds_of(connection):
    return [event.kind for event in ledger.events_of(subject=("connection", connection.pk))]


def test_its_secrets_are_sealed_and_in_no_row_or_entry(make):
    connection = make()

    row = Connection.objects.filter(pk=connection.pk).values().get()
    payloads = [event.payload for event in LedgerEvent.objects.filter(subject_id=connection.pk)]
    assert SECRET not in json.dumps(
        [row, payloads],
        default=lambda value: bytes(value).hex() if isinstance(value, memoryview | bytes) else str(value),
    )
    assert SECRET.encode() not in bytes(row["sealed_secrets"])
    assert opened(connection) == {"password": SECRET}
    assert connection.standing == Standing.UNTRIED
    assert kinds_of(connection) == ["connection.created"]


def test_sealed_secrets_of_one_connection_open_in_no_other(make):
    first, second = make(), make(name="Other")
    second.sealed_secrets = first.sealed_secrets
    with pytest.raises(ObjectDamaged):
        opened(second)
    assert sealed(first, {}) is None


@pytest.mark.parametrize("moved", [{"host": "mine.example.com"}, {"port": 15432}, {"user": "me"}, {"tls": "off"}])
def test_where_the_address_or_the_user_changes_the_secret_is_given_again(make, admin, moved):
    connection = make()

    with pytest.raises(Invalid) as refusal:
        edited(admin, connection, settings={**SERVER, **moved})
    assert "password" in refusal.value.fields
    connection.refresh_from_db()
    assert connection.settings == SERVER

    again = edited(admin, connection, settings={**SERVER, **moved}, secrets={"password": "another"})
    assert (again.settings, opened(again)) == ({**SERVER, **moved}, {"password": "another"})


def test_what_changes_nothing_of_that_keeps_the_secret_and_the_last_test(make, admin):
    connection = make()
    Connection.objects.update(standing=Standing.WELL)
    connection.refresh_from_db()

    renamed = edited(admin, connection, name="Sales", at_once=4)
    assert (renamed.name, renamed.at_once, renamed.standing) == ("Sales", 4, Standing.WELL)
    assert opened(renamed) == {"password": SECRET}
    other = edited(admin, renamed, settings={**SERVER, "database": "archive"}, at_once=4)
    assert (other.standing, opened(other)) == (Standing.UNTRIED, {"password": SECRET})
    last = ledger.events_of(subject=("connection", connection.pk))[0]
    assert last.payload["changed"] == ["database"]


def test_scientists_use_connections_and_administrators_make_them(make, scientist, viewer, project):
    connection = make()

    for actor in (scientist, viewer):
        with pytest.raises(AccessDenied, match="administrator"):
            make(actor, name="Mine")
        assert list(selectors.visible_connections(actor=actor)) == [connection]
    used = services.usable_connection(actor=scientist, connection_id=connection.pk, project_id=project.pk)
    assert used == connection
    with pytest.raises(AccessDenied):
        services.usable_connection(actor=viewer, connection_id=connection.pk, project_id=project.pk)


def test_one_of_a_project_is_read_through_there_alone_and_one_of_all_everywhere(make, admin, project):
    own, everywhere = make(), make(name="Lake", project_id=None)
    other = projects.create_project(actor=admin, name="Other", purpose="Another")

    def usable(connection):
        return services.usable_connection(actor=admin, connection_id=connection.pk, project_id=other.pk)

    assert usable(everywhere) == everywhere
    with pytest.raises(Invalid, match="another project"):
        usable(own)
    assert list(selectors.visible_connections(actor=admin, project_id=other.pk)) == [everywhere]


def test_another_tenant_sees_none(make, other_tenant):
    connection = make()
    stranger = make_person(other_tenant, "admin")
    assert not selectors.visible_connections(actor=stranger).exists()
    with pytest.raises(NotFound):
        selectors.get_connection(actor=stranger, connection_id=connection.pk)


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"settings": {**SERVER, "host": ""}}, "host"),
        ({"settings": {**SERVER, "port": 70_000}}, "port"),
        ({"settings": {**SERVER, "port": "many"}}, "port"),
        ({"settings": {**SERVER, "tls": "sometimes"}}, "tls"),
        ({"settings": {**SERVER, "host": "a\0b"}}, "host"),
        ({"settings": {**SERVER, "password": "x"}}, "password"),
        ({"settings": SERVER, "secrets": {"pass": "x"}}, "pass"),
        ({"settings": SERVER, "at_once": 0}, "at_once"),
        ({"settings": SERVER, "at_once": 99}, "at_once"),
        ({"kind": "ftp"}, "kind"),
        ({"name": "  "}, "name"),
        ({"kind": "s3", "settings": {"bucket": "sales"}, "secrets": {"access_key": "k"}}, "secret_key"),
        ({"kind": "http", "settings": {"urls": "file:///etc/passwd"}, "secrets": {}}, "urls"),
    ],
)
def test_what_is_missing_or_wrong_is_named(make, words, field):
    with pytest.raises(Invalid) as refusal:
        make(**words)
    assert field in refusal.value.fields
    assert not Connection.objects.exists()


def test_a_name_is_taken_once(make):
    make()
    with pytest.raises(Conflict, match="Warehouse"):
        make()


def test_deleted_it_frees_its_name(make, admin):
    connection = make()
    services.delete_connection(actor=admin, connection=connection)
    assert not Connection.objects.exists()
    assert make().name == "Warehouse"
    assert kinds_of(connection)[0] == "connection.deleted"
