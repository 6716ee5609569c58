"""What is in the columns of a table; `foundation.lake.ports.Inspected` says in which form."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from duckdb import DuckDBPyConnection

from foundation.lake.adapters import distinct
from foundation.lake.adapters.gathering import SAMPLE, Gathering
from foundation.lake.adapters.kinds import WHOLE, kind_of
from foundation.lake.adapters.sessions import name
from foundation.lake.ports import Column

BINS = 20
# The sketches of one column take about a megabyte.
TOGETHER = 200
TOP = 10
# Of a value that a sample shows less often nobody can say how frequent it is.
LEAST_SEEN = 20
QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIGURES = ("present", "not_finite", "min", "max", "mean", "std")


def profile_of(
    connection: DuckDBPyConnection,
    relation: str,
    columns: Sequence[Column],
    rows: int,
    gathered: Gathering | None,
) -> dict[str, Any]:
    """Column by column what is there; of a wide table so many columns at a time, as each holds memory of its own.

    A table of more than `MOST_COUNTED` rows was `gathered` before.
    """
    parts = (columns[at : at + TOGETHER] for at in range(0, len(columns), TOGETHER))
    described = [one for part in parts for one in _profiled(connection, relation, part, rows, gathered)]
    said: dict[str, Any] = {"rows": rows, "columns": described}
    return said | ({"sampled": gathered.sampled} if gathered else {})


def _profiled(
    connection: DuckDBPyConnection, relation: str, columns: Sequence[Column], rows: int, gathered: Gathering | None
) -> list[dict[str, Any]]:
    """Two looks at the table, or at the sample of it, and a short one for each column."""
    few, sampled = (SAMPLE, gathered.sampled) if gathered else (relation, rows)
    seen, quantiles = _seen(connection, few, columns, sketched=gathered is None)
    found = _gathered(connection, relation, columns, gathered) if gathered else _figures(connection, relation, columns)
    for column, figures, n, of_column in zip(columns, found, seen, quantiles, strict=True):
        figures |= {"distinct": n, "quantiles": of_column, "edges": _edges(column, figures)}
    if gathered:
        distinct.sketch(connection, relation, columns, found, rows, sampled)
    counts = _counts(connection, few, columns, found)
    if not gathered:
        distinct.count_names(connection, relation, columns, found, rows)
    described = []
    for column, figures, bins in zip(columns, found, counts, strict=True):
        top = _top(connection, few, column) if _worth_counting(column, figures, rows) else []
        least = LEAST_SEEN if sampled < rows else 1
        top = [{**one, "count": _of_all(one["count"], rows, sampled)} for one in top if one["count"] >= least]
        bins = [_of_all(count, rows, sampled) for count in bins]
        described.append(_described(column, figures, bins, top, rows))
    return described


def _gathered(
    connection: DuckDBPyConnection, relation: str, columns: Sequence[Column], gathered: Gathering
) -> list[dict[str, Any]]:
    """What was gathered of the columns; of types that are measured by SQL alone, what that says."""
    known = {c.name: there.ended() for c in columns if (there := gathered.figures[c.name]) is not None}
    others = [column for column in columns if column.name not in known]
    if others:
        known |= dict(zip((c.name for c in others), _figures(connection, relation, others), strict=True))
    return [known[column.name] for column in columns]


def _of_all(count: int, rows: int, sampled: int) -> int:
    return count if sampled == rows else round(count * rows / max(1, sampled))


def _measure(column: Column) -> str:
    """The column as a finite DOUBLE (a time as seconds since 1970), or NULL."""
    value = name(column.name)
    if kind_of(column.type) == "time":
        return f"CASE WHEN isfinite({value}) THEN epoch({value}) END"
    if column.type in ("FLOAT", "DOUBLE"):
        return f"CASE WHEN isfinite({value}) THEN {value}::DOUBLE END"
    return f"{value}::DOUBLE"


def _seen(
    connection: DuckDBPyConnection, few: str, columns: Sequence[Column], *, sketched: bool
) -> tuple[list[int | None], list[list[float] | None]]:
    """Of each column about how many values there are, where that is asked for, and its quantiles."""
    parts = []
    for column in columns:
        kind = kind_of(column.type)
        parts.append(f"approx_count_distinct({name(column.name)})" if sketched and kind != "other" else "NULL")
        measured = kind in ("number", "time")
        parts.append(f"approx_quantile({_measure(column)}, {list(QUANTILES)})" if measured else "NULL")
    row = connection.execute(f"SELECT {', '.join(parts)} FROM {few}").fetchone() or ()
    return list(row[::2]), list(row[1::2])


def _figures(connection: DuckDBPyConnection, relation: str, columns: Sequence[Column]) -> list[dict[str, Any]]:
    """What every row counts for."""
    parts = []
    for column in columns:
        value, kind = name(column.name), kind_of(column.type)
        parts.append(f"count({value})")
        if kind in ("number", "time"):
            m = _measure(column)
            parts += [f"count({value}) - count({m})", f"min({m})", f"max({m})", f"avg({m})", f"stddev_samp({m})"]
        else:
            length = f"length({value}::VARCHAR)" if kind == "text" else "NULL"
            parts += ["0", f"min({length})", f"max({length})", "NULL", "NULL"]
    row = connection.execute(f"SELECT {', '.join(parts)} FROM {relation}").fetchone() or ()
    return [dict(zip(_FIGURES, row[at:], strict=False)) for at in range(0, len(row), len(_FIGURES))]


def _edges(column: Column, figures: dict[str, Any]) -> list[float]:
    low, high = figures["min"], figures["max"]
    if kind_of(column.type) not in ("number", "time") or low is None:
        return []
    if low == high:
        return [low, high]
    if column.type in WHOLE and high - low < BINS:
        return [low - 1 + step for step in range(int(high - low) + 2)]
    width = (high - low) / BINS
    return [low + width * step for step in range(BINS)] + [high]


def _counts(
    connection: DuckDBPyConnection, relation: str, columns: Sequence[Column], found: list[dict[str, Any]]
) -> list[list[int]]:
    """Per column, how many values lie in each bin."""
    wanted = [(column, figures["edges"][1:]) for column, figures in zip(columns, found, strict=True)]
    parts = [f"histogram({_measure(column)}, {_list(tops)})" for column, tops in wanted if tops]
    row = connection.execute(f"SELECT {', '.join(parts)} FROM {relation}").fetchone() if parts else ()
    answers = iter(row or ())
    return [_in_order(next(answers), tops) if tops else [] for _, tops in wanted]


def _list(numbers: Sequence[float]) -> str:
    return "[" + ", ".join(f"{number!r}::DOUBLE" for number in map(float, numbers)) + "]"


def _in_order(bins: dict[float, int] | None, tops: Sequence[float]) -> list[int]:
    return [int((bins or {}).get(float(top), 0)) for top in tops]


def _worth_counting(column: Column, figures: dict[str, Any], rows: int) -> bool:
    if kind_of(column.type) == "other" or not figures["present"]:
        return False
    return rows <= 100 or figures["distinct"] <= figures["present"] / 2


def _top(connection: DuckDBPyConnection, relation: str, column: Column) -> list[dict[str, Any]]:
    value = name(column.name)
    # Counted in the column's own type; only the few that are shown become text.
    found = connection.execute(
        f"SELECT v::VARCHAR, n FROM (SELECT {value} AS v, count(*) AS n FROM {relation} WHERE {value} IS NOT NULL"
        f" GROUP BY 1 ORDER BY n DESC, v LIMIT {TOP}) ORDER BY n DESC, v"
    ).fetchall()
    return [{"value": text[:200], "count": count} for text, count in found]


def _described(
    column: Column, figures: dict[str, Any], counts: list[int], top: list[dict[str, Any]], rows: int
) -> dict[str, Any]:
    kind = kind_of(column.type)
    described: dict[str, Any] = {
        "name": column.name,
        "type": column.type,
        "kind": kind,
        "nulls": rows - figures["present"],
        "distinct": distinct.about(column, figures),
        "unique": figures.get("unique", False),
        "top": top,
    }
    if kind == "text":
        described |= {"min_length": figures["min"], "max_length": figures["max"]}
    elif kind in ("number", "time"):
        described |= _shown(column, figures, counts)
    return described


def _shown(column: Column, figures: dict[str, Any], counts: list[int]) -> dict[str, Any]:
    time = kind_of(column.type) == "time"
    show = _moment if time else _number
    quantiles = figures["quantiles"] or [None] * len(QUANTILES)
    return {
        "min": show(figures["min"]),
        "max": show(figures["max"]),
        "mean": show(figures["mean"]),
        "std": _number(figures["std"]),
        "quantiles": {str(q): show(value) for q, value in zip(QUANTILES, quantiles, strict=True)},
        "not_finite": figures["not_finite"],
        "histogram": {"edges": [show(edge) for edge in figures["edges"]], "counts": counts},
    }


def _number(value: float | None) -> float | int | None:
    if value is None or not math.isfinite(value):
        return None
    return int(value) if value == int(value) and abs(value) < 2**53 else float(value)


def _moment(value: float | None) -> str | None:
    try:
        return None if value is None else (_EPOCH + timedelta(seconds=value)).isoformat()
    except OverflowError:
        return None
