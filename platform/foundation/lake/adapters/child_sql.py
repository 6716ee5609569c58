"""In the child: the user's SQL, on an instance that holds nothing but Arrow inputs.

`reader` has the keys and the exact files and answers one thing, the columns asked for; `user` runs the query and has no
path, no key, no catalogue, no extension that reaches one. Neither can be opened again once `lock` was called.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
from duckdb import DuckDBPyConnection

from foundation.lake.adapters import child_ahead as ahead
from foundation.lake.adapters import child_row_wise as row_wise
from foundation.lake.adapters import child_statement as statement
from foundation.lake.adapters import child_steady as steady
from foundation.lake.adapters.extensions import instance_with
from foundation.quoting import identifier, literal

_CONFIG = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",
    "threads": "1",  # threads made now would stand outside the walls
}
_BATCH = 65_536
# Arrow makes room for a whole batch before there is a row of it: of 500 columns, with its own million rows, 4 GB.
_MOST_CELLS = 8_000_000
_HUGE = ("HUGEINT", "UHUGEINT")


@dataclass
class Engine:
    """The two instances of one child."""

    reader: DuckDBPyConnection
    user: DuckDBPyConnection


def rehearse(httpfs: str) -> None:
    """In the template: load every module and library that an engine needs; it runs no more when children are forked."""
    engine = prepare(httpfs)
    engine.user.register("warm", pa.table({"a": [1]}))
    engine.user.execute("SELECT sum(a) FROM warm").to_arrow_table()
    engine.user.close()
    engine.reader.close()


def prepare(httpfs: str) -> Engine:
    """Both instances."""
    # The OpenSSL of httpfs opens encrypted Parquet and encrypts the spill.
    engine = Engine(instance_with([httpfs], _CONFIG), instance_with([httpfs], _CONFIG))
    for instance in (engine.reader, engine.user):
        instance.execute("SET GLOBAL TimeZone = 'UTC'; SET errors_as_json = true; SET enable_progress_bar = false")
    return engine


def run(engine: Engine, job: dict[str, Any], files: list[int], rows: int) -> dict[str, Any]:
    """Answer a job of kind `sql` (rows), `describe` (columns), `tables` (names), or one that reads its tree."""
    try:
        tables = statement.check(engine.user, job["sql"], job.get("inputs"))
        if job["kind"] == "tables":
            return {"tables": sorted(tables)}
        if job["kind"] == "row_wise":
            return {"construct": row_wise.construct_against(engine.user, job["sql"], job["growing"])}
        if job["kind"] == "steady":
            return {"unsteady": steady.unsteady(engine.user, job["sql"], job["columns"])}
        if job["kind"] == "ahead":
            return {"ahead": ahead.ahead(engine.user, job["sql"], job["moments"])}
        if job["kind"] in ("lineage", "times"):
            return _read(engine, job)
        lock(engine, job, _show(engine.reader, job["inputs"], files, job.get("sample_rows")))
        for name in job["inputs"]:
            schema = engine.reader.execute(f"SELECT * FROM {identifier(name)} LIMIT 0").to_arrow_reader(1).schema
            _register(engine.user, name, _Input(engine.reader, name, schema), job)
        sql, columns = _answerable(engine.user, job["sql"])
        if job["kind"] == "describe":
            return {"columns": columns}
        reader = engine.user.execute(sql).to_arrow_reader(_rows_at_once(_BATCH, len(columns)))
        return send(reader, rows, limit_rows=job["limit_rows"], limit_bytes=job["limit_bytes"])
    except statement.Refused as error:
        return error.said
    except duckdb.Error as error:
        return statement.explained(error)
    except (pa.ArrowException, OSError) as error:
        # What fails while rows stream comes through Arrow, DuckDB's own words inside.
        return statement.explained(error)
    except MemoryError:
        return {"error": "Out of Memory"}


def _rows_at_once(most: int, columns: int) -> int:
    """As many rows as have room in a batch of so many columns; not fewer than a vector of the engine's has."""
    return max(2_048, min(most, _MOST_CELLS // max(1, columns)))


def _read(engine: Engine, job: dict[str, Any]) -> dict[str, Any]:
    # Loaded before the walls closed, and only in children that are made for it.
    from foundation.lake.adapters import child_lineage, child_times

    lock(engine, job, [])
    reader = child_lineage if job["kind"] == "lineage" else child_times
    return reader.run(engine.user, job)


def _register(user: DuckDBPyConnection, name: str, rows: _Input, job: dict[str, Any]) -> None:
    """The input under its name; where its rows are dated, of those no more than were there by the moment.

    What dates them comes from the user's own SQL, so it runs where that does, and is held to what that is held to. A
    row without a time is always there. The table behind it has a name that no input has, so that no SQL may name it.
    """
    until = job.get("until") or {}
    dated, turned = until.get("dated", {}).get(name), until.get("turned")
    if not (dated or turned):
        user.register(name, rows)
        return
    whole, taken = f"__whole {name}", {one.lower() for one in job["inputs"]}
    while whole.lower() in taken:
        whole += "_"
    user.register(whole, rows)
    sql = f"SELECT * FROM {identifier(whole)}"
    if dated:
        times = ", ".join(f"least({', '.join(f'TRY(({one})::TIMESTAMPTZ)' for one in each)})" for each in dated)
        sql += f" WHERE coalesce(greatest({times}) <= {literal(until['moment'])}::TIMESTAMPTZ, true)"
    sql += " ORDER BY row_number() OVER () DESC" if turned else ""
    statement.check(user, sql, {whole: None})
    user.execute(f"CREATE TEMP VIEW {identifier(name)} AS {sql}")


def _answerable(user: DuckDBPyConnection, sql: str) -> tuple[str, list[list[str]]]:
    """The query and its columns; sums of whole numbers come out as BIGINT, which every reader of tables knows."""
    statement.bind(user, sql)
    relation = user.sql(sql)
    columns = [[name, str(kind)] for name, kind in zip(relation.columns, relation.types, strict=True)]
    statement.check_columns([name for name, _ in columns])
    if not any(kind in _HUGE for _, kind in columns):
        return sql, columns
    shown = ", ".join(
        f"{identifier(n)}::BIGINT AS {identifier(n)}" if k in _HUGE else identifier(n) for n, k in columns
    )
    sql = f"SELECT {shown} FROM ({statement.normal_form(user, sql)})"
    return sql, [[name, "BIGINT" if kind in _HUGE else kind] for name, kind in columns]


def send(reader: pa.RecordBatchReader, rows: int, *, limit_rows: int | None, limit_bytes: int) -> dict[str, Any]:
    """Stream the batches to the parent; at most so many rows, and an error past so many bytes."""
    count = size = 0
    with os.fdopen(rows, "wb") as sink, pa.ipc.new_stream(sink, reader.schema) as stream:
        for batch in _first(reader, limit_rows):
            count, size = count + batch.num_rows, size + batch.nbytes
            if size > limit_bytes:
                return {"error": "Result Too Large"}
            stream.write_batch(batch)
            # Who has seen the beginning of a batch waits for its end, and brings no more of the file meanwhile.
            sink.flush()
    return {"rows": count}


def _first(reader: pa.RecordBatchReader, limit: int | None) -> Iterator[pa.RecordBatch]:
    left = limit
    for batch in reader:
        if left is None:
            yield batch
            continue
        yield batch.slice(0, left)
        left -= min(left, batch.num_rows)
        if not left:
            return


def lock(engine: Engine, job: dict[str, Any], paths: list[str]) -> None:
    """Set the limits, then take away every way out and the key to the lock."""
    memory = {id(engine.reader): max(256, job["memory_mb"] // 3), id(engine.user): job["memory_mb"]}
    for instance in (engine.reader, engine.user):
        instance.execute(f"SET memory_limit = '{memory[id(instance)]}MB'; SET threads = {int(job['threads'])}")
        instance.execute(f"SET temp_directory = {literal(job['folder'])}; SET temp_file_encryption = true")
        instance.execute(f"SET max_temp_directory_size = '{int(job['disk_mb'])}MB'; SET max_expression_depth = 250")
    if paths:
        engine.reader.execute(f"SET allowed_paths = [{', '.join(map(literal, paths))}]")
    for instance in (engine.reader, engine.user):
        instance.execute("SET enable_external_access = false; SET lock_configuration = true")


def _show(reader: DuckDBPyConnection, inputs: dict[str, Any], files: list[int], sample_rows: int | None) -> list[str]:
    """Views over the exact files of the inputs, or over so many of their first rows; the paths they read."""
    for name, given in inputs.items():
        columns = ", ".join(identifier(column) for column, _ in given["columns"])
        parts = [f"SELECT {columns} FROM {_rows(file, files)}" for file in given["files"]]
        nothing = ", ".join(f"NULL::{kind} AS {identifier(column)}" for column, kind in given["columns"])
        sql = " UNION ALL ".join(parts) or f"SELECT {nothing} WHERE false"
        if sample_rows is not None:
            sql = f"FROM ({sql}) LIMIT {int(sample_rows)}"
        reader.execute(f"CREATE VIEW {identifier(name)} AS {sql}")
    return [f"/proc/self/fd/{file}" for file in files]


def _rows(file: dict[str, Any], files: list[int]) -> str:
    if not file["deleted"]:
        return _scan(file, files)
    kept = f"file_row_number NOT IN (SELECT pos FROM {_scan(file['deleted'], files)})"
    return f"{_scan(file, files, ', file_row_number = true')} WHERE {kept}"


def _scan(file: dict[str, Any], files: list[int], options: str = "") -> str:
    key = f", encryption_config = {{footer_key_value: from_base64({literal(file['key'])})}}" if file["key"] else ""
    return f"read_parquet('/proc/self/fd/{files[file['file']]}'{options}{key})"


class _Input(ds.InMemoryDataset):
    """What DuckDB takes for a pyarrow dataset: it asks for columns, the reader gives just those."""

    def __init__(self, reader: DuckDBPyConnection, name: str, schema: pa.Schema) -> None:
        super().__init__(schema.empty_table())
        self._reader, self._name = reader, name

    def scanner(self, columns: list[str] | None = None, filter: ds.Expression | None = None, **_: Any) -> ds.Scanner:
        names = list(self.schema.names)
        wanted = list(columns) if columns is not None else names
        needed = set(wanted) | ({name for name in names if name in str(filter)} if filter is not None else set())
        read = [name for name in names if name in needed] or names[:1]
        sql = f"SELECT {', '.join(map(identifier, read))} FROM {identifier(self._name)}"
        batches = self._reader.cursor().execute(sql).to_arrow_reader(_rows_at_once(122_880, len(read)))
        return ds.Scanner.from_batches(batches, columns=wanted, filter=filter)
