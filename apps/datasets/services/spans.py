"""Spans of a cursor as people write them: refused where they are none, and counted before anything is read anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from apps.datasets import policies, selectors
from apps.datasets.models import DatasetVersion, Ingestion
from foundation import lake
from foundation.errors import Conflict, Invalid
from foundation.identity import Actor
from foundation.quoting import identifier
from foundation.words import kept as _

_READERS: tuple[tuple[tuple[str, ...], Callable[[str], object]], ...] = (
    (("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"), int),
    (("DECIMAL", "FLOAT", "DOUBLE"), Decimal),
    (("DATE", "TIMESTAMP"), datetime.fromisoformat),
)


@dataclass(frozen=True)
class Foreseen:
    """What a span holds of the newest version: so many of its rows, on how many days where the cursor is a time.

    `first` and `last` are the values at its ends, as text; None where there are no rows.
    """

    rows: int
    row_count: int
    first: str | None
    last: str | None
    days: int | None


def foresee_backfill(*, actor: Actor, ingestion: Ingestion, since: str = "", until: str = "") -> Foreseen | None:
    """What reading the span anew would replace; None where there is no version yet. Nothing is changed or read."""
    policies.check_can_add(actor, ingestion.dataset)
    newest = selectors.latest_ready(ingestion.dataset)
    if not ingestion.cursor:
        raise Invalid(_("A span can only be read by a cursor column; this ingestion has none."))
    check_span(newest, ingestion.cursor, since, until)
    if newest is None:
        return None
    if ingestion.cursor in selectors.masks(actor, newest):
        # How many rows lie between two values tells what the values are.
        sentence = _("“%(column)s” is covered for you, so its rows are not counted.")
        raise Conflict(sentence % {"column": ingestion.cursor})
    return _counted(newest, ingestion.cursor, since, until)


def _counted(newest: DatasetVersion, cursor: str, since: str, until: str) -> Foreseen:
    type = next((one["type"] for one in newest.schema if one["name"] == cursor), "")
    if not type:
        return Foreseen(0, newest.row_count or 0, None, None, None)
    column, parts, values = identifier(cursor), ["true"], list[Any]()
    for sign, value in ((">", since), ("<=", until)):
        if value:
            parts.append(f"{column} {sign} cast_to_type(?, {column})")
            values.append(value)
    days = f"count(DISTINCT {column}::DATE)" if type.startswith(("DATE", "TIMESTAMP")) else "NULL::BIGINT"
    sql = (
        f"SELECT count(*) AS rows, min({column})::VARCHAR AS first, max({column})::VARCHAR AS last, {days} AS days "  # noqa: S608
        f"FROM v WHERE {' AND '.join(parts)}"
    )
    tables, at = lake.for_tenant(newest.tenant_id), selectors.table_at(newest)
    [found] = tables.query(sql, {"v": at}, values).read_all().to_pylist()
    return Foreseen(row_count=newest.row_count or 0, **found)


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
