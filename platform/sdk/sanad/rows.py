"""Rows for predictions out of a CSV: a table of texts becomes what the model's schema asks for."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from sanad.resource import Things

_TRUTH = {"true": True, "t": True, "yes": True, "1": True, "false": False, "f": False, "no": False, "0": False}


def table_rows(text: str, schema: Mapping[str, Any], lookups: Mapping[str, Any] | None = None) -> Things:
    """Each line as a row of the schema's types, or of what a deployment's `lookups` say; an empty cell is missing.

    A cell that does not read as its type stays a text: the portal's refusal then names the column and the value.
    """
    lines = csv.reader(io.StringIO(text))
    names = next(lines, [])
    if not names:
        raise ValueError("The CSV is empty; its first line has to be the columns' names.")
    asked = [*(lookups or {}).get("keys", ()), *(lookups or {}).get("request", ())]
    readers = {one["name"]: _READERS.get(one["type"], str) for one in (*asked, *schema["features"])}
    rows = []
    for line in filter(None, lines):
        if len(line) != len(names):
            raise ValueError(f"Line {lines.line_num} of the CSV has {len(line)} cells; the first has {len(names)}.")
        rows.append({name: _cell(cell, readers.get(name, str)) for name, cell in zip(names, line, strict=True)})
    if not rows:
        raise ValueError("The CSV has a header but no rows.")
    return rows


def _cell(cell: str, read: Callable[[str], Any]) -> Any:
    if cell == "":
        return None
    with suppress(ValueError, KeyError):
        return read(cell)
    return cell


def _number(cell: str) -> float:
    found = float(cell)
    # JSON knows neither NaN nor infinity; Python alone reads 1_000 as a number.
    if found - found != 0 or "_" in cell:
        raise ValueError(cell)
    return found


def _whole(cell: str) -> int | float:
    return int(cell) if cell.strip().lstrip("+-").isdecimal() else _number(cell)


_READERS: dict[str, Callable[[str], Any]] = {
    "number": _number,
    "integer": _whole,
    "boolean": lambda cell: _TRUTH[cell.strip().lower()],
}
# As keys and values of a request are called.
_READERS |= {"whole number": _whole, "truth": _READERS["boolean"]}
