"""With how many different values a column comes: counted, sketched, or told by a sample."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from duckdb import DuckDBPyConnection

from foundation.lake.adapters.gathering import SAMPLE
from foundation.lake.adapters.kinds import WHOLE, kind_of
from foundation.lake.adapters.sessions import name
from foundation.lake.ports import Column

# Beyond this many rows, counting what differs would cost more than the answer is worth.
MOST_COUNTED = 2_000_000
# A column with fewer values than this share of the sample's rows has shown them there, but for rare ones.
FEW = 0.01
# Up to this many rows, counting every column costs no more than estimating it, and people can count along.
MOST_EXACT = 10_000


def _alone(
    connection: DuckDBPyConnection, columns: Sequence[Column], distinct: Sequence[int | None], rows: int, sampled: int
) -> set[str]:
    """The columns in which, by their sample, every row of the table may have a value of its own.

    If D values are as frequent, n of the rows show about c = n² / 2D values again (the birthday problem). Of so few as
    are seen here, three standard deviations more still speak for a D of all rows; where values are not as frequent,
    more would be seen. No sketch of the whole column is needed then.
    """
    asked = [column for column, n in zip(columns, distinct, strict=True) if n is not None and n > 0.8 * sampled]
    if not asked:
        return set()
    parts = ", ".join(f"count({name(column.name)}), count(DISTINCT {name(column.name)})" for column in asked)
    row = connection.execute(f"SELECT {parts} FROM {SAMPLE}").fetchone() or ()
    alone = set()
    for column, present, values in zip(asked, row[::2], row[1::2], strict=True):
        again = present - values
        if present**2 >= 2 * rows * (again + 3 * math.sqrt(again) + 3):
            alone.add(column.name)
    return alone


def sketch(
    connection: DuckDBPyConnection,
    relation: str,
    columns: Sequence[Column],
    found: list[dict[str, Any]],
    rows: int,
    sampled: int,
) -> None:
    """Of a table of so many rows: as its sample says where values are few, or all; else by a look at the table."""
    alone = _alone(connection, columns, [figures["distinct"] for figures in found], rows, sampled)
    asked = []
    for column, figures in zip(columns, found, strict=True):
        if column.name in alone:
            figures["distinct"] = figures["present"]
        elif figures["distinct"] is not None and figures["distinct"] > FEW * sampled:
            asked.append((column, figures))
    if not asked:
        return
    parts = ", ".join(f"approx_count_distinct({name(column.name)})" for column, _ in asked)
    row = connection.execute(f"SELECT {parts} FROM {relation}").fetchone() or ()
    for (_, figures), n in zip(asked, row, strict=True):
        figures["distinct"] = n or figures["distinct"]


def count_names(
    connection: DuckDBPyConnection, relation: str, columns: Sequence[Column], found: list[dict[str, Any]], rows: int
) -> None:
    """The estimate errs by a quarter: small tables are counted, and columns in which every row may have its own."""
    pairs = [(c, f) for c, f in zip(columns, found, strict=True) if f["distinct"] is not None]
    asked = [pair for pair in pairs if rows <= MOST_EXACT or (rows <= MOST_COUNTED and _may_name(*pair, rows))]
    if not asked:
        return
    parts = ", ".join(f"count(DISTINCT {name(column.name)})" for column, _ in asked)
    row = connection.execute(f"SELECT {parts} FROM {relation}").fetchone() or ()
    for (column, figures), count in zip(asked, row, strict=True):
        figures["distinct"] = int(count)
        figures["unique"] = _may_name(column, figures, rows) and int(count) == rows


def _may_name(column: Column, figures: dict[str, Any], rows: int) -> bool:
    named = kind_of(column.type) == "text" or column.type in WHOLE
    return named and 1 < rows == figures["present"] and figures["distinct"] >= rows * 0.6


def about(column: Column, figures: dict[str, Any]) -> int | None:
    """The estimate, cut where it says more than there can be: the values present, the whole numbers of the range."""
    if figures["distinct"] is None:
        return None
    limits = [figures["distinct"], figures["present"]]
    if column.type in WHOLE and figures["min"] is not None:
        limits.append(int(figures["max"] - figures["min"]) + 1)
    return min(limits)
