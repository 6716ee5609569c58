"""A table as a file: every row that its filters leave, every column, as CSV, JSON or Parquet, and nothing localised.

What a cell holds is said by `export_<column>(record)` of the table, else by what the column's accessor finds. A column
that is there for people alone (a button, a drawing) has `exclude_from_export=True`. A row of a model has its `id` too.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

from django.db.models import Model, QuerySet
from django.db.models.query import ModelIterable
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.text import slugify
from django.utils.translation import override
from django_tables2.utils import Accessor

from foundation import access
from foundation.web.downloads import whole
from foundation.web.list_files import csv_head, csv_lines
from foundation.web.tables import PortalTable

Row = dict[str, Any]
WORD = "export"
_AT_ONCE = 2000
# What files hold as it is; everything else is its words.
_PLAIN = (str, int, float, bool, type(None))


def file_of(request: HttpRequest, context: Mapping[str, Any]) -> HttpResponse | None:
    """The page's list as the file that the address asks for with `?export=`; None where it asks for a page.

    Whoever calls has made the page: what the reader may not see is not among its rows.
    """
    asked = request.GET.get(WORD, "") if request.method == "GET" else ""
    if asked not in FORMATS:
        return None
    table = next((found for found in context.values() if isinstance(found, PortalTable) and found.exports), None)
    if table is None:
        return None
    if table.of_people:
        access.require_fresh(request.actor)  # type: ignore[attr-defined]
    write, kind = FORMATS[asked]
    # The words of a file are those of the REST interface, whoever fetches it.
    with override("en"):
        content = write(columns_of(table), rows_of(table))
        name = slugify(str(table.title)) or "rows"
    tenant = getattr(request, "tenant", None)
    return whole(content, name=f"{name}-{tenant.slug}.{asked}" if tenant else f"{name}.{asked}", kind=kind)


def columns_of(table: PortalTable) -> list[str]:
    """The names of the file's columns: all of the table's, shown or hidden, behind the id where rows have one."""
    named = [name for name, column in table.base_columns.items() if not column.exclude_from_export]
    named += table.also
    return named if "id" in named or not _has_ids(table) else ["id", *named]


def rows_of(table: PortalTable) -> Iterator[Row]:
    """Every row that the filters leave, in the table's order, as plain values by the columns' names."""
    rows = table.data.data
    found = rows.iterator(_AT_ONCE) if isinstance(rows, QuerySet) else iter(rows)
    cells = {name: _cell(table, name) for name in columns_of(table)}
    return ({name: _plain(cell(record)) for name, cell in cells.items()} for record in found)


def _has_ids(table: PortalTable) -> bool:
    rows = table.data.data
    return isinstance(rows, QuerySet) and rows._iterable_class is ModelIterable


def _cell(table: PortalTable, name: str) -> Callable[[Any], Any]:
    own: Callable[[Any], Any] | None = getattr(table, f"export_{name}", None)
    if own is not None:
        return own
    column = table.base_columns.get(name)
    accessor = Accessor((column.accessor if column else None) or ("pk" if name == "id" else name))
    return lambda record: accessor.resolve(record, quiet=True)


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, Promise | Model):
        return str(value)
    if isinstance(value, list | tuple | set):
        return [_plain(one) for one in value]
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False, default=str)
    return value if isinstance(value, (*_PLAIN, date)) else str(value)


def _csv(columns: list[str], rows: Iterable[Row]) -> bytes:
    return csv_head(columns) + csv_lines([_written(row[name]) for name in columns] for row in rows)


def _json(columns: list[str], rows: Iterable[Row]) -> bytes:
    found = [{name: _in_json(row[name]) for name in columns} for row in rows]
    return json.dumps(found, ensure_ascii=False, indent=1).encode()


def _parquet(columns: list[str], rows: Iterable[Row]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    found = list(rows)
    held = {name: _column(pa, [row[name] for row in found]) for name in columns}
    sink = io.BytesIO()
    pq.write_table(pa.table(held), sink)
    return sink.getvalue()


def _column(pa: Any, values: list[Any]) -> Any:
    """The values under the one type that they have; a column without any value is text."""
    made = pa.array(values)
    return made.cast(pa.string()) if made.type == pa.null() else made


def _written(value: Any) -> Any:
    if isinstance(value, list):
        return " ".join(str(one) for one in value)
    return value.isoformat() if isinstance(value, date) else value


def _in_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


FORMATS: dict[str, tuple[Callable[[list[str], Iterable[Row]], bytes], str]] = {
    "csv": (_csv, "text/csv; charset=utf-8"),
    "json": (_json, "application/json"),
    "parquet": (_parquet, "application/vnd.apache.parquet"),
}

__all__ = ["FORMATS", "WORD", "columns_of", "file_of", "rows_of"]
