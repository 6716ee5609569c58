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
# What is told is off by no more than this share: sketches err by more.
_OFF = 0.05
# Up to this many rows, counting every column costs no more than estimating it, and people can count along.
MOST_EXACT = 10_000


def _counted(connection: DuckDBPyConnection, column: Column) -> tuple[int, int, int]:
    """Of the sample: values present, how many different ones, and how many of these come once."""
    value = name(column.name)
    row = connection.execute(
        f"SELECT coalesce(sum(n), 0), count(*), count(*) FILTER (n = 1) FROM "
        f"(SELECT count(*) AS n FROM {SAMPLE} WHERE {value} IS NOT NULL GROUP BY {value})"
    ).fetchone() or (0, 0, 0)
    present, values, once = map(int, row)
    return present, values, once


def _may_all_differ(present: int, values: int, rows: int) -> bool:
    """Whether, by the sample, every row of the table may have a value of its own.

    If D values are as frequent, n of the rows show about c = n² / 2D values again (the birthday problem). Of so few as
    are seen here, three standard deviations more still speak for a D of all rows; where values are not as frequent,
    more would be seen.
    """
    again = present - values
    return present**2 >= 2 * rows * (again + 3 * math.sqrt(again) + 3)


def _unseen(once: int, sampled: int, rows: int) -> float:
    """At most so many values that the sample does not show.

    All of them together are as frequent as what it shows once (Good, Biometrika 40, 1953), here with three standard
    deviations more; and each is in one row at least.
    """
    return (once + 3 * math.sqrt(once) + 3) * rows / sampled


def sketch(
    connection: DuckDBPyConnection,
    relation: str,
    columns: Sequence[Column],
    found: list[dict[str, Any]],
    rows: int,
    sampled: int,
) -> None:
    """Of a table of so many rows: as its sample tells, where that does; else by a look at the table."""
    asked = []
    for column, figures in zip(columns, found, strict=True):
        if kind_of(column.type) == "other":
            continue
        present, values, once = _counted(connection, column)
        figures["distinct"] = max(values, int(figures["present"] > 0))
        if _may_all_differ(present, values, rows):
            figures["distinct"] = figures["present"]
        elif values > FEW * sampled and _unseen(once, sampled, rows) > _OFF * values:
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
