"""The digest as it was before (“sanad table 1”): versions that were committed then carry it, and are held to it.

Every row is written out without ambiguity (each value as its length and its text, or as missing) and hashed with
SHA-256; the row hashes, sorted, are hashed after the columns. Tables of the same digest have the same rows, as often.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from duckdb import DuckDBPyConnection

from foundation.lake.adapters.sessions import name
from foundation.lake.ports import Column

_FORM = b"sanad table 1\n"
_NESTED = ("STRUCT", "MAP", "UNION", "JSON")


def digest_of(connection: DuckDBPyConnection, relation: str, columns: Sequence[Column]) -> str:
    """64 hexadecimal digits; sorting spills to encrypted files where memory is short."""
    written = ", ".join(_written(column) for column in columns)
    digest = hashlib.sha256(_FORM)
    digest.update(json.dumps([[column.name, column.type] for column in columns], ensure_ascii=False).encode() + b"\n")
    rows = connection.execute(f"SELECT unhex(sha256(concat({written}))) AS row FROM {relation} ORDER BY row")
    for batch in rows.to_arrow_reader(200_000):
        column = batch.column(0)
        # Arrow keeps the 32 bytes of each row one after the other.
        ends = memoryview(column.buffers()[1]).cast("i")
        digest.update(memoryview(column.buffers()[2])[ends[column.offset] : ends[column.offset + len(column)]])
    return digest.hexdigest()


def _written(column: Column) -> str:
    value = name(column.name)
    text = f"{value}::VARCHAR"
    if column.type == "BLOB":
        text = f"hex({value})"
    elif column.type.startswith(_NESTED) or column.type.endswith("]"):
        text = f"to_json({value})::VARCHAR"
    return f"CASE WHEN {value} IS NULL THEN '-' ELSE concat(strlen({text}), ':', {text}) END"
