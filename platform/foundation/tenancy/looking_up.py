"""One row by what stands in one of its columns, for what is asked at every request.

Django writes a statement anew each time, which takes longer than PostgreSQL's answer: here it is written once.
"""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import Model

Row = TypeVar("Row", bound=Model)
_written: dict[tuple[type[Model], str], str] = {}


def find_row(model: type[Row], **named: Any) -> Row | None:
    """The row whose one named column holds the value, in the present scope; None where there is none.

    The column is one that no two rows share, and is compared as it stands in the table: `slug=`, `id=`.
    """
    ((column, value),) = named.items()
    if (model, column) not in _written:
        rows = model._default_manager.filter(**named).order_by()
        _written[model, column] = rows.query.sql_with_params()[0]
    return next(iter(model._default_manager.raw(_written[model, column], [value])), None)
