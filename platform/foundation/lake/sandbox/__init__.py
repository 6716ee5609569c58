"""SQL that users write and files that they bring, run and parsed in a process without network, catalogue or key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from foundation.lake.ports import Ahead, Column, FileFormat, RowTimes, TableAt, Unsteady, Until
from foundation.lake.sandbox.remembering import asked_once, once

if TYPE_CHECKING:
    import pyarrow as pa

    from foundation.lake.adapters.tar_members import Member

__all__ = [
    "ahead",
    "asked_once",
    "construct_against_rows",
    "describe",
    "first_rows",
    "lineage",
    "members_of",
    "once",
    "rows_of",
    "run",
    "tables_of",
    "times",
    "unsteady",
]


def run(
    tenant_id: UUID,
    sql: str,
    inputs: Mapping[str, TableAt],
    *,
    limit_rows: int | None = None,
    sample_rows: int | None = None,
    until: Until | None = None,
    timeout_s: float = 60,
    memory_mb: int = 1024,
    result_mb: int = 4096,
) -> pa.RecordBatchReader:
    """The rows of one SELECT over the inputs, streamed; read them to the end or close the reader.

    With `sample_rows` it sees no more than so many of each input's first rows; with `until` of these no more than what
    was there by that moment.

    Raises SqlRefused, SqlFailed or SqlTimeout, the last two also while rows are read. Sentences name places and the
    user's own words, never a value of the data.
    """
    from foundation.lake.sandbox import sql as jobs

    limits = jobs.Limits(seconds=timeout_s, memory_mb=memory_mb, result_mb=result_mb)
    return jobs.run(tenant_id, sql, inputs, limit_rows=limit_rows, sample_rows=sample_rows, until=until, limits=limits)


def describe(tenant_id: UUID, sql: str, inputs: Mapping[str, TableAt]) -> list[Column]:
    """The columns that the SELECT would answer, without running it."""
    from foundation.lake.sandbox import sql as jobs

    question = ("describe", tenant_id, sql, frozenset(inputs.items()))
    return list(once(question, lambda: jobs.describe(tenant_id, sql, inputs)))


def first_rows(path: Path, format: FileFormat, options: Mapping[str, Any], *, limit: int) -> pa.Table:
    """The first rows of a user's file, parsed in a child; FileRefused says why there are none."""
    from foundation.lake.sandbox import files as jobs

    return jobs.first_rows(path, format, options, limit=limit)


def members_of(path: Path, name: str) -> Iterator[Member]:
    """The files in a tar that its owner knows by `name`, one after the other and in little memory; none is opened.

    FileRefused where it is damaged, or holds what no folder of files does.
    """
    from foundation.lake.sandbox import files as jobs

    return jobs.members_of(path, name)


def rows_of(path: Path, format: FileFormat, options: Mapping[str, Any]) -> AbstractContextManager[pa.RecordBatchReader]:
    """All rows of a user's file, streamed out of a child in their order; FileRefused also while they are read.

    Options are those of `Lake.write_from_file`, `columns` for a data file of somebody's table (`child_columns`), and
    `members` ({"start", "until"}: where headers of a tar stand) for small files of one format in a tar, read as one.
    """
    from foundation.lake.sandbox import files as jobs

    return jobs.parsed(path, format, options)


def tables_of(sql: str) -> set[str]:
    """The tables a SELECT names and does not define itself, as they are written; it is parsed, not run."""
    from foundation.lake.sandbox import sql as jobs

    return jobs.tables_of(sql)


def lineage(sql: str, inputs: Mapping[str, Sequence[Column]]) -> dict[str, list[tuple[str, str]] | None]:
    """For each column of the answer the columns of the inputs, (input, column), whose values it is computed from.

    None where that cannot be told: it is never guessed. What only decides which rows come (WHERE, ON, GROUP BY) is no
    source. The query is parsed, not run; SqlRefused and SqlFailed where it cannot be understood at all.
    """
    from foundation.lake.sandbox import sql as jobs

    return jobs.lineage(sql, inputs)


def times(sql: str, inputs: Mapping[str, Sequence[Column]], moments: Sequence[str]) -> list[RowTimes | None]:
    """For each of these columns of the answer by what it dates the rows of the inputs; None where that is unknown.

    The query is parsed, not run, and unknown where it is too long for that; SqlRefused and SqlFailed where it cannot be
    understood at all.
    """
    from foundation.lake.sandbox import sql as jobs

    shape = tuple((name, tuple(columns)) for name, columns in sorted(inputs.items()))
    return list(once(("times", sql, shape, tuple(moments)), lambda: jobs.times(sql, inputs, moments)))


def construct_against_rows(sql: str, growing: str) -> str:
    """What keeps the SELECT from being made row by row of the input `growing`, in SQL's own words; empty where nothing.

    Where nothing does, its rows over two halves of that input are those over the whole, one after the other.
    """
    from foundation.lake.sandbox import sql as jobs

    return once(("construct", sql, growing), lambda: jobs.construct_against_rows(sql, growing))


def ahead(sql: str, moments: Sequence[str]) -> list[Ahead]:
    """What in the SELECT may bring values of later rows to an earlier moment, in the order in which it is written.

    `moments` names the columns of its answer that say when a row's values held; nothing where that is not known yet.
    The query is parsed, not run.
    """
    from foundation.lake.sandbox import sql as jobs

    return list(once(("ahead", sql, tuple(moments)), lambda: jobs.ahead(sql, moments)))


def unsteady(sql: str, columns: Sequence[str]) -> list[Unsteady]:
    """What in the SELECT could answer other rows tomorrow over the same inputs, in the order in which it is written.

    It reads the clock, rolls dice, or takes rows in an order that nothing sets. `columns` are the inputs' own names.
    """
    from foundation.lake.sandbox import sql as jobs

    return list(once(("unsteady", sql, tuple(columns)), lambda: jobs.unsteady(sql, columns)))
