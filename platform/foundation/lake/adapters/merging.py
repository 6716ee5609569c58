"""What both are together, as statements of one transaction: the view `came` of rows, and `was`, the table before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from duckdb import DuckDBPyConnection

from foundation.lake.adapters.sessions import name
from foundation.lake.ports import Span


def grow(connection: DuckDBPyConnection, target: str, keys: Sequence[str], span: Span | None) -> None:
    """What is replaced goes, what came is added; the rest stays in the files that it lies in."""
    if keys:
        connection.execute(f"DELETE FROM {target} t USING came r WHERE {_same(keys)}")
    if span is not None:
        inside, values = _inside(span)
        connection.execute(f"DELETE FROM {target} t WHERE {inside}", values)
    connection.execute(f"INSERT INTO {target} BY NAME SELECT * FROM came")


def begin(connection: DuckDBPyConnection, target: str, keys: Sequence[str], span: Span | None) -> None:
    """A table of its own: what stays of the one that was, then what came, in the types of the former."""
    stays, values = list[str](), list[Any]()
    if keys:
        stays.append(f"NOT EXISTS (SELECT 1 FROM came r WHERE {_same(keys)})")
    if span is not None:
        inside, values = _inside(span)
        stays.append(f"({inside}) IS NOT TRUE")
    where = f" WHERE {' AND '.join(stays)}" if stays else ""
    connection.execute(f"CREATE TABLE {target} AS SELECT * FROM was t{where}", values)
    connection.execute(f"INSERT INTO {target} BY NAME SELECT * FROM came")


def _same(keys: Sequence[str]) -> str:
    return " AND ".join(f"t.{name(key)} = r.{name(key)}" for key in keys)


def _inside(span: Span) -> tuple[str, list[Any]]:
    """The condition with its values, which are compared as the column's type."""
    column, parts, values = f"t.{name(span.column)}", list[str](), list[Any]()
    for sign, value in ((">", span.since), ("<=", span.until)):
        if value is not None:
            parts.append(f"{column} {sign} cast_to_type(?, {column})")
            values.append(value)
    return " AND ".join(parts) or "true", values
