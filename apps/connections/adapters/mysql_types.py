"""MySQL's and MariaDB's types as the lake's, and the SQL that sends each of them as a field of CSV.

What the lake cannot hold comes as NULL and is counted: zero dates (0000-00-00, and any with a zero in it) and times
that are no time of a day. TINYINT(1) and BIT(1) are BOOLEAN; FLOAT and DOUBLE come in full.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from apps.connections.adapters.lake_types import decimal
from apps.connections.adapters.tables import Column

_SIGNED = {"tinyint": "TINYINT", "smallint": "SMALLINT", "mediumint": "INTEGER", "int": "INTEGER", "bigint": "BIGINT"}
_UNSIGNED = {"tinyint": "SMALLINT", "smallint": "INTEGER", "mediumint": "INTEGER", "int": "BIGINT", "bigint": "UBIGINT"}
_BYTES = {"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"}
_TEXTS = {"char", "varchar", "tinytext", "text", "mediumtext", "longtext", "json"}
_SHAPES = {"geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon"}
_SHAPES |= {"geometrycollection", "geomcollection"}
_DATES = {"date": "DATE", "datetime": "TIMESTAMP", "timestamp": "TIMESTAMP WITH TIME ZONE"}
_NUMBERS = {*_SIGNED, "decimal"}
_SORTABLE = {*_NUMBERS, *_DATES, "char", "varchar"}
_DECIMAL = re.compile(r"decimal\((\d+)(?:,(\d+))?\)")


def is_number(source_type: str) -> bool:
    """Whether its values are compared as numbers, which takes literals without quotes."""
    return re.split(r"[ (]", source_type, maxsplit=1)[0] in _NUMBERS


def column_of(row: Mapping[str, Any], name: str) -> Column:
    """The column that the catalogue's row describes; `name` is its name in quotes."""
    base, source_type = row["data_type"].lower(), row["column_type"].lower()
    lake_type, value, empty_when = _sent(base, source_type, name)
    return Column(
        row["column_name"],
        lake_type,
        row["is_nullable"] == "YES",
        source_type,
        value,
        empty_when,
        sortable=base in _SORTABLE,
    )


def _sent(base: str, source_type: str, name: str) -> tuple[str, str, str]:
    """(the lake's type, a field of CSV as SQL, when it is empty)."""
    if source_type in {"tinyint(1)", "bit(1)"}:
        return "BOOLEAN", f"CASE WHEN {name} IS NULL THEN '' WHEN {name} THEN 't' ELSE 'f' END", ""
    if base in _SIGNED:
        return (_UNSIGNED if "unsigned" in source_type else _SIGNED)[base], f"IFNULL({name}, '')", ""
    if base == "decimal":
        found = _DECIMAL.match(source_type)
        lake_type = decimal(int(found[1]), int(found[2] or 0)) if found else "DOUBLE"
        return lake_type, f"IFNULL({name}, '')", ""
    if base in {"float", "double"}:
        # A FLOAT alone is written with six digits.
        return "FLOAT" if base == "float" else "DOUBLE", f"IFNULL({name} + 0E0, '')", ""
    if base == "bit":
        return "UBIGINT", f"IFNULL({name} + 0, '')", ""
    if base == "year":
        return "SMALLINT", f"IFNULL({name} + 0, '')", ""
    if base in _DATES:
        zone = "'Z'" if base == "timestamp" else "''"
        zero = f"YEAR({name}) = 0 OR MONTH({name}) = 0 OR DAYOFMONTH({name}) = 0"
        return _DATES[base], f"IF({zero}, '', IFNULL(CONCAT({name}, {zone}), ''))", zero
    if base == "time":
        outside = f"{name} < '00:00:00' OR {name} >= '24:00:00'"
        return "TIME", f"IF({outside}, '', IFNULL({name}, ''))", outside
    if base in _BYTES:
        return "BLOB", f"IFNULL(CONCAT('\"', HEX({name}), '\"'), '')", ""
    text = f"ST_AsText({name})" if base in _SHAPES else name
    return "VARCHAR", f"IFNULL(CONCAT('\"', REPLACE(CONVERT({text} USING utf8mb4), '\"', '\"\"'), '\"'), '')", ""
