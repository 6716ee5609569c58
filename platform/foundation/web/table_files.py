"""A table as a file: every row that its filters leave, every column, sent while it is read (list_files.py).

What a cell holds is said by `export_<column>(record)` of the table, else by what the column's accessor finds. A column
that is there for people alone (a button, a drawing) has `exclude_from_export=True`. A row of a model has its `id` too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from enum import Enum
from itertools import islice
from typing import Any

from django.db.models import Model, QuerySet
from django.db.models.query import ModelIterable
from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import Promise
from django.utils.text import slugify
from django.utils.translation import override
from django_tables2.utils import Accessor

from foundation import access
from foundation.identity import Actor
from foundation.tenancy import scope
from foundation.web.list_files import FORMS, list_file
from foundation.web.tables import PortalTable

Row = dict[str, Any]
WORD = "export"
_AT_ONCE = 2000
# The words of a file are those of the REST interface, whoever fetches it.
_LANGUAGE = "en"
# What files hold as it is; everything else is its words.
_PLAIN = (str, int, float, bool, type(None))


def file_of(request: HttpRequest, context: Mapping[str, Any]) -> HttpResponseBase | None:
    """The page's list as the file that the address asks for with `?export=`; None where it asks for a page.

    Whoever calls has made the page: what the reader may not see is not among its rows.
    """
    asked = request.GET.get(WORD, "") if request.method == "GET" else ""
    if asked not in FORMS:
        return None
    table = next((found for found in context.values() if isinstance(found, PortalTable) and found.exports), None)
    if table is None:
        return None
    if table.of_people:
        access.require_fresh(request.actor)  # type: ignore[attr-defined]
    with override(_LANGUAGE):
        name = slugify(str(table.title)) or "rows"
    columns = {column: table.kinds.get(column, object) for column in columns_of(table)}
    # The pages of the styleguide are in no tenant.
    actor: Actor | None = getattr(request, "actor", None)
    return list_file(_batches(table, actor), columns, form=asked, name=f"{name}-{actor.tenant.slug}" if actor else name)


def _batches(table: PortalTable, actor: Actor | None) -> Iterator[list[Row]]:
    """The rows in pieces, so that a list of any length fits: read in a scope of its own while somebody fetches it."""
    person = actor.user if actor else None
    with scope(actor.tenant_id if actor else None, user_id=person.pk if person else None):
        rows = rows_of(table)
        while True:
            # Between two pieces the server works on: its language is not ours to hold.
            with override(_LANGUAGE):
                some = list(islice(rows, _AT_ONCE))
            if not some:
                return
            yield some


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


__all__ = ["WORD", "columns_of", "file_of", "rows_of"]
