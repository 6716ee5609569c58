"""Events in Avro, each the bare record, or after the five bytes that registries put before it."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

import fastavro
from django.utils.translation import gettext as _
from fastavro.schema import SchemaParseException

from apps.streams.choices import MOST_COLUMNS, ColumnType
from foundation.errors import Invalid

_HEAD = 5
_DEEPEST = 16
_LOGICAL = {
    "timestamp-millis": ColumnType.TIME,
    "timestamp-micros": ColumnType.TIME,
    "local-timestamp-millis": ColumnType.TIME,
    "local-timestamp-micros": ColumnType.TIME,
    "date": ColumnType.DAY,
    "uuid": ColumnType.TEXT,
}
_PLAIN = {
    "string": ColumnType.TEXT,
    "int": ColumnType.WHOLE,
    "long": ColumnType.WHOLE,
    "float": ColumnType.NUMBER,
    "double": ColumnType.NUMBER,
    "boolean": ColumnType.FLAG,
    "enum": ColumnType.TEXT,
}
# What an event could say there is a billion of in a few bytes.
_WITHOUT_SIZE = frozenset({"null"})


class AvroDecoder:
    def __init__(self, schema: bytes) -> None:
        try:
            said = json.loads(schema)
            self._check(said)
            self._schema: Any = fastavro.parse_schema(said)
        except Invalid:
            raise
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, SchemaParseException) as error:
            raise _wrong(_("This is no Avro schema in JSON.")) from error
        if not isinstance(self._schema, dict) or self._schema.get("type") != "record":
            raise _wrong(_("The schema of an event is a record."))
        self._fields = said["fields"]

    def decode(self, bodies: Sequence[bytes]) -> list[Any]:
        return [self._one(body) for body in bodies]

    def columns(self) -> list[dict[str, Any]]:
        return [_column(field) for field in self._fields]

    def _one(self, body: bytes) -> Any:
        """Bytes that are left over belong to another schema."""
        for start in (_HEAD, 0) if body[:1] == b"\0" else (0,):
            stream = io.BytesIO(body)
            stream.seek(start)
            try:
                found = fastavro.schemaless_reader(stream, self._schema, None)
            except Exception:  # noqa: BLE001, S112 - a stranger's bytes, and the library raises what it comes upon
                continue
            if stream.tell() == len(body):
                return found
        return None

    def _check(self, said: Any, depth: int = 0) -> int:
        """How many bytes a value has at least; Invalid where bytes could unfold without end."""
        if depth > _DEEPEST:
            raise _wrong(_("The schema is nested deeper than %(most)d levels.") % {"most": _DEEPEST})
        if isinstance(said, list):
            for one in said:
                self._check(one, depth + 1)
            return 1
        if not isinstance(said, Mapping):
            return self._least(str(said))
        kind = said["type"]
        if kind in ("record", "error"):
            if len(said["fields"]) > MOST_COLUMNS:
                raise _wrong(_("A record has at most %(most)d fields.") % {"most": MOST_COLUMNS})
            return sum(self._check(field["type"], depth + 1) for field in said["fields"])
        if kind in ("array", "map"):
            least = self._check(said["items" if kind == "array" else "values"], depth + 1)
            if kind == "array" and not least:
                raise _wrong(_("A list of values that take no room could be endless; leave it out of the schema."))
            return 1
        if kind == "fixed":
            return int(said["size"])
        return self._check(kind, depth + 1) if isinstance(kind, list | Mapping) else self._least(str(kind))

    def _least(self, kind: str) -> int:
        if kind in _WITHOUT_SIZE:
            return 0
        if kind in {*_PLAIN, "bytes"}:
            return 1
        # A name stands for a type that was written out before, or for the one that it stands in: that has no end.
        raise _wrong(_("The schema names “%(name)s”; write each type out where it is used.") % {"name": kind[:80]})


def _column(field: Mapping[str, Any]) -> dict[str, Any]:
    kind, required = field["type"], True
    if isinstance(kind, list):
        required = "null" not in kind
        others = [one for one in kind if one != "null"]
        kind = others[0] if len(others) == 1 else {"type": "union"}
    return {"name": field["name"], "type": _type_of(kind).value, "required": required}


def _type_of(kind: Any) -> ColumnType:
    if isinstance(kind, Mapping):
        if (logical := kind.get("logicalType")) in _LOGICAL:
            return _LOGICAL[logical]
        if "logicalType" in kind and kind["logicalType"] not in _LOGICAL:
            return ColumnType.NESTED
        kind = kind["type"]
        return _type_of(kind) if isinstance(kind, Mapping) else _PLAIN.get(str(kind), ColumnType.NESTED)
    return _PLAIN.get(str(kind), ColumnType.NESTED)


def _wrong(sentence: str) -> Invalid:
    return Invalid(sentence, fields={"event_schema": [sentence]})
