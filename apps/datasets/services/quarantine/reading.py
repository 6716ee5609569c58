"""Rows in quarantine as their reader may see them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from apps.datasets import policies, selectors
from apps.datasets.models import Quarantine
from apps.datasets.services.quarantine.choosing import Choice, untold_to
from apps.datasets.services.showing import MOST_IN_A_FILE, Looking, unsaid
from foundation import access, lake
from foundation.errors import Invalid, NotFound
from foundation.identity import Actor
from foundation.lake.ports import Column
from foundation.quoting import identifier

if TYPE_CHECKING:
    import pyarrow as pa

EXPORT_KINDS = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row: its number, the ids of the expectations it fails, the columns corrected since, its values in order."""

    number: int
    reasons: list[str]
    mended: list[str]
    values: list[Any]


@dataclass(frozen=True, kw_only=True)
class Rows:
    """A page of rows; `hidden` are the columns whose values the reader may not see, shown as dots."""

    columns: list[Column]
    hidden: frozenset[str]
    count: int
    rows: list[Row]


def columns_of(quarantine: Quarantine) -> list[Column]:
    """The data's own columns."""
    return lake.for_tenant(quarantine.tenant_id).schema(quarantine.at)[len(quarantine.marks) :]


def rows_of(*, actor: Actor, quarantine: Quarantine, offset: int = 0, limit: int = 50, reason: str = "") -> Rows:
    """Some rows by their number, of all reasons or of one expectation's."""
    policies.check_can_see(actor, quarantine)
    tables, untold = lake.for_tenant(quarantine.tenant_id), untold_to(actor, quarantine)
    choice = Choice(reason=reason, untold=untold)
    columns = columns_of(quarantine)
    shown = selectors.shown_columns(actor=actor, quarantine=quarantine)
    hidden = frozenset() if shown is None else frozenset(column.name for column in columns) - shown
    where, params = choice.condition(quarantine)
    count = quarantine.row_count
    if reason or untold:
        counted = tables.query(f"SELECT count(*) AS n FROM q WHERE {where}", {"q": quarantine.at}, params)
        count = int(counted.read_all().to_pylist()[0]["n"])
    number = identifier(quarantine.marks[0])
    sql = f"SELECT * FROM q WHERE {where} ORDER BY {number} LIMIT {int(limit)} OFFSET {int(offset)}"
    found = tables.query(sql, {"q": quarantine.at}, params).read_all()
    if shown is not None:
        found = Looking(_unsaid(quarantine, shown)).over(found)
    return Rows(columns=columns, hidden=hidden, count=count, rows=list(_rows(found, columns, hidden)))


def _unsaid(quarantine: Quarantine, shown: Collection[str]) -> list[str]:
    """The columns of which only scanners have spoken, and they saw other rows than these."""
    newest = selectors.latest_ready(quarantine.dataset)
    return unsaid(quarantine.version.schema or (newest.schema if newest else []), shown)


def row_of(*, actor: Actor, quarantine: Quarantine, number: int) -> tuple[list[Column], Row]:
    """The columns and one row, for whoever may correct it."""
    policies.check_can_mend(actor, quarantine)
    columns = columns_of(quarantine)
    shown = selectors.shown_columns(actor=actor, quarantine=quarantine)
    if shown is not None and {column.name for column in columns} - shown:
        policies.check_sees_clear(actor, quarantine)
    where, params = Choice(numbers=(number,), untold=untold_to(actor, quarantine)).condition(quarantine)
    sql = f"SELECT * FROM q WHERE {where}"
    found = lake.for_tenant(quarantine.tenant_id).query(sql, {"q": quarantine.at}, params).read_all()
    if not found.num_rows:
        raise NotFound(_("This row is not in quarantine any more."))
    if shown is not None and not Looking(_unsaid(quarantine, shown)).over(found).equals(found):
        policies.check_sees_clear(actor, quarantine)
    return columns, next(_rows(found, columns, frozenset()))


def _rows(found: pa.Table, columns: list[Column], hidden: frozenset[str]) -> Iterator[Row]:
    marks = found.num_columns - len(columns)
    for row in zip(*(column.to_pylist() for column in found.columns), strict=True):
        values = [
            selectors.HIDDEN if column.name in hidden else value
            for column, value in zip(columns, row[marks:], strict=True)
        ]
        yield Row(number=row[0], reasons=list(row[1]), mended=list(row[2]), values=values)


def export_rows(*, actor: Actor, quarantine: Quarantine, form: str) -> Iterator[bytes]:
    """All rows with number and reasons as "csv" or "parquet", made while it is read; hidden columns stay out."""
    from apps.datasets.adapters import rows_out

    if form not in EXPORT_KINDS:
        raise Invalid(_("Rows leave as csv or parquet."), fields={"form": [_("Unknown.")]})
    policies.check_can_see(actor, quarantine)
    access.require_fresh(actor)
    shown = selectors.shown_columns(actor=actor, quarantine=quarantine)
    number, reasons, _mended = quarantine.marks
    told = [
        f"{identifier(number)}",
        f"array_to_string({identifier(reasons)}, ' ') AS {identifier(reasons)}",
        *(identifier(column.name) for column in columns_of(quarantine) if shown is None or column.name in shown),
    ]
    where, params = Choice(untold=untold_to(actor, quarantine)).condition(quarantine)
    sql = f"SELECT {', '.join(told)} FROM q WHERE {where} ORDER BY {identifier(number)}"
    reader = lake.for_tenant(quarantine.tenant_id).query(sql, {"q": quarantine.at}, params)
    if shown is not None:
        reader = _looked_at(reader, _unsaid(quarantine, shown))
    if form == "parquet":
        return rows_out.parquet(reader, reader.schema)
    # Whoever corrects rows in a spreadsheet opens what a stranger sent.
    return rows_out.csv(reader, reader.schema, exact=False)


def _looked_at(reader: pa.RecordBatchReader, names: Collection[str]) -> pa.RecordBatchReader:
    import pyarrow as pa

    looking = Looking(names, most=MOST_IN_A_FILE)
    shown = (looking.over(pa.Table.from_batches([batch])).to_batches() for batch in reader)
    return pa.RecordBatchReader.from_batches(reader.schema, (batch for some in shown for batch in some))
