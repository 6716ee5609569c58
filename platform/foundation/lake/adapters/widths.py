"""How many rows may be handed on at once: a text may be of any length, and a batch lies in memory as a whole."""

from __future__ import annotations

from collections.abc import Sequence

from duckdb import DuckDBPyConnection

from foundation.lake.adapters.sessions import name
from foundation.lake.ports import Column

# Of text, bytes and what is nested, in one batch; Arrow's own limit for a column is 2 GiB.
MOST_BYTES = 256 << 20
# Longer ones are cut where rows are only looked at.
LONGEST_SHOWN = 5_000
_NESTED = ("STRUCT", "MAP", "UNION", "JSON")


def is_nested(type_: str) -> bool:
    """Whether a value holds others: a list, a structure, a map."""
    return type_.startswith(_NESTED) or type_.endswith("]")


def rows_at_once(connection: DuckDBPyConnection, relation: str, columns: Sequence[Column], most: int) -> int:
    """As many rows as are no larger than MOST_BYTES, whichever they are; `most` where that is never too much."""
    lengths = [_length(column) for column in columns if column.type in ("VARCHAR", "BLOB") or is_nested(column.type)]
    if not lengths:
        return most
    row, fits = " + ".join(lengths), MOST_BYTES // (2 * most)
    found = connection.execute(
        f"SELECT max(n), sum(n) FILTER (n > {fits}) FROM (SELECT {row} AS n FROM {relation})"
    ).fetchone()
    longest, long = found or (0, 0)
    # The long ones could all lie side by side; what is left is half of the room at most.
    return most if (long or 0) <= MOST_BYTES // 2 else max(1, MOST_BYTES // int(longest))


def shown(column: Column) -> str:
    """The column as a page shows it: no value larger than anybody reads."""
    value = name(column.name)
    if column.type == "VARCHAR":
        return f"left({value}, {LONGEST_SHOWN}) AS {value}"
    if column.type == "BLOB":
        return f"{value}[:{LONGEST_SHOWN}] AS {value}"
    return value


def _length(column: Column) -> str:
    value = name(column.name)
    if column.type == "BLOB":
        return f"coalesce(octet_length({value}), 0)"
    return f"coalesce(strlen({value if column.type == 'VARCHAR' else f'{value}::VARCHAR'}), 0)"
