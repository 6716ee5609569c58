"""What is in the columns of a table, as plain JSON.

{"rows": n, "columns": [{"name", "type", "kind": "number"|"time"|"boolean"|"text"|"other", "nulls", "distinct" (about),
"unique" (counted, not estimated: every row has a text or whole number of its own),
"min", "max" (number; time as ISO text; text: shortest and longest length as "min_length", "max_length"), "mean", "std",
"quantiles": {"0.01"…"0.99"} (numbers and times), "top": [{"value", "count"}] (none where nearly every value differs),
"histogram": {"edges": [n + 1], "counts": [n]} (numbers and times; a count is of values above its left edge up to its
right one, the first edge included)}]}
Numbers that are not finite are left out of mean, std, quantiles and histogram and counted as "not_finite".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from duckdb import DuckDBPyConnection

from foundation.lake.adapters.sessions import name
from foundation.lake.ports import Column

BINS = 20
# The sketches of one column take about a megabyte.
TOGETHER = 200
TOP = 10
# Beyond this many rows, counting what differs would cost more than the answer is worth.
MOST_COUNTED = 2_000_000
# Up to this many rows, counting every column costs no more than estimating it, and people can count along.
MOST_EXACT = 10_000
QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
_NUMBERS = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "UHUGEINT",
)
_WHOLE = frozenset(_NUMBERS)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIGURES = ("present", "distinct", "not_finite", "min", "max", "mean", "std", "quantiles")


def profile_of(connection: DuckDBPyConnection, relation: str, columns: Sequence[Column]) -> dict[str, Any]:
    """Column by column what is there; of a wide table so many columns at a time, as each holds memory of its own."""
    parts = [_profiled(connection, relation, columns[at : at + TOGETHER]) for at in range(0, len(columns), TOGETHER)]
    return {"rows": parts[0]["rows"], "columns": [column for part in parts for column in part["columns"]]}


def _profiled(connection: DuckDBPyConnection, relation: str, columns: Sequence[Column]) -> dict[str, Any]:
    """Two passes over all columns, one over those that may name rows, a short one per column for what is frequent."""
    rows, found = _figures(connection, relation, columns)
    for column, figures in zip(columns, found, strict=True):
        figures["edges"] = _edges(column, figures)
    counts = _counts(connection, relation, columns, found)
    _count_names(connection, relation, columns, found, rows)
    described = []
    for column, figures, bins in zip(columns, found, counts, strict=True):
        top = _top(connection, relation, column) if _worth_counting(column, figures, rows) else []
        described.append(_described(column, figures, bins, top, rows))
    return {"rows": rows, "columns": described}


def _count_names(
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
    named = kind_of(column.type) == "text" or column.type in _WHOLE
    return named and 1 < rows == figures["present"] and figures["distinct"] >= rows * 0.6


def kind_of(type_: str) -> str:
    """number, time, boolean, text or other."""
    if type_ in _WHOLE or type_ in ("FLOAT", "DOUBLE") or type_.startswith("DECIMAL"):
        return "number"
    if type_ == "DATE" or type_.startswith("TIMESTAMP"):
        return "time"
    return {"BOOLEAN": "boolean", "VARCHAR": "text", "UUID": "text", "TIME": "text"}.get(type_, "other")


def _measure(column: Column) -> str:
    """The column as a finite DOUBLE (a time as seconds since 1970), or NULL."""
    value = name(column.name)
    if kind_of(column.type) == "time":
        return f"CASE WHEN isfinite({value}) THEN epoch({value}) END"
    if column.type in ("FLOAT", "DOUBLE"):
        return f"CASE WHEN isfinite({value}) THEN {value}::DOUBLE END"
    return f"{value}::DOUBLE"


def _figures(
    connection: DuckDBPyConnection, relation: str, columns: Sequence[Column]
) -> tuple[int, list[dict[str, Any]]]:
    parts = ["count(*)"]
    for column in columns:
        value, kind = name(column.name), kind_of(column.type)
        parts += [f"count({value})", f"approx_count_distinct({value})" if kind != "other" else "NULL"]
        if kind in ("number", "time"):
            m = _measure(column)
            parts += [f"count({value}) - count({m})", f"min({m})", f"max({m})", f"avg({m})", f"stddev_samp({m})"]
            parts.append(f"approx_quantile({m}, {list(QUANTILES)})")
        else:
            length = f"length({value}::VARCHAR)" if kind == "text" else "NULL"
            parts += ["0", f"min({length})", f"max({length})", "NULL", "NULL", "NULL"]
    row = connection.execute(f"SELECT {', '.join(parts)} FROM {relation}").fetchone() or ()
    width = len(_FIGURES)
    found = [dict(zip(_FIGURES, row[1 + i * width :], strict=False)) for i in range(len(columns))]
    return int(row[0]), found


def _edges(column: Column, figures: dict[str, Any]) -> list[float]:
    low, high = figures["min"], figures["max"]
    if kind_of(column.type) not in ("number", "time") or low is None:
        return []
    if low == high:
        return [low, high]
    if column.type in _WHOLE and high - low < BINS:
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
        "distinct": _distinct(column, figures),
        "unique": figures.get("unique", False),
        "top": top,
    }
    if kind == "text":
        described |= {"min_length": figures["min"], "max_length": figures["max"]}
    elif kind in ("number", "time"):
        described |= _shown(column, figures, counts)
    return described


def _distinct(column: Column, figures: dict[str, Any]) -> int | None:
    """The estimate, cut where it says more than there can be: the values present, the whole numbers of the range."""
    if figures["distinct"] is None:
        return None
    limits = [figures["distinct"], figures["present"]]
    if column.type in _WHOLE and figures["min"] is not None:
        limits.append(int(figures["max"] - figures["min"]) + 1)
    return min(limits)


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
