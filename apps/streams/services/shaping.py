"""From decoded events to rows of the declared columns; what does not fit says which rule, and never a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson

from apps.datasets.services import NOBODY, ErasedPeople, TokenKey, is_token
from apps.streams.choices import MOST_EVENT_BYTES, ColumnType, Late, Rule
from apps.streams.ports import Decoder
from apps.streams.services.leaving_out import left_out

if TYPE_CHECKING:
    import pyarrow as pa

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# An event that says it comes from later than this moves no watermark: one clock that is wrong made all others late.
_AHEAD_US = 5 * 60 * 1_000_000
# Milliseconds since 1970 until the year 9999.
_LAST_MS = 253_402_300_799_999


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
    table, unfit = _columns(fields, shape.columns, tokens)
    for at, why in unfit.items():
        aside[kept[at]] = why
    good = [at for at in range(len(kept)) if at not in unfit] if unfit else list(range(len(kept)))
    shaped = Shaped(_only(table, good) if unfit else table, high=high, left_out=sorted(out))
    beside = sorted(unfit)
    if shape.event_time and good:
        late = _late(shaped, [times[kept[at]] for at in good], shape)
        if shape.late is Late.QUARANTINE and late:
            for at in late:
                aside[kept[good[at]]] = (Rule.LATE, shape.event_time)
            taken = set(late)
            shaped.rows = _only(shaped.rows, [at for at in range(len(good)) if at not in taken])
            beside = sorted([*beside, *(good[at] for at in late)])
    for at, row in zip(beside, _only(table, beside).to_pylist() if beside else (), strict=True):
        shaped.fields[kept[at]] = orjson.dumps(row, default=str).decode()
    shaped.aside = [(index, *aside[index]) for index in sorted(aside)]
    return shaped


def nothing(columns: Sequence[Mapping[str, Any]]) -> pa.Table:
    """A table of these columns without a row."""
    import pyarrow as pa

    kinds = {one["name"]: pa.string() if one.get("tokenise") else arrow_type(one["type"]) for one in columns}
    return pa.schema(kinds.items()).empty_table()


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


def arrow_type(kind: str) -> pa.DataType:
    """What a declared type is on its way into the lake."""
    import pyarrow as pa

    return {
        ColumnType.WHOLE: pa.int64(),
        ColumnType.NUMBER: pa.float64(),
        ColumnType.FLAG: pa.bool_(),
        ColumnType.TIME: pa.timestamp("us", tz="UTC"),
        ColumnType.DAY: pa.date32(),
    }.get(ColumnType(kind), pa.string())


def lake_type(kind: str) -> str:
    """What the lake calls a declared type."""
    return {
        ColumnType.WHOLE: "BIGINT",
        ColumnType.NUMBER: "DOUBLE",
        ColumnType.FLAG: "BOOLEAN",
        ColumnType.TIME: "TIMESTAMP WITH TIME ZONE",
        ColumnType.DAY: "DATE",
    }.get(ColumnType(kind), "VARCHAR")


def _only(table: pa.Table, indices: list[int]) -> pa.Table:
    import pyarrow as pa

    return table.take(pa.array(indices, pa.int64()))


def _columns(
    fields: Sequence[Mapping[str, Any]], columns: Sequence[Mapping[str, Any]], tokens: TokenKey | None
) -> tuple[pa.Table, dict[int, tuple[Rule, str]]]:
    import pyarrow as pa

    unfit: dict[int, tuple[Rule, str]] = {}
    arrays, schema = [], []
    for column in columns:
        name, kind = column["name"], ColumnType(column["type"])
        values = [one.get(name) for one in fields]
        if column.get("required"):
            for at, value in enumerate(values):
                if value is None:
                    unfit.setdefault(at, (Rule.MISSING, name))
        if tokens is not None and column.get("tokenise"):
            schema.append(pa.field(name, pa.string()))
            arrays.append(_tokens(values, kind, name, unfit, tokens))
        else:
            schema.append(pa.field(name, arrow_type(kind)))
            arrays.append(_array(values, kind, name, unfit))
    return pa.table(arrays, schema=pa.schema(schema)), unfit


def _tokens(
    values: list[Any], kind: ColumnType, name: str, unfit: dict[int, tuple[Rule, str]], tokens: TokenKey
) -> pa.Array:
    """Tokens of values that fit the column's type; what is a token already fits any."""
    if kind is ColumnType.TEXT:
        return tokens.tokens(_array(values, kind, name, unfit))
    import pyarrow as pa

    ready = {at: value for at, value in enumerate(values) if type(value) is str and is_token(value)}
    clear = [None if at in ready else value for at, value in enumerate(values)] if ready else values
    made = tokens.tokens(_array(clear, kind, name, unfit))
    return pa.array([ready.get(at, one) for at, one in enumerate(made.to_pylist())], pa.string()) if ready else made


def _array(values: list[Any], kind: ColumnType, name: str, unfit: dict[int, tuple[Rule, str]]) -> pa.Array:
    """At once where all are of one type, else one by one, which costs tenfold."""
    import pyarrow as pa

    wanted = arrow_type(kind)
    if set(map(type, values)) <= _AT_ONCE.get(kind, frozenset()):
        try:
            found = pa.array(values, pa.string() if kind is ColumnType.TIME else wanted)
            return found.cast(wanted) if kind is ColumnType.TIME else found
        except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError, OverflowError):
            pass  # one of them; which one is found below
    convert, converted = _CONVERT[kind], []
    for at, value in enumerate(values):
        try:
            converted.append(None if value is None else convert(value))
        except (ValueError, TypeError, OverflowError, RecursionError):
            unfit.setdefault(at, (Rule.WRONG_TYPE, name))
            converted.append(None)
    return pa.array(converted, wanted)


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError
    value.encode()  # half a pair of surrogates is no text
    return value


def _whole(value: Any) -> int:
    if type(value) is float and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if type(value) is not int or not -(2**63) <= value < 2**63:
        raise TypeError
    return value


def _number(value: Any) -> float:
    if type(value) not in (int, float):
        raise TypeError
    return float(value)


def _flag(value: Any) -> bool:
    if type(value) is not bool:
        raise TypeError
    return value


def _time(value: Any) -> datetime:
    """ISO 8601, of UTC where it does not say; or milliseconds since 1970."""
    if type(value) is int and abs(value) <= _LAST_MS:
        return _EPOCH + timedelta(milliseconds=value)
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    found = datetime.fromisoformat(_text(value))
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def _day(value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    return date.fromisoformat(_text(value))


def _nested(value: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=False, allow_nan=False, default=_plain, separators=(",", ":"))


def _plain(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


_CONVERT: dict[ColumnType, Callable[[Any], Any]] = {
    ColumnType.TEXT: _text,
    ColumnType.WHOLE: _whole,
    ColumnType.NUMBER: _number,
    ColumnType.FLAG: _flag,
    ColumnType.TIME: _time,
    ColumnType.DAY: _day,
    ColumnType.NESTED: _nested,
}
_NONE = type(None)
_AT_ONCE: dict[ColumnType, frozenset[type]] = {
    ColumnType.TEXT: frozenset({str, _NONE}),
    ColumnType.WHOLE: frozenset({int, _NONE}),
    ColumnType.NUMBER: frozenset({int, float, _NONE}),
    ColumnType.FLAG: frozenset({bool, _NONE}),
    ColumnType.TIME: frozenset({str, _NONE}),
}


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
