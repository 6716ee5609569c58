"""Some values of each column, for who wants to know what kind of thing they are."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
from duckdb import DuckDBPyConnection

from foundation.lake.adapters.sessions import name
from foundation.lake.adapters.widths import is_nested
from foundation.lake.ports import Column

# Fewer rows of wide tables, and less of each text, so that memory stays what it is.
_ROWS, _CELLS, _SEED = 4_000, 400_000, 7
_LONGEST, _SIGNS = 1_000, 100_000_000
_TYPES = ("VARCHAR", "BIGINT", "HUGEINT", "UBIGINT", "DECIMAL", "DATE", "TIMESTAMP", "DOUBLE", "FLOAT")


def values_of(connection: DuckDBPyConnection, relation: str, columns: Sequence[Column]) -> dict[str, pa.ChunkedArray]:
    """By column, those that are there in rows spread over the relation."""
    read = [column for column in columns if column.type.startswith(_TYPES) and not is_nested(column.type)]
    if not read:
        return {}
    rows = max(200, min(_ROWS, _CELLS // len(columns)))
    longest = min(_LONGEST, _SIGNS // (rows * len(columns)))
    picked = ", ".join(_picked(column, longest) for column in read)
    sql = f"SELECT {picked} FROM {relation} USING SAMPLE reservoir({rows} ROWS) REPEATABLE ({_SEED})"
    table = connection.execute(sql).to_arrow_table()
    return {column.name: table.column(at).drop_null() for at, column in enumerate(read)}


def _picked(column: Column, longest: int) -> str:
    if column.type == "VARCHAR":
        return f"left({name(column.name)}, {longest})"
    # Times beyond Python's calendar would end who looks; they name nobody.
    return f"try_cast({name(column.name)} AS DATE)" if column.type.startswith("TIMESTAMP") else name(column.name)
