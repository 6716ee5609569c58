"""Events of which no row could be made, as they lie in quarantine.

Where a stream makes tokens, what came is sealed under the key of tokens, whether or not it could be decoded: nobody is
shown it, a worker opens it to read it again, and it ends with the key. Beside it stand the fields that fit, with tokens
in the place of what names people: they say what is to be mended, and outlast the key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from apps.datasets import services as datasets
from apps.datasets.services import TokenKey
from apps.streams.choices import MOST_KEPT_BYTES
from apps.streams.services.shaping import Shaped

if TYPE_CHECKING:
    import pyarrow as pa

    from foundation.lake import Lake

# Columns that quarantines of the first releases lack.
_LATER = {"key": "INTEGER", "fields": "VARCHAR"}


def set_aside(
    bodies: Sequence[bytes | None],
    places: Sequence[str],
    times: Sequence[int],
    shaped: Shaped,
    *,
    stream_id: UUID,
    tokens: TokenKey | None = None,
) -> pa.Table:
    """Rows of the quarantine. What is larger than may be kept leaves its size alone; with `tokens` bytes are sealed."""
    import pyarrow as pa

    rows = [(index, rule.value, column, bodies[index]) for index, rule, column in shaped.aside]
    kept = [body if body is not None and len(body) <= MOST_KEPT_BYTES else None for *_rest, body in rows]
    if tokens is not None:
        wheres = [bound(stream_id, places[index]) for index, *_rest in rows]
        kept = [body and tokens.seal(body, where) for body, where in zip(kept, wheres, strict=True)]
    number = tokens.number if tokens else None
    return pa.table(
        {
            "place": pa.array([places[index] for index, *_rest in rows], pa.string()),
            "at": pa.array([times[index] * 1000 for index, *_rest in rows], pa.timestamp("us", tz="UTC")),
            "rule": pa.array([rule for _index, rule, *_rest in rows], pa.string()),
            "column": pa.array([column for _index, _rule, column, _body in rows], pa.string()),
            "size": pa.array([len(body or b"") for *_rest, body in rows], pa.int64()),
            "body": pa.array(kept, pa.binary()),
            "key": pa.array([number if body else None for body in kept], pa.int32()),
            "fields": pa.array([shaped.fields.get(index) for index, *_rest in rows], pa.string()),
        }
    )


def opened(tenant_id: UUID, stream_id: UUID, rows: Iterable[Mapping[str, Any]]) -> list[bytes | None]:
    """The bytes of events out of rows of the quarantine; None where none were kept, or their key was destroyed."""
    held: dict[int, TokenKey | None] = {}
    found: list[bytes | None] = []
    for row in rows:
        number, body = row["key"], row["body"]
        if number is not None and number not in held:
            held[number] = datasets.opened_key(tenant_id, number)
        key = held.get(number) if number is not None else None
        if key is not None and body is not None:
            body = key.open(body, bound(stream_id, row["place"]))
        found.append(body if number is None or key is not None else None)
    return found


def bound(stream_id: UUID, place: str) -> bytes:
    """Where a sealed event lies: in no other place it opens."""
    return stream_id.bytes + place.encode()


def made_whole(tables: Lake, quarantine: str) -> None:
    """Give a quarantine that was begun by an earlier release the columns that it lacks."""
    if tables.exists(quarantine):
        there = {column.name for column in tables.schema(tables.current(quarantine))}
        if missing := {name: kind for name, kind in _LATER.items() if name not in there}:
            tables.widen(quarantine, missing)
