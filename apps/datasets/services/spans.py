"""Spans of a cursor as people write them: what is no value of the column is refused before anything is read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from apps.datasets.models import DatasetVersion
from foundation.errors import Invalid

_READERS: tuple[tuple[tuple[str, ...], Callable[[str], object]], ...] = (
    (("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"), int),
    (("DECIMAL", "FLOAT", "DOUBLE"), Decimal),
    (("DATE", "TIMESTAMP"), datetime.fromisoformat),
)


def check_span(newest: DatasetVersion | None, column: str, since: str, until: str) -> None:
    """Invalid, at `since` or `until`, where that is not written as the column's type has it."""
    schema = newest.schema if newest else []
    type = next((one["type"] for one in schema if one["name"] == column), "")
    for name, said in (("since", since), ("until", until)):
        if said and not _fits(type, said):
            sentence = _("“%(column)s” is %(type)s, and this is no such value. Write it like %(example)s.")
            words = {"column": column, "type": type.lower(), "example": _example(type)}
            raise Invalid(sentence % words, fields={name: [sentence % words]})


def _fits(type: str, said: str) -> bool:
    for types, read in _READERS:
        if type.startswith(types):
            try:
                read(said)
            except (ValueError, InvalidOperation):
                return False
    return True


def _example(type: str) -> str:
    if type.startswith("TIMESTAMP"):
        return "2026-01-31 06:30:00"
    return "2026-01-31" if type == "DATE" else "100"
