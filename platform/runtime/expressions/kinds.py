"""The kinds of values, and how a cell and a column of each become an array: by one rule, to the last bit.

number  float64, NaN where missing; what is not finite is missing. Whole numbers beyond 2^53 are rounded to the nearest.
truth   float64: 1.0, 0.0, NaN where missing.
text    objects: str, or None where missing.
moment  datetime64[us] in UTC, NaT where missing; before the year 1 and after 9999 is missing. Without a zone: UTC.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Kind = Literal["number", "text", "truth", "moment", "missing"]
Array = npt.NDArray[Any]

# What a request value may be declared as, and what it is reckoned as.
DECLARED: dict[str, Kind] = {
    "number": "number",
    "whole number": "number",
    "text": "text",
    "truth": "truth",
    "date": "moment",
    "moment": "moment",
}
SQL_TYPES: dict[Kind, str] = {"number": "DOUBLE", "text": "VARCHAR", "truth": "BOOLEAN", "moment": "TIMESTAMP"}
ARROW_TYPES: dict[Kind, pa.DataType] = {
    "number": pa.float64(),
    "text": pa.string(),
    "truth": pa.bool_(),
    "moment": pa.timestamp("us"),
}
_NUMBERS = re.compile(r"(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|REAL|DOUBLE|DECIMAL(\(.*\))?|NUMERIC(\(.*\))?)")
_NAT = np.datetime64("NaT", "us")
_FIRST, _LAST = np.datetime64("0001-01-01", "us"), np.datetime64("9999-12-31T23:59:59.999999", "us")


def kind_of_sql(sql_type: str) -> Kind | None:
    """The kind of a column of this SQL type; None where expressions know no such values."""
    name = sql_type.upper().strip()
    if _NUMBERS.fullmatch(name):
        return "number"
    if name == "BOOLEAN":
        return "truth"
    if name == "VARCHAR" or name.startswith("ENUM("):
        return "text"
    return "moment" if name == "DATE" or name.startswith("TIMESTAMP") else None


def cell(kind: Kind) -> Callable[[Any], Array]:
    """How one value becomes an array of one; ValueError where it is none of the kind."""
    return _CELLS[kind]


def column(kind: Kind, values: pa.Array | pa.ChunkedArray) -> Array:
    """A column as an array; its type is one of which `kind_of_sql` says this kind."""
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if pa.types.is_null(values.type):
        return np.full(len(values), _MISSING[kind])
    return _COLUMNS[kind](values)


def value_of(kind: Kind, found: Array) -> Any:
    """The one value of an array: float, str, bool or an aware datetime; None where it is missing."""
    value = found.item()
    if kind == "text" or value is None:
        return value
    if kind == "moment":
        return value.replace(tzinfo=UTC)
    if value != value:
        return None
    # Minus zero is zero.
    return bool(value) if kind == "truth" else value + 0.0


def arrow_of(kind: Kind, found: Array, rows: int) -> pa.Array:
    """The array as a column of Arrow, of so many rows."""
    whole = np.broadcast_to(found, (rows,))
    if kind == "truth":
        return pa.array(whole == 1.0, pa.bool_(), mask=np.isnan(whole))
    if kind == "number":
        return pa.array(whole + 0.0, pa.float64(), from_pandas=True)
    return pa.array(whole, ARROW_TYPES[kind], from_pandas=True)


def missing_like(kind: Kind) -> Array:
    return np.array([_MISSING[kind]], dtype=object if kind == "text" else None)


def _number_cell(value: Any) -> Array:
    if value is None:
        return np.array([math.nan])
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise ValueError("number")
    try:
        number = float(value)
    except OverflowError:
        number = math.nan
    return np.array([number if math.isfinite(number) else math.nan])


def _truth_cell(value: Any) -> Array:
    if value is None:
        return np.array([math.nan])
    if not isinstance(value, bool):
        raise ValueError("truth")
    return np.array([1.0 if value else 0.0])


def _text_cell(value: Any) -> Array:
    if value is not None and not isinstance(value, str):
        raise ValueError("text")
    if value is not None:
        # Half of a pair of signs is no text: no table and no answer could hold it (UnicodeEncodeError).
        value.encode()
    return np.array([value], dtype=object)


def _moment_cell(value: Any) -> Array:
    if value is None:
        return np.array([_NAT])
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        try:
            naive = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        except OverflowError:
            return np.array([_NAT])
        return np.array([naive], dtype="datetime64[us]")
    if isinstance(value, date):
        return np.array([value], dtype="datetime64[us]")
    raise ValueError("moment")


def _number_column(values: pa.Array) -> Array:
    if pa.types.is_decimal(values.type):
        # By its digits, as a single one is read: Arrow's own way to a float is not rounded right in the last place.
        values = pc.cast(values, pa.string())
    whole = pc.cast(values, pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return np.where(np.isfinite(whole), whole, math.nan)


def _truth_column(values: pa.Array) -> Array:
    found: Array = pc.cast(pc.cast(values, pa.uint8()), pa.float64()).to_numpy(zero_copy_only=False)
    return found


def _text_column(values: pa.Array) -> Array:
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    return np.asarray(pc.cast(values, pa.string()).to_numpy(zero_copy_only=False), dtype=object)


def _moment_column(values: pa.Array) -> Array:
    zone = getattr(values.type, "tz", None)
    values = _within_years(values)
    finer = getattr(values.type, "unit", "") == "ns"
    if finer:
        values = pc.floor_temporal(values, unit="microsecond")
    found = pc.cast(values, pa.timestamp("us", "UTC" if zone else None), safe=not finer)
    whole = found.to_numpy(zero_copy_only=False).astype("datetime64[us]")
    return np.where((whole >= _FIRST) & (whole <= _LAST), whole, _NAT)


def _within_years(values: pa.Array) -> pa.Array:
    """Days, seconds and milliseconds that are no microseconds of any year, `infinity` of a date with them, as nulls."""
    of_days = pa.types.is_date32(values.type)
    unit = "D" if of_days else getattr(values.type, "unit", "ms")
    if unit not in {"D", "s", "ms"}:
        return values
    low, high = (int(end.astype(f"datetime64[{unit}]").astype(np.int64)) for end in (_FIRST, _LAST))
    whole = pc.cast(values, pa.int32() if of_days else pa.int64())
    real = pc.and_(pc.greater_equal(whole, low), pc.less_equal(whole, high))
    return pc.if_else(real, values, pa.scalar(None, values.type))


_MISSING: dict[Kind, Any] = {"number": math.nan, "truth": math.nan, "text": None, "moment": _NAT, "missing": math.nan}
_CELLS: dict[Kind, Callable[[Any], Array]] = {
    "number": _number_cell,
    "truth": _truth_cell,
    "text": _text_cell,
    "moment": _moment_cell,
}
_COLUMNS: dict[Kind, Callable[[pa.Array], Array]] = {
    "number": _number_column,
    "truth": _truth_column,
    "text": _text_column,
    "moment": _moment_column,
}
