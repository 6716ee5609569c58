"""From decoded events to rows of the declared columns; what does not fit says which rule, and never a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import orjson

from apps.datasets.services import NOBODY, ErasedPeople, TokenKey
from apps.streams.choices import MOST_EVENT_BYTES, ColumnType, Late, Rule
from apps.streams.ports import Decoder
from apps.streams.services.columns import columns_of
from apps.streams.services.leaving_out import left_out

if TYPE_CHECKING:
    import pyarrow as pa

# An event that says it comes from later than this moves no watermark: one clock that is wrong made all others late.
_AHEAD_US = 5 * 60 * 1_000_000


@dataclass(frozen=True)
class Shape:
    """What of a stream decides what becomes of an event."""

    columns: Sequence[Mapping[str, Any]]
    event_time: str
    lateness: timedelta
    late: Late


@dataclass
class Shaped:
    """Rows, and what was set aside: index, rule and column. `high` is the newest event time so far, in µs.

    `fields` are those of what was set aside and could be decoded, by index: each declared column's value as it would
    stand in the table, in JSON; what does not fit is null. `left_out` are the indices of erased people's events.
    """

    rows: pa.Table
    aside: list[tuple[int, Rule, str]] = field(default_factory=list)
    late: int = 0
    high: int | None = None
    fields: dict[int, str] = field(default_factory=dict)
    left_out: list[int] = field(default_factory=list)


def shape(
    decoder: Decoder,
    bodies: Sequence[bytes | None],
    times: Sequence[int],
    shape: Shape,
    high: int | None,
    *,
    tokens: TokenKey | None = None,
    erased: ErasedPeople = NOBODY,
    known: Mapping[int, Mapping[str, Any]] | None = None,
) -> Shaped:
    """The rows of these events. `times` are the broker's milliseconds, `high` the newest event time before them.

    What comes of an event follows from it, those before it, the shape and who was erased alone, however they are cut
    into batches. `tokens` makes the tokens of columns that have them; `known` are the fields of events, by index, that
    are not decoded.
    """
    aside: dict[int, tuple[Rule, str]] = {}
    fields, kept = _understood(decoder, bodies, aside, known or {})
    gone = left_out(erased, fields, [times[index] for index in kept] if erased.until else (), shape.columns, tokens)
    out = [kept[at] for at in gone]
    if gone:
        fields = [one for at, one in enumerate(fields) if at not in gone]
        kept = [index for at, index in enumerate(kept) if at not in gone]
    table, unfit = columns_of(fields, shape.columns, tokens)
    for at, why in unfit.items():
        aside[kept[at]] = why
    good = [at for at in range(len(kept)) if at not in unfit]
    shaped = Shaped(_only(table, good) if unfit else table, high=high, left_out=sorted(out))
    late = _take_late(shaped, [times[kept[at]] for at in good], shape) if shape.event_time and good else []
    aside.update((kept[good[at]], (Rule.LATE, shape.event_time)) for at in late)
    beside = sorted([*unfit, *(good[at] for at in late)])
    for at, row in zip(beside, _only(table, beside).to_pylist() if beside else (), strict=True):
        shaped.fields[kept[at]] = orjson.dumps(row, default=str).decode()
    shaped.aside = [(index, *aside[index]) for index in sorted(aside)]
    return shaped


def fields_in(text: str, columns: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The fields of an event out of what was kept of them in JSON."""
    found: dict[str, Any] = orjson.loads(text)
    for column in columns:
        value = found.get(column["name"])
        if column["type"] == ColumnType.NESTED and isinstance(value, str) and not column.get("tokenise"):
            found[column["name"]] = orjson.loads(value)
    return found


def _understood(
    decoder: Decoder,
    bodies: Sequence[bytes | None],
    aside: dict[int, tuple[Rule, str]],
    known: Mapping[int, Mapping[str, Any]],
) -> tuple[list[Any], list[int]]:
    """The fields of those events that have some, and their indices; `aside` gets the others."""
    readable: list[int] = []
    for index, body in enumerate(bodies):
        if index in known:
            continue
        if body is None:
            aside[index] = (Rule.NO_PAYLOAD, "")
        elif len(body) > MOST_EVENT_BYTES:
            aside[index] = (Rule.TOO_LARGE, "")
        else:
            readable.append(index)
    decoded = decoder.decode([bodies[index] for index in readable])  # type: ignore[misc]
    fields: list[Any] = []
    kept: list[int] = []
    for index, one in zip(readable, decoded, strict=True):
        if type(one) is dict:
            fields.append(one)
            kept.append(index)
        else:
            aside[index] = (Rule.UNDECODABLE if one is None else Rule.NOT_OBJECT, "")
    if known:
        both = {**dict(zip(kept, fields, strict=True)), **known}
        kept = sorted(both)
        fields = [both[index] for index in kept]
    return fields, kept


def _only(table: pa.Table, indices: list[int]) -> pa.Table:
    import pyarrow as pa

    return table.take(pa.array(indices, pa.int64()))


def _take_late(shaped: Shaped, arrived_ms: Sequence[int], shape: Shape) -> list[int]:
    """Count late rows, and take them out where they are quarantined: which these were."""
    late = _late(shaped, arrived_ms, shape)
    if shape.late is not Late.QUARANTINE or not late:
        return []
    taken = set(late)
    shaped.rows = _only(shaped.rows, [at for at in range(shaped.rows.num_rows) if at not in taken])
    return late


def _late(shaped: Shaped, arrived_ms: Sequence[int], shape: Shape) -> list[int]:
    """Which rows are late, in the order in which they came; `shaped` learns how many, and the newest time."""
    import numpy as np
    import pyarrow as pa

    column = shaped.rows.column(shape.event_time).combine_chunks()
    at = column.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).fill_null(-(2**63)).to_numpy(zero_copy_only=False)
    ahead = at > np.asarray(arrived_ms, dtype=np.int64) * 1000 + _AHEAD_US
    moving = np.where(ahead, -(2**63), at)
    before = -(2**63) if shaped.high is None else shaped.high
    highest = np.maximum.accumulate(np.concatenate(([before], moving)))
    allowed = int(shape.lateness.total_seconds() * 1_000_000)
    known = (at != -(2**63)) & (highest[:-1] > -(2**63) + allowed)
    late = np.flatnonzero(known & (at < highest[:-1] - allowed))
    shaped.late = len(late)
    shaped.high = None if highest[-1] == -(2**63) else int(highest[-1])
    return [int(index) for index in late]
