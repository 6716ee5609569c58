"""Columns as the first events suggest them; a person looks at them before a stream is made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.connections import services as connections
from apps.streams import policies
from apps.streams.adapters import decoder_of
from apps.streams.choices import MOST_COLUMNS, MOST_EVENT_BYTES, ColumnType
from foundation.access import Inside
from foundation.errors import Invalid
from foundation.identity import Actor

_LOOKED_AT, _WAIT_S = 200, 5.0


def suggest_columns(
    *,
    actor: Actor,
    project_id: UUID,
    connection_id: UUID | None = None,
    topic: str = "",
    examples: Sequence[bytes] = (),
    format: str = "json",
    event_schema: bytes = b"",
    message: str = "",
) -> list[dict[str, Any]]:
    """[{"name", "type", "required"}]: of the schema where there is one, else of examples, else of what waits there."""
    policies.check_can_manage(actor, Inside(project_id))
    decoder = decoder_of(format, event_schema, message)
    if (known := decoder.columns()) is not None:
        return known
    if not examples and connection_id is not None:
        examples = _waiting(actor, connection_id, project_id, topic)
    events = decoder.decode([body for body in examples if len(body) <= MOST_EVENT_BYTES][:_LOOKED_AT])
    found = [event for event in events if isinstance(event, dict)]
    if not found:
        raise Invalid(_("There is no event yet that columns could be read from. Name the columns, or give an example."))
    names = list(dict.fromkeys(name for event in found for name in event))[:MOST_COLUMNS]
    return [{"name": name, "type": _type_of([event.get(name) for event in found]), "required": False} for name in names]


def _waiting(actor: Actor, connection_id: UUID, project_id: UUID, topic: str) -> list[bytes]:
    connection = connections.usable_connection(actor=actor, connection_id=connection_id, project_id=project_id)
    policies.check_is_broker(connection, topic)
    broker = connections.broker_of(connection)
    try:
        some = broker.read(topic, {}, events=_LOOKED_AT, wait_s=_WAIT_S)
    finally:
        broker.close()
    return [body for events in some for body in events.bodies if body is not None]


def _type_of(values: Sequence[Any]) -> str:
    given = [value for value in values if value is not None]
    kinds = set(map(type, given))
    if not kinds:
        return ColumnType.TEXT.value
    if kinds == {bool}:
        return ColumnType.FLAG.value
    if kinds == {int}:
        return ColumnType.WHOLE.value
    if kinds <= {int, float}:
        return ColumnType.NUMBER.value
    if kinds == {str}:
        if all(_is(date.fromisoformat, value) and len(value) == 10 for value in given):
            return ColumnType.DAY.value
        return (ColumnType.TIME if all(_is(_moment, value) for value in given) else ColumnType.TEXT).value
    return ColumnType.NESTED.value


def _moment(text: str) -> datetime:
    if len(text) < 16:
        raise ValueError
    return datetime.fromisoformat(text)


def _is(read: Any, text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True
