"""The jobs of SQL: run, describe, name the tables, tell where columns come from, and how it goes about its rows."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any
from uuid import UUID

import pyarrow as pa

from foundation.lake.engines import lake_of
from foundation.lake.errors import SqlFailed
from foundation.lake.ports import Ahead, Column, LakeFile, RowTimes, TableAt, Unsteady, Until
from foundation.lake.sandbox import answers, children, places, wording
from foundation.lake.sandbox.children import Child, Limits

__all__ = ["Limits", "ahead", "construct_against_rows", "describe", "lineage", "run", "tables_of", "times", "unsteady"]

_QUICK = Limits(seconds=20, memory_mb=512)
_LONGEST, _LONGEST_READ = 200_000, 50_000


def run(
    tenant_id: UUID,
    sql: str,
    inputs: Mapping[str, TableAt],
    *,
    limit_rows: int | None,
    sample_rows: int | None,
    until: Until | None,
    limits: Limits,
) -> pa.RecordBatchReader:
    with ExitStack() as stack:
        job: dict[str, Any] = {"kind": "sql", "sql": sql, "limit_rows": limit_rows, "sample_rows": sample_rows}
        if until is not None:
            job["until"] = {"moment": until.moment.isoformat(), "dated": until.dated, "turned": until.turned}
        child = _started(stack, tenant_id, job, inputs, limits)
        stream = child.rows()
        if stream is None:
            raise _failure(child, sql, limits) or SqlFailed(wording.unexplained())
        # From here on the reader owns the child, also where it is dropped unread.
        held = stack.pop_all()
        batches = _batches(held, child, stream, sql, limits, limit_rows)
        weakref.finalize(batches, held.close)
    return pa.RecordBatchReader.from_batches(stream.schema, batches)


def _batches(
    stack: ExitStack, child: Child, stream: pa.RecordBatchReader, sql: str, limits: Limits, limit_rows: int | None
) -> Iterator[pa.RecordBatch]:
    with stack:
        try:
            yield from answers.sound(stream, limit_rows)
        except (pa.ArrowInvalid, OSError) as error:
            raise _failure(child, sql, limits) or SqlFailed(wording.unexplained()) from error
        if failure := _failure(child, sql, limits):
            raise failure


def describe(tenant_id: UUID, sql: str, inputs: Mapping[str, TableAt]) -> list[Column]:
    with ExitStack() as stack:
        child = _started(stack, tenant_id, {"kind": "describe", "sql": sql}, inputs, _QUICK)
        said = child.outcome()
        if "columns" not in said:
            raise wording.sql_error(said, sql, _QUICK, timed_out=child.timed_out)
        return [Column(name, type_) for name, type_ in said["columns"]]


def tables_of(sql: str) -> set[str]:
    with ExitStack() as stack:
        child = _started(stack, None, {"kind": "tables", "sql": sql}, None, _QUICK)
        said = child.outcome()
        if "tables" not in said:
            raise wording.sql_error(said, sql, _QUICK, timed_out=child.timed_out)
        return set(said["tables"])


def lineage(sql: str, inputs: Mapping[str, Sequence[Column]]) -> dict[str, list[tuple[str, str]] | None]:
    wording.check_length(sql, _LONGEST_READ)
    given = {name: {"columns": [[column.name, column.type] for column in columns]} for name, columns in inputs.items()}
    with children.take_reader() as child:
        child.give({"kind": "lineage", "sql": sql, "inputs": given, "folder": ""}, [], _QUICK)
        said = child.outcome()
        if "lineage" not in said:
            raise wording.sql_error(said, sql, _QUICK, timed_out=child.timed_out)
        return {
            name: None if sources is None else [(alias, column) for alias, column in sources]
            for name, sources in said["lineage"]
        }


def times(sql: str, inputs: Mapping[str, Sequence[Column]], moments: Sequence[str]) -> list[RowTimes | None]:
    if len(sql) > _LONGEST_READ:
        return [None for _moment in moments]
    given = {name: {"columns": [[column.name, column.type] for column in columns]} for name, columns in inputs.items()}
    with children.take_reader() as child:
        job = {"kind": "times", "sql": sql, "inputs": given, "moments": list(moments), "folder": ""}
        child.give(job, [], _QUICK)
        said = child.outcome()
        if "times" not in said:
            raise wording.sql_error(said, sql, _QUICK, timed_out=child.timed_out)
        return [
            None if one is None else RowTimes(one["inputs"], exact=one["exact"], moved_back=one["moved_back"])
            for one in said["times"]
        ]


def construct_against_rows(sql: str, growing: str) -> str:
    with ExitStack() as stack:
        child = _started(stack, None, {"kind": "row_wise", "sql": sql, "growing": growing}, None, _QUICK)
        said = child.outcome()
        if "construct" not in said:
            raise wording.sql_error(said, sql, _QUICK, timed_out=child.timed_out)
        return str(said["construct"])


def ahead(sql: str, moments: Sequence[str]) -> list[Ahead]:
    with ExitStack() as stack:
        child = _started(stack, None, {"kind": "ahead", "sql": sql, "moments": list(moments)}, None, _QUICK)
        said = child.outcome()
        if "ahead" not in said:
            raise wording.sql_error(said, sql, _QUICK, timed_out=child.timed_out)
        return [Ahead(str(one["reason"]), str(one["name"]), _line(sql, one["position"])) for one in said["ahead"]]


def unsteady(sql: str, columns: Sequence[str]) -> list[Unsteady]:
    with ExitStack() as stack:
        child = _started(stack, None, {"kind": "steady", "sql": sql, "columns": list(columns)}, None, _QUICK)
        said = child.outcome()
        if "unsteady" not in said:
            raise wording.sql_error(said, sql, _QUICK, timed_out=child.timed_out)
        return [Unsteady(str(one["reason"]), str(one["name"]), _line(sql, one["position"])) for one in said["unsteady"]]


def _line(sql: str, position: int) -> int:
    """Which line of the SQL a place in its bytes is in, from 1."""
    return sql.encode()[:position].count(b"\n") + 1


def _started(
    stack: ExitStack,
    tenant_id: UUID | None,
    job: dict[str, Any],
    inputs: Mapping[str, TableAt] | None,
    limits: Limits,
) -> Child:
    """A child at work; files are resolved and opened here, it gets descriptors and no path."""
    wording.check_length(job["sql"], _LONGEST)
    paths: list[str] = []
    if tenant_id is not None:
        job["inputs"] = {alias: _input(tenant_id, at, paths) for alias, at in (inputs or {}).items()}
    files = stack.enter_context(places.lent(paths))
    child = stack.enter_context(children.take())
    child.give(job, files, limits)
    return child


def _input(tenant_id: UUID, at: TableAt, paths: list[str]) -> dict[str, Any]:
    lake = lake_of(tenant_id)

    def lend(file: LakeFile) -> dict[str, Any]:
        paths.append(file.path)
        place = len(paths) - 1
        return {"file": place, "key": file.key, "deleted": lend(file.deleted) if file.deleted else None}

    files = [lend(file) for file in lake.files_of(at)]
    return {"columns": [[column.name, column.type] for column in lake.schema(at)], "files": files}


def _failure(child: Child, sql: str, limits: Limits) -> Exception | None:
    """What went wrong; None where the child says that all rows were sent."""
    said = child.outcome()
    return None if "rows" in said else wording.sql_error(said, sql, limits, timed_out=child.timed_out)
