"""What lies behind a connection: asked when somebody looks, kept nowhere."""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.connections import policies
from apps.connections.models import Connection
from apps.connections.ports import Described, Place, Thing
from apps.connections.selectors import get_connection
from apps.connections.services.opening import source_of
from foundation.errors import Conflict
from foundation.identity import Actor


def things(
    *, actor: Actor, connection: Connection, project_id: UUID, prefix: str = "", limit: int = 200
) -> list[Thing]:
    """Tables, folders or files whose name begins with `prefix`, at most `limit`."""
    policies.check_can_use(actor, connection, project_id)
    with source_of(connection) as source:
        return source.things(prefix, limit)


def as_words(found: Described) -> dict[str, Any]:
    """As JSON takes it; times and figures with more digits than JSON has are texts."""
    columns = [asdict(column) for column in found.columns]
    sample = found.sample.to_pylist() if found.sample is not None else []
    rows = [{name: _plain(value) for name, value in row.items()} for row in sample]
    figures = {"rows": found.rows, "exact": found.exact, "bytes": found.bytes, "files": found.files, "says": found.says}
    return {"columns": columns, **figures, "sample": rows}


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | str) or (isinstance(value, int) and abs(value) < 2**53):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    return value.hex() if isinstance(value, bytes) else str(value)


def described(*, actor: Actor, connection: Connection, project_id: UUID, place: str) -> Described:
    """Columns, how many rows about, and some of them: for whoever sees personal values in clear.

    Nobody has looked at these rows, so nobody knows which of their columns are about people.
    """
    policies.check_can_use(actor, connection, project_id)
    with source_of(connection) as source:
        found = source.describe(Place(place))
    return found if policies.may_see_rows(actor, project_id) else replace(found, sample=None)


def usable_connection(*, actor: Actor, connection_id: UUID, project_id: UUID) -> Connection:
    """The connection, for whoever may read through it in this project."""
    connection = get_connection(actor=actor, connection_id=connection_id)
    policies.check_can_use(actor, connection, project_id)
    return connection


def check_out_of_bin(connection: Connection) -> None:
    """Asked before what reads through it is restored."""
    if connection.binned_at is not None:
        sentence = _("The connection “%(name)s”, through which it reads, is in the bin too. Restore that first.")
        raise Conflict(sentence % {"name": connection})


def at_once_of(connection_id: UUID, *, alone: bool = False) -> int:
    """How many ingestions may read through it at a time; `alone`: nobody else asks until the transaction ends."""
    rows = Connection.objects.select_for_update() if alone else Connection.objects.all()
    found = rows.filter(pk=connection_id).values_list("at_once", flat=True).first()
    # One that is gone keeps nobody waiting: the attempt says that it is gone.
    return found or 1
