"""In the child: a user's file, read into rows or refused with what and where."""

from __future__ import annotations

import os
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from foundation.lake.adapters import child_archive, child_csv, child_jsonl
from foundation.lake.adapters.child_refusal import Refusal
from foundation.lake.adapters.child_sql import Engine, identifier, lock, quoted, send

_BATCH = 65_536


def run(engine: Engine, job: dict[str, Any], files: list[int], rows: int) -> dict[str, Any]:
    """Send the rows of the file that came as the first descriptor."""
    path, format_, options = f"/proc/self/fd/{files[0]}", job["format"], job["options"]
    try:
        if format_ == "zip":
            path, format_ = child_archive.unpacked(path, job["folder"], job["disk_mb"] << 20)
        if not os.stat(path).st_size:  # noqa: PTH116 - one call on a path of /proc
            raise Refusal("empty")
        plan = {"csv": child_csv.plan, "jsonl": child_jsonl.plan, "parquet": _plan_parquet}[format_]
        lock(engine, job, [path])
        return _send(engine, plan(engine.reader, path, options), job, rows)
    except Refusal as refusal:
        return refusal.said
    except duckdb.OutOfMemoryException:
        return Refusal("memory").said
    except (duckdb.Error, pa.ArrowException, OSError):  # OSError: what fails while rows stream, through Arrow
        return _explained(format_, path, options)


def _send(engine: Engine, sql: str, job: dict[str, Any], rows: int) -> dict[str, Any]:
    reader = engine.reader.execute(sql).to_arrow_reader(_BATCH)
    outcome = send(reader, rows, limit_rows=None, limit_bytes=job["limit_bytes"])
    if outcome.get("rows") == 0:
        raise Refusal("no_rows")
    return outcome


def _explained(format_: str, path: str, options: dict[str, Any]) -> dict[str, Any]:
    """Why DuckDB could not read it: looked for again, line by line, since its own words hold values."""
    try:
        if format_ == "csv":
            child_csv.explain(path, options)
        elif format_ == "jsonl":
            child_jsonl.explain(path)
    except Refusal as refusal:
        return refusal.said
    return Refusal("damaged", format=format_).said


def _plan_parquet(reader: duckdb.DuckDBPyConnection, path: str, options: dict[str, Any]) -> str:
    with open(path, "rb") as file:  # noqa: PTH123 - a path of /proc, resolved by the kernel
        if file.read(4) == b"PARE":
            raise Refusal("encrypted_parquet")
        file.seek(0)
        if file.read(4) != b"PAR1":
            raise Refusal("not_parquet")
        file.seek(0)
        names = pq.read_schema(file).names
    child_csv.check_names(names, line=None)
    described = reader.execute(f"DESCRIBE FROM read_parquet({quoted(path)})").fetchall()
    columns = (f"{_storable(name, kind)} AS {identifier(name)}" for name, kind, *_ in described)
    return f"SELECT {', '.join(columns)} FROM read_parquet({quoted(path)})"


def _storable(name: str, kind: str) -> str:
    return f"{identifier(name)}::VARCHAR" if kind.startswith(("ENUM", "TIME_NS", "BIT")) else identifier(name)
