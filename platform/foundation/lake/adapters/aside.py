"""Rows that break a rule: taken out of a table into one beside it in the same commit, or the first of them copied."""

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


def copy_first(
    connection: DuckDBPyConnection, into: str, columns: Sequence[str], failing: Mapping[str, str], each: int
) -> Marks:
    """The same for the first `each` rows of every condition, which stay where they are; a row's number is its place.

    Found by two looks, so that rows which pass are never held: one for the places, one for the rows at them.
    """
    marks = marks_for(columns)
    number = name(marks.number)
    placed = f"(SELECT row_number() OVER () AS {number}, {ROWS}.* FROM {ROWS}) AS {ROWS}"
    told = {key: f"coalesce({condition}, false)" for key, condition in failing.items()}
    asked = ", ".join(f"{condition} AS c{place}" for place, condition in enumerate(told.values()))
    firsts = ", ".join(f"min(n, {int(each)}) FILTER (c{place})" for place in range(len(told)))
    found = connection.execute(f"SELECT {firsts} FROM (SELECT {number} AS n, {asked} FROM {placed})").fetchone() or ()
    places = sorted({int(place) for places in found for place in places or ()})
    reasons = ", ".join(f"CASE WHEN {condition} THEN {quoted(key)} END" for key, condition in told.items())
    connection.execute(
        f"CREATE OR REPLACE TABLE lake.main.{name(into)} AS SELECT {number},"
        f" list_filter([{reasons}], lambda one: one IS NOT NULL) AS {name(marks.reasons)},"
        f" []::VARCHAR[] AS {name(marks.mended)}, {ROWS}.* EXCLUDE ({number}) FROM {placed}"
        f" WHERE {number} IN ({', '.join(map(str, places)) or '0'}) ORDER BY {number}"
    )
    return marks
