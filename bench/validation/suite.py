"""The twelve expectations that every side asks of the same Parquet file, in the words of this portal."""

from __future__ import annotations

from typing import Any

TOWNS = [f"town {n}" for n in range(40)]
NAMES, WEEKDAYS = "name-[0-9]+", list(range(7))
FIRST_DAY, LAST_DAY = "2020-01-01", "2022-12-31"


def _one(kind: str, column: str = "", **parameters: Any) -> dict[str, Any]:
    columns = [column] if column else []
    return {"kind": kind, "severity": "warn", "columns": columns, "parameters": parameters}


def expectations(rows: int) -> list[dict[str, Any]]:
    return [
        _one("not_null", "id"),
        _one("unique", "id"),
        _one("in_range", "quantity", min=0, max=999),
        _one("in_range", "price", min=0, max=900),
        _one("in_range", "angle", min=-1, max=0.99),
        _one("matches_regex", "name", pattern=NAMES),
        _one("in_set", "weekday", values=WEEKDAYS),
        _one("in_set", "town", values=TOWNS[:39]),
        _one("length", "town", min=6, max=7),
        _one("not_null", "at"),
        _one("in_range", "day", min=FIRST_DAY, max=LAST_DAY),
        _one("row_count", min=rows, max=rows),
    ]
