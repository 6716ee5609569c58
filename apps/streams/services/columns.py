"""Columns of a stream's table: their types, and how values of events become values of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from apps.datasets.services import TokenKey, is_token
from apps.streams.choices import ColumnType, Rule

if TYPE_CHECKING:
    import pyarrow as pa

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Milliseconds since 1970 until the year 9999.
_LAST_MS = 253_402_300_799_999


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


def nothing(columns: Sequence[Mapping[str, Any]]) -> pa.Table:
    """A table of these columns without a row."""
    import pyarrow as pa

    kinds = {one["name"]: pa.string() if one.get("tokenise") else arrow_type(one["type"]) for one in columns}
    return pa.schema(kinds.items()).empty_table()


def columns_of(
    fields: Sequence[Mapping[str, Any]], columns: Sequence[Mapping[str, Any]], tokens: TokenKey | None
) -> tuple[pa.Table, dict[int, tuple[Rule, str]]]:
    """A row for each event, and what does not fit: by row the first rule, and its column. What does not fit is null."""
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
