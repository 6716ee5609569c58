"""The lake's types for Iceberg's."""

from __future__ import annotations

from typing import Any

from apps.connections.adapters.files import shown
from apps.connections.errors import SourceBroken
from foundation.words import kept as _

_TYPES = {
    "boolean": "BOOLEAN", "int": "INTEGER", "long": "BIGINT", "float": "FLOAT", "double": "DOUBLE", "date": "DATE",
    "time": "TIME", "timestamp": "TIMESTAMP", "timestamptz": "TIMESTAMP WITH TIME ZONE", "string": "VARCHAR",
    "timestamp_ns": "TIMESTAMP_NS", "uuid": "VARCHAR", "binary": "BLOB",
}  # fmt: skip


def sql_type(kind: Any, column: str) -> str:
    """SourceBroken names the column of a type that no dataset holds."""
    from pyiceberg.types import DecimalType, FixedType, ListType, MapType, StructType

    if isinstance(kind, ListType):
        return f"{sql_type(kind.element_type, column)}[]"
    if isinstance(kind, MapType):
        return f"MAP({sql_type(kind.key_type, column)}, {sql_type(kind.value_type, column)})"
    if isinstance(kind, StructType) and kind.fields:
        parts = (
            f'"{part.name.replace(chr(34), chr(34) * 2)}" {sql_type(part.field_type, column)}' for part in kind.fields
        )
        return f"STRUCT({', '.join(parts)})"
    if isinstance(kind, DecimalType):
        return f"DECIMAL({kind.precision},{kind.scale})"
    if isinstance(kind, FixedType):
        return "BLOB"
    if str(kind) in _TYPES:
        return _TYPES[str(kind)]
    sentence = _("The column “%(column)s” is of the type %(type)s, which no dataset holds.")
    raise SourceBroken(sentence % {"column": shown(column), "type": shown(str(kind))})


def nested_names(kind: Any) -> dict[str, str]:
    """The parts of a column by their ids, with the names that they have now."""
    from pyiceberg.types import ListType, MapType, StructType

    if isinstance(kind, StructType):
        found = {str(part.field_id): part.name for part in kind.fields}
        for part in kind.fields:
            found |= nested_names(part.field_type)
        return found
    if isinstance(kind, ListType):
        return nested_names(kind.element_type)
    if isinstance(kind, MapType):
        return nested_names(kind.key_type) | nested_names(kind.value_type)
    return {}
