"""In the child: a data file of somebody's table, whose log says which of the file's columns is which of the table's.

Each column is {"name", "type" (SQL, or None: as it is)} and where it lies: `source` (the name in the file), or `id` (of
Parquet's fields) with `names` for files that have no ids. `constant` stands for the whole file (None: no value), and
`otherwise` where the file lacks the column. `nested`: the names that the parts of the column have now, by id.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from foundation.lake.adapters.child_refusal import Refusal
from foundation.quoting import identifier, literal

_ID = b"PARQUET:field_id"


def query(path: str, schema: pa.Schema, columns: Sequence[Mapping[str, Any]]) -> str:
    """The query whose rows are the file's, in their order, in the table's columns."""
    ids = {number: field for field in schema if (number := _id_of(field)) is not None}
    parts = [f"{_value(column, schema, ids)} AS {identifier(column['name'])}" for column in columns]
    return f"SELECT {', '.join(parts)} FROM read_parquet({literal(path)})"


def _value(column: Mapping[str, Any], schema: pa.Schema, ids: Mapping[int, pa.Field]) -> str:
    kind = column.get("type")
    if "constant" in column:
        return _cast("NULL" if column["constant"] is None else literal(column["constant"]), kind)
    found = _found(column, schema, ids)
    if found is not None:
        _check_nested(column, found)
        return _cast(identifier(found.name), kind)
    return _cast(literal(column["otherwise"]) if "otherwise" in column else "NULL", kind)


def _cast(value: str, kind: str | None) -> str:
    return f"CAST({value} AS {kind})" if kind else value


def _found(column: Mapping[str, Any], schema: pa.Schema, ids: Mapping[int, pa.Field]) -> pa.Field | None:
    if "id" in column and ids:
        return ids.get(column["id"])
    names = [column["source"]] if "source" in column else column.get("names", ())
    if "id" in column and not names:
        # Read by the name of today it might be another column.
        raise Refusal("no_field_ids", column=column["name"])
    return next((schema.field(name) for name in names if schema.get_field_index(name) >= 0), None)


def _check_nested(column: Mapping[str, Any], found: pa.Field) -> None:
    """Parts that were renamed since would come out empty."""
    for part in _parts(found.type):
        number = _id_of(part)
        now = column.get("nested", {}).get(str(number))
        if now is not None and now != part.name:
            raise Refusal("nested_rename", column=column["name"], part=now)


def _parts(kind: pa.DataType) -> Iterator[pa.Field]:
    if pa.types.is_struct(kind):
        for part in kind:
            yield part
            yield from _parts(part.type)
    elif pa.types.is_map(kind):
        yield from _parts(kind.key_type)
        yield from _parts(kind.item_type)
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
        yield from _parts(kind.value_type)


def _id_of(field: pa.Field) -> int | None:
    said = (field.metadata or {}).get(_ID, b"")
    return int(said) if said.isdigit() else None
