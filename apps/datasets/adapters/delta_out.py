"""A Delta Lake table of one version (https://github.com/delta-io/delta/blob/master/PROTOCOL.md)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import pyarrow as pa

from apps.datasets.adapters import table_parts

_NAMES: dict[pa.DataType, str] = {
    pa.int8(): "byte",
    pa.int16(): "short",
    pa.int32(): "integer",
    pa.int64(): "long",
    pa.float32(): "float",
    pa.float64(): "double",
    pa.bool_(): "boolean",
    pa.string(): "string",
    pa.binary(): "binary",
    pa.date32(): "date",
    pa.timestamp("us", "UTC"): "timestamp",
    pa.timestamp("us"): "timestamp_ntz",
}


def files(
    batches: Iterable[pa.RecordBatch], schema: pa.Schema, *, folder: str, table_id: UUID, made_at: datetime
) -> Iterator[tuple[str, Iterable[bytes]]]:
    """The table's files: the data, and the log with its version 0."""
    written = pa.schema([pa.field(c.name, table_parts.plain(c.type, small=True, clock=False)) for c in schema])
    at = int(made_at.timestamp() * 1000)
    actions = [
        {"commitInfo": {"timestamp": at, "operation": "WRITE", "engineInfo": "sanad"}},
        _protocol(written),
        {"metaData": {**_meta(written), "id": str(table_id), "createdTime": at}},
    ]
    for part in table_parts.parts_of(batches, written):
        yield f"{folder}/{part.name}", part.pieces
        add = {"path": part.name, "partitionValues": {}, "size": part.size, "modificationTime": at}
        actions.append({"add": {**add, "dataChange": True, "stats": json.dumps({"numRecords": part.rows})}})
    log = "\n".join(json.dumps(action, ensure_ascii=False) for action in actions)
    yield f"{folder}/_delta_log/{0:020d}.json", [log.encode() + b"\n"]


def _protocol(schema: pa.Schema) -> dict[str, Any]:
    """Times without a zone ask for a reader that knows them; without any every reader will do."""
    if not any(_has_local_times(one.type) for one in schema):
        return {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}
    features = ["timestampNtz"]
    said = {"minReaderVersion": 3, "minWriterVersion": 7}
    return {"protocol": {**said, "readerFeatures": features, "writerFeatures": features}}


def _has_local_times(kind: pa.DataType) -> bool:
    if pa.types.is_timestamp(kind):
        return kind.tz is None
    if pa.types.is_map(kind):
        return _has_local_times(kind.key_type) or _has_local_times(kind.item_type)
    if pa.types.is_struct(kind):
        return any(_has_local_times(part.type) for part in kind)
    return pa.types.is_list(kind) and _has_local_times(kind.value_type)


def _meta(schema: pa.Schema) -> dict[str, Any]:
    return {
        "format": {"provider": "parquet", "options": {}},
        "schemaString": json.dumps(_struct(schema), ensure_ascii=False),
        "partitionColumns": [],
        "configuration": {},
    }


def _struct(fields: Iterable[pa.Field]) -> dict[str, Any]:
    said = [{"name": one.name, "type": _type(one.type), "nullable": True, "metadata": {}} for one in fields]
    return {"type": "struct", "fields": said}


def _type(kind: pa.DataType) -> Any:
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if pa.types.is_list(kind):
        return {"type": "array", "elementType": _type(kind.value_type), "containsNull": True}
    if pa.types.is_map(kind):
        held = {"keyType": _type(kind.key_type), "valueType": _type(kind.item_type)}
        return {"type": "map", **held, "valueContainsNull": True}
    return _struct(kind) if pa.types.is_struct(kind) else _NAMES[kind]
