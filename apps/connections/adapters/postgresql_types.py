"""PostgreSQL's types as the lake's, and the SQL that sends each of them as text.

What the lake cannot hold comes as NULL and is counted: dates and moments of infinity or outside the years 1 to 9999,
24:00:00, NaN in a DECIMAL, arrays of more than one dimension, and arrays of floating-point numbers with one that is
none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.connections.adapters.lake_types import decimal
from apps.connections.adapters.tables import Column

_SIMPLE = {
    "bool": "BOOLEAN",
    "int2": "SMALLINT",
    "int4": "INTEGER",
    "int8": "BIGINT",
    "oid": "BIGINT",
    "float4": "FLOAT",
    "float8": "DOUBLE",
}
_TIMES = {"date": "DATE", "timestamp": "TIMESTAMP", "timestamptz": "TIMESTAMP WITH TIME ZONE"}
_LISTS = {"bool": "BOOLEAN", "int2": "SMALLINT", "int4": "INTEGER", "int8": "BIGINT", "float4": "FLOAT"}
_LISTS |= {"float8": "DOUBLE", "text": "VARCHAR", "varchar": "VARCHAR"}
_SORTABLE = {"int2", "int4", "int8", "numeric", "text", "varchar", "uuid", *_TIMES}
# Bounded by their own nature, so nobody has to measure them.
_SHORT = {"uuid", "interval", "timetz", "money", "inet", "cidr", "macaddr", "name"}


def column_of(row: Mapping[str, Any], name: str) -> Column:
    """The column that the catalogue's row describes; `name` is its name in quotes."""
    base, source_type = row["base"], row["source_type"]
    lake_type, value, empty_when, textual = _sent(row, base, name)
    return Column(
        row["name"], lake_type, not row["not_null"], source_type, value, empty_when, textual, base in _SORTABLE
    )


def _sent(row: Mapping[str, Any], base: str, name: str) -> tuple[str, str, str, bool]:
    """(the lake's type, the value as SQL, when it is empty, whether it may be long)."""
    if base in _SIMPLE:
        return _SIMPLE[base], name, "", False
    if base == "numeric":
        lake_type = _decimal_of(row["modifier"])
        return lake_type, name, f"{name} = 'NaN'" if lake_type != "DOUBLE" else "", False
    if base in _TIMES:
        first, last = f"{base} '0001-01-01 00:00:00'", f"{base} '9999-12-31 23:59:59.999999'"
        return _TIMES[base], name, f"{name} < {first} OR {name} > {last}", False
    if base == "time":
        return "TIME", name, f"{name} = '24:00:00'", False
    if base == "bytea":
        return "BLOB", f"encode({name}, 'hex')", "", True
    if row["element"] in _LISTS:
        nan = f" OR {name} && '{{NaN,Infinity,-Infinity}}'" if row["element"] in {"float4", "float8"} else ""
        return f"{_LISTS[row['element']]}[]", f"array_to_json({name})::text", f"array_ndims({name}) > 1{nan}", True
    if row["element"]:
        return "VARCHAR", f"to_json({name})::text", "", True
    return "VARCHAR", f"{name}::text", "", base not in _SHORT and not row["is_enum"]


def _decimal_of(modifier: int) -> str:
    """numeric(10,2) as DECIMAL(10,2); without digits and places it may be any number: DOUBLE."""
    if modifier < 4:
        return "DOUBLE"
    digits, places = (modifier - 4) >> 16 & 0xFFFF, ((modifier - 4 & 0x7FF) ^ 1024) - 1024
    return decimal(digits - min(places, 0), max(places, 0))
