"""Expectations that users wrote as SQL: run in the sandbox over a table called `data`, never beside the lake.

What comes back is a number, and where rows are set aside the rows themselves: a condition holds for a row or it does
not, whichever copy of the row it is, so that equal rows are found again by their values.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.translation import gettext as _

from apps.datasets.choices import ExpectationKind
from apps.datasets.services.validation.compiling import Ground, Unchecked
from apps.datasets.services.validation.expectations import Expectation
from foundation import lake
from foundation.lake.errors import SqlFailed, SqlRefused
from foundation.lake.ports import TableAt
from foundation.quoting import identifier

if TYPE_CHECKING:
    import pyarrow as pa

log = logging.getLogger("sanad.datasets")
TABLE = "data"
_TIMEOUT_S, _MEMORY_MB, _RESULT_MB, MOST_ROWS = 300, 1024, 256, 1_000_000
# So many rows are kept of an expectation that blocks: enough to see what is wrong.
FIRST_ROWS = 20


class Wanted(Enum):
    """Which rows are found again: none, some to look at, or all, to be set aside."""

    NONE = "none"
    FIRST = "first"
    ALL = "all"


@dataclass(frozen=True, kw_only=True)
class AtFault:
    count: int
    failing: str = ""
    keys: pa.Table | None = None


def rows_at_fault(
    one: Expectation, tenant_id: UUID, at: TableAt, ground: Ground, *, wanted: Wanted, most_s: float
) -> AtFault:
    """How many rows fail, and as far as they are wanted what finds them; Unchecked where the SQL cannot be run.

    That the first ones cannot be found is no fault: that rows fail is known without.
    """
    if most_s < 1:
        raise Unchecked("sql", sentence=_("What stands before it took so long that it was not asked any more."))
    sql, most_s = failing_rows(one), min(most_s, _TIMEOUT_S)
    try:
        count = _run(tenant_id, f"SELECT count(*) AS n FROM ({sql}\n) AS bad", at, most_s).to_pylist()[0]["n"]
        if wanted is Wanted.NONE or not count:
            return AtFault(count=count)
        if wanted is Wanted.FIRST:
            return _with_first(one, count, tenant_id, at, ground, most_s)
        return _with_keys(one, count, _run(tenant_id, _distinct(sql), at, most_s), ground)
    except (SqlRefused, SqlFailed) as refusal:
        raise Unchecked("sql", sentence=refusal.sentence) from refusal


def check(one: Expectation, tenant_id: UUID, at: TableAt) -> None:
    """SqlRefused or SqlFailed where it cannot be run over this table; it is looked at and not run."""
    lake.sandbox.describe(tenant_id, failing_rows(one), {TABLE: at})


def failing_rows(one: Expectation) -> str:
    """The query for the rows that fail. A condition that is unknown is met, as with CHECK of SQL."""
    said: str = one.parameters["sql"].rstrip().rstrip(";")
    if one.kind is ExpectationKind.SQL_ROWS:
        return said
    # The line's end closes a comment that the condition may end with.
    return f"SELECT * FROM {TABLE} WHERE NOT coalesce(({said}\n), true)"


def _distinct(sql: str, most: int = MOST_ROWS + 1) -> str:
    return f"SELECT DISTINCT * FROM ({sql}\n) AS bad LIMIT {most}"


def _with_first(one: Expectation, count: int, tenant_id: UUID, at: TableAt, ground: Ground, most_s: float) -> AtFault:
    try:
        return _with_keys(one, count, _run(tenant_id, _distinct(failing_rows(one), FIRST_ROWS), at, most_s), ground)
    except (SqlRefused, SqlFailed, Unchecked) as gap:
        log.info("The first rows that %s finds are not kept: %s", one.id, gap)
        return AtFault(count=count)


def _run(tenant_id: UUID, sql: str, at: TableAt, most_s: float) -> pa.Table:
    rows = lake.sandbox.run(tenant_id, sql, {TABLE: at}, timeout_s=most_s, memory_mb=_MEMORY_MB, result_mb=_RESULT_MB)
    return rows.read_all()


def _with_keys(one: Expectation, count: int, found: pa.Table, ground: Ground) -> AtFault:
    if found.num_rows > MOST_ROWS:
        raise Unchecked("too_many_rows")
    if not found.column_names or not set(found.column_names) <= set(ground.columns):
        raise Unchecked("not_these_columns")
    alias = f"_keys_{one.id}"
    met = " AND ".join(
        f"k.{identifier(column)} IS NOT DISTINCT FROM _rows.{identifier(column)}" for column in found.column_names
    )
    return AtFault(count=count, failing=f"EXISTS (SELECT 1 FROM {alias} k WHERE {met})", keys=found)
