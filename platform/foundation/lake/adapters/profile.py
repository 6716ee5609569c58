"""What is in the columns of a table, as plain JSON.

{"rows": n, "columns": [{"name", "type", "kind": "number"|"time"|"boolean"|"text"|"other", "nulls", "distinct" (about),
"unique" (counted, not estimated: every row has a text or whole number of its own),
"min", "max" (number; time as ISO text; text: shortest and longest length as "min_length", "max_length"), "mean", "std",
"quantiles": {"0.01"…"0.99"} (numbers and times), "top": [{"value", "count"}] (none where nearly every value differs),
"histogram": {"edges": [n + 1], "counts": [n]} (numbers and times; a count is of values above its left edge up to its
right one, the first edge included)}], "sampled": rows looked at for quantiles, histograms and what is frequent (not
there where these were all; counts are of all rows all the same)}
Numbers that are not finite are left out of mean, std, quantiles and histogram and counted as "not_finite".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from duckdb import DuckDBPyConnection

from foundation.lake.adapters.sessions import name
from foundation.lake.adapters.widths import is_nested
from foundation.lake.ports import Column

BINS = 20
# The sketches of one column take about a megabyte.
TOGETHER = 200
TOP = 10
# Beyond this many rows, counting what differs would cost more than the answer is worth.
MOST_COUNTED = 2_000_000
# Of a longer table so many rows tell the quantiles to half a hundredth (Dvoretzky, Kiefer and Wolfowitz: further off
# in fewer than one of 10,000 tables, whatever is in them), and of wide ones so many that they fit in memory.
SAMPLE_ROWS, SAMPLE_CELLS = 250_000, 20_000_000
# A column with fewer values than this share of the sample's rows has shown them there, but for rare ones.
FEW = 0.01
# Of a value that a sample shows less often nobody can say how frequent it is.
LEAST_SEEN = 20
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
_FIGURES = ("present", "not_finite", "min", "max", "mean", "std")
_SAMPLE = "profile_sample"


def profile_of(connection: DuckDBPyConnection, relation: str, columns: Sequence[Column]) -> dict[str, Any]:
    """Column by column what is there; of a wide table so many columns at a time, as each holds memory of its own."""
    rows = int((connection.execute(f"SELECT count(*) FROM {relation}").fetchone() or (0,))[0])
    together = [columns[at : at + TOGETHER] for at in range(0, len(columns), TOGETHER)]
    if rows <= MOST_COUNTED:
        described = [one for part in together for one in _profiled(connection, relation, relation, part, rows, rows)]
        return {"rows": rows, "columns": described}
    described, seen = [], rows
    for part in together:
        seen = min(seen, sampled := _sample(connection, relation, part, rows))
        described += _profiled(connection, relation, _SAMPLE, part, rows, sampled)
    connection.execute(f"DROP TABLE {_SAMPLE}")
    return {"rows": rows, "columns": described, "sampled": seen}


def _sample(connection: DuckDBPyConnection, relation: str, columns: Sequence[Column], rows: int) -> int:
    """Rows chosen by the hash of their numbers: spread over the table, and the same ones each time."""
    wanted = min(SAMPLE_ROWS, SAMPLE_CELLS // len(columns))
    named = ", ".join(name(column.name) for column in columns)
    chosen = f"SELECT {named} FROM {relation} WHERE hash(rowid) % {rows} < {wanted}"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {_SAMPLE} AS {chosen}")
    return int((connection.execute(f"SELECT count(*) FROM {_SAMPLE}").fetchone() or (0,))[0])


def _profiled(
    connection: DuckDBPyConnection, relation: str, few: str, columns: Sequence[Column], rows: int, sampled: int
) -> list[dict[str, Any]]:
    """One pass over the table, and of the `few` rows, or all of these as well, two and a short one for each column."""
    distinct, quantiles = _seen(connection, few, columns)
    alone = _alone(connection, columns, distinct, rows, sampled) if few != relation else set()
    many = [
        few != relation and n is not None and n > FEW * sampled and column.name not in alone
        for column, n in zip(columns, distinct, strict=True)
    ]
    found = _figures(connection, relation, columns, many)
    for column, figures, seen, of_column in zip(columns, found, distinct, quantiles, strict=True):
        figures["distinct"] = figures["present"] if column.name in alone else figures["distinct"] or seen
        figures |= {"quantiles": of_column, "edges": _edges(column, figures)}
    counts = _counts(connection, few, columns, found)
    if few == relation:
        _count_names(connection, relation, columns, found, rows)
    described = []
    for column, figures, bins in zip(columns, found, counts, strict=True):
        top = _top(connection, few, column) if _worth_counting(column, figures, rows) else []
        least = LEAST_SEEN if sampled < rows else 1
        top = [{**one, "count": _of_all(one["count"], rows, sampled)} for one in top if one["count"] >= least]
        bins = [_of_all(count, rows, sampled) for count in bins]
        described.append(_described(column, figures, bins, top, rows))
    return described


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
    row = connection.execute(f"SELECT {parts} FROM {_SAMPLE}").fetchone() or ()
    alone = set()
    for column, present, values in zip(asked, row[::2], row[1::2], strict=True):
        again = present - values
        if present**2 >= 2 * rows * (again + 3 * math.sqrt(again) + 3):
            alone.add(column.name)
    return alone


def _of_all(count: int, rows: int, sampled: int) -> int:
    return count if sampled == rows else round(count * rows / max(1, sampled))


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
    if is_nested(type_):
        return "other"
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


def _seen(
    connection: DuckDBPyConnection, few: str, columns: Sequence[Column]
) -> tuple[list[int | None], list[list[float] | None]]:
    """Of each column about how many values there are, and its quantiles."""
    parts = []
    for column in columns:
        kind = kind_of(column.type)
        parts.append(f"approx_count_distinct({name(column.name)})" if kind != "other" else "NULL")
        measured = kind in ("number", "time")
        parts.append(f"approx_quantile({_measure(column)}, {list(QUANTILES)})" if measured else "NULL")
    row = connection.execute(f"SELECT {', '.join(parts)} FROM {few}").fetchone() or ()
    return list(row[::2]), list(row[1::2])


def _figures(
    connection: DuckDBPyConnection, relation: str, columns: Sequence[Column], many: Sequence[bool]
) -> list[dict[str, Any]]:
    """What every row counts for; of the columns with `many` values about how many."""
    parts = []
    for column, of_many in zip(columns, many, strict=True):
        value, kind = name(column.name), kind_of(column.type)
        parts += [f"approx_count_distinct({value})" if of_many else "NULL", f"count({value})"]
        if kind in ("number", "time"):
            m = _measure(column)
            parts += [f"count({value}) - count({m})", f"min({m})", f"max({m})", f"avg({m})", f"stddev_samp({m})"]
        else:
            length = f"length({value}::VARCHAR)" if kind == "text" else "NULL"
            parts += ["0", f"min({length})", f"max({length})", "NULL", "NULL"]
    row = connection.execute(f"SELECT {', '.join(parts)} FROM {relation}").fetchone() or ()
    width = 1 + len(_FIGURES)
    return [dict(zip(("distinct", *_FIGURES), row[i * width :], strict=False)) for i in range(len(columns))]


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
