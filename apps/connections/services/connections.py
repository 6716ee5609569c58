"""Connections: made, changed, tested, deleted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from apps.connections import policies
from apps.connections.choices import ConnectionKind, Standing
from apps.connections.events import (
    ConnectionChanged,
    ConnectionCreated,
    ConnectionDeleted,
    ConnectionDestroyed,
    ConnectionRestored,
    ConnectionTested,
)
from apps.connections.models import Connection
from apps.connections.ports import Step
from apps.connections.services.opening import check_settings, source_of
from apps.connections.services.sealing import opened, sealed
from apps.tenants import services as tenants
from apps.tenants.choices import BinKind
from foundation import access, ledger
from foundation.errors import Conflict, Invalid
from foundation.identity import Actor
from foundation.words import words_of

if TYPE_CHECKING:
    from apps.tenants.models import BinnedThing

_readers: dict[str, Callable[[Connection], list[str]]] = {}


def register_readers(kind: str, readers: Callable[[Connection], list[str]]) -> None:
    """What of an app above this one reads through a connection, by name: it is ended before the connection goes."""
    _readers[kind] = readers


def readers_of(connection: Connection) -> list[str]:
    return [name for _kind, find in sorted(_readers.items()) for name in find(connection)]


@transaction.atomic
def create_connection(
    *,
    actor: Actor,
    name: str,
    kind: str,
    settings: Mapping[str, Any],
    secrets: Mapping[str, str],
    now: datetime,
    project_id: UUID | None = None,
    description: str = "",
    at_once: int = 2,
) -> Connection:
    """A connection that nobody has tested yet; nothing is asked of what it leads to."""
    policies.check_can_manage(actor, project_id)
    access.require_fresh(actor)
    policies.check_room(Connection.objects.filter(tenant_id=actor.tenant_id).count())
    known = _kind(kind)
    connection = Connection(
        tenant=actor.tenant,
        name=_named(name),
        kind=known,
        project_id=project_id,
        description=description.strip(),
        settings=policies.checked_settings(known, settings),
        at_once=policies.check_at_once(at_once),
        created_by=actor.user,
        created_at=now,
    )
    given = policies.checked_secrets(known, secrets, held={})
    check_settings(known, connection.settings, given)
    connection.sealed_secrets = sealed(connection, given)
    _save(connection)
    _record(ConnectionCreated(connection_id=connection.pk, leads_to=known), actor, connection)
    return connection


@transaction.atomic
def edit_connection(
    *,
    actor: Actor,
    connection: Connection,
    name: str,
    settings: Mapping[str, Any],
    secrets: Mapping[str, str],
    description: str = "",
    at_once: int = 2,
) -> Connection:
    """Secrets that are left empty stay, unless what they are sent to changes."""
    policies.check_can_manage(actor, connection.project_id)
    access.require_fresh(actor)
    connection = _locked(connection)
    kind, held = ConnectionKind(connection.kind), opened(connection)
    wanted: dict[str, Any] = {
        "name": _named(name),
        "description": description.strip(),
        "settings": policies.checked_settings(kind, settings),
        "at_once": policies.check_at_once(at_once),
    }
    moved = _differing(connection.settings, wanted["settings"])
    policies.check_secrets_given_again(kind, moved, secrets, held)
    changed = [field for field, value in wanted.items() if getattr(connection, field) != value]
    for field in changed:
        setattr(connection, field, wanted[field])
    now_held = policies.checked_secrets(kind, secrets, held=held)
    check_settings(kind, wanted["settings"], now_held)
    if now_held != held:
        connection.sealed_secrets = sealed(connection, now_held)
        changed.append("secrets")
    if {"settings", "secrets"} & set(changed):
        connection.standing, connection.steps, connection.tested_at = Standing.UNTRIED, [], None
    if changed:
        _save(connection)
        said = sorted({*changed, *moved} - {"settings"})
        _record(ConnectionChanged(connection_id=connection.pk, changed=said), actor, connection)
    return connection


def test_connection(*, actor: Actor, connection: Connection, now: datetime) -> Connection:
    """Ask what it leads to, step by step, as far as the first that fails; what was said is kept.

    It takes a minute at most: each adapter gives up looking a name up after 5 seconds, on a line that nobody answers
    after 10 or 15, and on all that it then asks after 30.
    """
    policies.check_can_manage(actor, connection.project_id)
    tested = (connection.settings, connection.sealed_secrets)
    with source_of(connection) as source:
        steps = [_kept(step) for step in source.check()]
    with transaction.atomic():
        connection = _locked(connection)
        if (connection.settings, connection.sealed_secrets) != tested:
            raise Conflict(_("Somebody changed the connection while it was tested. Test it again."))
        connection.steps, connection.tested_at = steps, now
        connection.standing = Standing.WELL if all(step["ok"] for step in steps) else Standing.BROKEN
        connection.save(update_fields=["steps", "tested_at", "standing"])
        _record(ConnectionTested(connection_id=connection.pk, standing=connection.standing), actor, connection)
    return connection


def _kept(step: Step) -> dict[str, Any]:
    """A step with its words, for whoever reads them in another language."""
    words = {"name_words": words_of(step.name), "says_words": words_of(step.says)}
    return {"name": str(step.name), "ok": step.ok, "says": str(step.says), **words}


@transaction.atomic
def delete_connection(*, actor: Actor, connection: Connection) -> BinnedThing:
    """It goes into the bin with its secrets, sealed as they are; what was read through it stays."""
    policies.check_can_manage(actor, connection.project_id)
    access.require_fresh(actor)
    connection = _locked(connection)
    if readers := readers_of(connection):
        sentence = _("It is read through: %(names)s. Delete these first, or give them another connection.")
        raise Conflict(sentence % {"names": ", ".join(readers)})
    _record(ConnectionDeleted(connection_id=connection.pk), actor, connection)
    return tenants.keep_marked(actor=actor, kind=BinKind.CONNECTION, thing=connection, project_id=connection.project_id)


class ConnectionBin(tenants.BinRoom):
    """A connection in the bin: nothing is read through it, and nobody opens its secrets."""

    def restore(self, actor: Actor, thing_id: UUID) -> list[str]:
        connection = _locked_in_bin(thing_id)
        policies.check_can_manage(actor, connection.project_id)
        policies.check_room(Connection.objects.filter(tenant_id=actor.tenant_id).count())
        connection.binned_at = None
        taken = _("There is a connection “%(name)s” already. Rename or delete that one, then restore this one.")
        _save(connection, taken)
        _record(ConnectionRestored(connection_id=connection.pk), actor, connection)
        return []

    def destroy(self, actor: Actor, thing_id: UUID) -> None:
        connection = _locked_in_bin(thing_id)
        _record(ConnectionDestroyed(connection_id=connection.pk), actor, connection)
        try:
            connection.delete()
        except ProtectedError as error:
            names = ", ".join(sorted(str(row) for row in error.protected_objects))
            sentence = _("In the bin lies what reads through it: %(names)s. Restore that, or delete it for ever first.")
            raise Conflict(sentence % {"names": names}) from error


def _kind(kind: str) -> ConnectionKind:
    if kind not in ConnectionKind.values:
        sentence = _("“%(kind)s” is none of: %(known)s.") % {"kind": kind, "known": ", ".join(ConnectionKind.values)}
        raise Invalid(sentence, fields={"kind": [sentence]})
    return ConnectionKind(kind)


def _named(name: str) -> str:
    said = " ".join(name.split())
    if not said or len(said) > 120:
        sentence = _("A connection needs a name of at most 120 signs, like “Warehouse”.")
        raise Invalid(sentence, fields={"name": [sentence]})
    return said


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(setting for setting in {*before, *after} if before.get(setting) != after.get(setting))


def _save(connection: Connection, taken: str = "") -> None:
    try:
        with transaction.atomic():
            connection.save()
    except IntegrityError as error:
        sentence = taken or _("There is a connection “%(name)s” already. Take another name.")
        raise Conflict(sentence % {"name": connection.name}, details={"field": "name"}) from error


def _locked(connection: Connection) -> Connection:
    rows = Connection.objects.select_for_update(of=("self",)).select_related("created_by", "project")
    found: Connection | None = rows.filter(pk=connection.pk).first()
    if found is None:
        raise Conflict(_("The connection was deleted meanwhile."))
    return found


def _locked_in_bin(connection_id: UUID) -> Connection:
    rows = Connection.everything.select_for_update(of=("self",)).exclude(binned_at=None)
    found: Connection = rows.select_related("project").get(pk=connection_id)
    return found


def _record(event: ledger.Event, actor: Actor, connection: Connection) -> None:
    subject = ("connection", connection.pk)
    ledger.record(event, actor=actor, project_id=connection.project_id, subject=subject)
