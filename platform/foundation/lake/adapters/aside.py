"""Rows that break a rule, taken out of a table into one beside it in the same commit: each row is in one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from duckdb import DuckDBPyConnection

from foundation.lake.adapters.sessions import name, quoted
from foundation.lake.ports import Marks

ROWS = "_rows"


def marks_for(columns: Sequence[str]) -> Marks:
    """Names for what is noted of a row beside its own columns, whatever these are called."""
    taken, prefix = {column.lower() for column in columns}, "quarantine_"
    while any(column.startswith(prefix) for column in taken):
        prefix = f"_{prefix}"
    return Marks(f"{prefix}number", f"{prefix}reasons", f"{prefix}mended")


def take_apart(
    connection: DuckDBPyConnection, table: str, aside: str, columns: Sequence[str], failing: Mapping[str, str]
) -> Marks:
    """Inside a transaction: the view `_rows` shows the table's rows; both tables are written anew out of it."""
    marks = marks_for(columns)
    told = {key: f"coalesce({condition}, false)" for key, condition in failing.items()}
    reasons = ", ".join(f"CASE WHEN {condition} THEN {quoted(key)} END" for key, condition in told.items())
    anyone = " OR ".join(told.values())
    connection.execute(
        f"CREATE OR REPLACE TABLE lake.main.{name(aside)} AS SELECT row_number() OVER () AS {name(marks.number)},"
        f" list_filter([{reasons}], lambda one: one IS NOT NULL) AS {name(marks.reasons)},"
        f" []::VARCHAR[] AS {name(marks.mended)}, {ROWS}.* FROM {ROWS} WHERE {anyone}"
    )
    connection.execute(
        f"CREATE OR REPLACE TABLE lake.main.{name(table)} AS SELECT {ROWS}.* FROM {ROWS} WHERE NOT ({anyone})"
    )
    return marks
