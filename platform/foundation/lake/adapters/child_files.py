"""In the child: a user's file, read into rows or refused with what and where."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from foundation.lake.adapters import (
    child_archive,
    child_arrow,
    child_columns,
    child_csv,
    child_csv_quick,
    child_excel,
    child_jsonl,
    child_many,
    child_pieces,
    child_text,
)
from foundation.lake.adapters.child_refusal import Refusal
from foundation.lake.adapters.child_sql import Engine, lock, send
from foundation.quoting import identifier, literal

# Rows are handed on so many at a time, or as many as are of this size: a batch lies in memory whole, here and there.
_MOST_ROWS, _BATCH_BYTES = 65_536, 16 << 20
_LOOKS, _LOOK = 64, 64 << 10


def run(engine: Engine, job: dict[str, Any], files: list[int], rows: int) -> dict[str, Any]:
    """Send the rows of the file that came as the first descriptor."""
    if job["piped"]:
        return _run_piped(engine, job, files[0], rows)
    path, format_, options = f"/proc/self/fd/{files[0]}", job["format"], job["options"]
    origins: child_many.Origins | None = None
    try:
        if "members" in options and format_ in ("csv", "jsonl"):
            path, origins = child_many.gathered(path, format_, options, job["folder"])
        if format_ == "zip":
            path, format_ = child_archive.unpacked(path, job["folder"], job["disk_mb"] << 20)
        if not os.stat(path).st_size:  # noqa: PTH116 - one call on a path of /proc
            raise Refusal("empty")
        if format_ in ("csv", "jsonl"):
            path = child_text.as_utf8(path, job["folder"])
        spare, head = f"{job['folder']}/lines", f"{job['folder']}/head"
        lock(engine, job, [path, spare, head])
        plainly = options.get("quick") and format_ == "csv" and origins is None
        if plainly and (sent := _at_once(engine, child_pieces.of_file(path), job, head, rows, path)):
            return sent
        return _send(_opened(engine, path, format_, options, spare), job, rows, empty="columns" in options)
    except Refusal as refusal:
        return _told(refusal, origins)
    except MemoryError:
        return Refusal("memory").said
    except (duckdb.Error, pa.ArrowException, OSError) as error:  # OSError: what fails while rows stream, through Arrow
        if isinstance(error, duckdb.OutOfMemoryException) or "Out of Memory" in str(error):
            return Refusal("memory").said
        if "No space left on device" in str(error):
            return Refusal("no_room").said
        return _explained(format_, path, options, origins)


def _run_piped(engine: Engine, job: dict[str, Any], source: int, rows: int) -> dict[str, Any]:
    """A CSV in one pass or not at all: what takes two, or is refused with its line, has to lie there as a file."""
    head = f"{job['folder']}/head"
    lock(engine, job, [head])
    try:
        return _at_once(engine, child_pieces.of_pipe(source), job, head, rows) or {"again": "carefully"}
    except (duckdb.Error, pa.ArrowException, OSError, MemoryError):
        # The careful way meets the same and says what it is.
        return {"again": "carefully"}


def _at_once(
    engine: Engine, pieces: Iterator[bytes], job: dict[str, Any], head: str, rows: int, path: str = ""
) -> dict[str, Any] | None:
    """None where the beginning shows that this cannot be."""
    try:
        plain = child_csv_quick.rows_of(engine.reader, pieces, job["options"], head, path)
        return _send(plain, job, rows, empty=False) if plain else None
    except child_csv_quick.Quoted:
        return {"again": "quoted"}
    except pa.ArrowInvalid:
        # Some row is not what the first ones promised: who asked has what came before, and has to ask anew.
        return {"again": "carefully"}


def _told(refusal: Refusal, origins: child_many.Origins | None) -> dict[str, Any]:
    return (origins.named(refusal) if origins else refusal).said


def _opened(engine: Engine, path: str, format_: str, options: dict[str, Any], spare: str) -> pa.RecordBatchReader:
    if "members" in options and format_ in ("arrow", "parquet"):
        return child_many.rows_of(path, format_, options)
    if format_ == "arrow":
        return child_arrow.rows_of(path)
    if format_ == "excel":
        return child_excel.rows_of(path, options)
    if format_ == "csv":
        sql = child_csv.plan(engine.reader, path, options, spare)
    else:
        sql = {"jsonl": child_jsonl.plan, "parquet": _plan_parquet}[format_](engine.reader, path, options)
    return engine.reader.execute(sql).to_arrow_reader(_rows_at_once(path, format_))


def _rows_at_once(path: str, format_: str) -> int:
    """How many rows make a batch, by the widest ones that a look at the file finds."""
    width = _width_of_parquet(path) if format_ == "parquet" else _width_of_text(path)
    return max(1, min(_MOST_ROWS, int(_BATCH_BYTES / max(width, 1))))


def _width_of_text(path: str) -> float:
    """Bytes of a line, where lines are longest of some places spread over the file."""
    size, widest = os.stat(path).st_size, 0.0  # noqa: PTH116 - one call on a path of /proc
    with open(path, "rb") as file:  # noqa: PTH123 - a path of /proc, resolved by the kernel
        for place in range(0, size, max(_LOOK, size // _LOOKS)):
            file.seek(place)
            piece = file.read(_LOOK)
            lines = max(piece.count(b"\n"), piece.count(b"\r"), 1)
            widest = max(widest, len(piece) / lines)
    return widest


def _width_of_parquet(path: str) -> float:
    with open(path, "rb") as file:  # noqa: PTH123 - a path of /proc, resolved by the kernel
        found = pq.read_metadata(file)
    groups = (found.row_group(number) for number in range(found.num_row_groups))
    return max((group.total_byte_size / max(1, group.num_rows) for group in groups), default=1)


def _send(reader: pa.RecordBatchReader, job: dict[str, Any], rows: int, *, empty: bool) -> dict[str, Any]:
    outcome = send(reader, rows, limit_rows=None, limit_bytes=job["limit_bytes"])
    if outcome.get("rows") == 0 and not empty:
        raise Refusal("no_rows")
    return outcome


def _explained(format_: str, path: str, options: dict[str, Any], origins: child_many.Origins | None) -> dict[str, Any]:
    """Why DuckDB could not read it: looked for again, line by line, since its own words hold values."""
    try:
        if format_ == "csv":
            child_csv.explain(path, options)
        elif format_ == "jsonl":
            child_jsonl.explain(path)
    except Refusal as refusal:
        return _told(refusal, origins)
    return Refusal("damaged", format=format_).said


def _plan_parquet(reader: duckdb.DuckDBPyConnection, path: str, options: dict[str, Any]) -> str:
    with open(path, "rb") as file:  # noqa: PTH123 - a path of /proc, resolved by the kernel
        if file.read(4) == b"PARE":
            raise Refusal("encrypted_parquet")
        file.seek(0)
        if file.read(4) != b"PAR1":
            raise Refusal("not_parquet")
        file.seek(0)
        schema = pq.read_schema(file)
    if "columns" in options:
        return child_columns.query(path, schema, options["columns"])
    child_csv.check_names(schema.names, line=None)
    described = reader.execute(f"DESCRIBE FROM read_parquet({literal(path)})").fetchall()
    columns = (f"{_storable(name, kind)} AS {identifier(name)}" for name, kind, *_ in described)
    return f"SELECT {', '.join(columns)} FROM read_parquet({literal(path)})"


def _storable(name: str, kind: str) -> str:
    return f"{identifier(name)}::VARCHAR" if kind.startswith(("ENUM", "TIME_NS", "BIT")) else identifier(name)
