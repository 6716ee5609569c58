"""The lake's SQL types and the Arrow types that their rows travel in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

# Bytes of a value in Arrow; of text and lists only where each of them begins.
_WIDTHS = {"BOOLEAN": 1, "TINYINT": 1, "SMALLINT": 2, "INTEGER": 4, "FLOAT": 4, "DATE": 4}
MOST_DIGITS = 38
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")


def decimal(digits: int, places: int) -> str:
    """DECIMAL where the lake has so many digits, else DOUBLE."""
    return f"DECIMAL({digits},{places})" if 0 < digits <= MOST_DIGITS and 0 <= places <= digits else "DOUBLE"


def arrow_type(lake_type: str) -> pa.DataType:
    """The Arrow type of a lake type; `T[]` is a list of T."""
    import pyarrow as pa

    if lake_type.endswith("[]"):
        return pa.list_(arrow_type(lake_type.removesuffix("[]")))
    if found := _DECIMAL.fullmatch(lake_type):
        return pa.decimal128(int(found[1]), int(found[2]))
    return {
        "BOOLEAN": pa.bool_(),
        "TINYINT": pa.int8(),
        "SMALLINT": pa.int16(),
        "INTEGER": pa.int32(),
        "BIGINT": pa.int64(),
        "UBIGINT": pa.uint64(),
        "FLOAT": pa.float32(),
        "DOUBLE": pa.float64(),
        "DATE": pa.date32(),
        "TIME": pa.time64("us"),
        "TIMESTAMP": pa.timestamp("us"),
        "TIMESTAMP WITH TIME ZONE": pa.timestamp("us", "UTC"),
        "BLOB": pa.binary(),
        "VARCHAR": pa.string(),
    }[lake_type]


def width(lake_type: str) -> int:
    """Bytes that a value takes in Arrow besides its text."""
    return 16 if lake_type.startswith("DECIMAL") else _WIDTHS.get(lake_type, 8)
