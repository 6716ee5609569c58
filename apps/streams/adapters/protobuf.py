"""Events in Protobuf, read by a FileDescriptorSet (`protoc --include_imports --descriptor_set_out`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, EncodeError

from apps.streams.choices import MOST_COLUMNS, ColumnType
from foundation.errors import Invalid

_TIMESTAMP = "google.protobuf.Timestamp"
_TYPES = {
    FieldDescriptor.CPPTYPE_STRING: ColumnType.TEXT,
    FieldDescriptor.CPPTYPE_ENUM: ColumnType.TEXT,
    FieldDescriptor.CPPTYPE_INT32: ColumnType.WHOLE,
    FieldDescriptor.CPPTYPE_INT64: ColumnType.WHOLE,
    FieldDescriptor.CPPTYPE_UINT32: ColumnType.WHOLE,
    FieldDescriptor.CPPTYPE_UINT64: ColumnType.WHOLE,
    FieldDescriptor.CPPTYPE_DOUBLE: ColumnType.NUMBER,
    FieldDescriptor.CPPTYPE_FLOAT: ColumnType.NUMBER,
    FieldDescriptor.CPPTYPE_BOOL: ColumnType.FLAG,
}


class ProtobufDecoder:
    """The library refuses what is nested deeper than 100 levels; a message is as large as its bytes, about."""

    def __init__(self, schema: bytes, message: str) -> None:
        self._message = _message(schema, message)
        self._fields = list(self._message.DESCRIPTOR.fields)
        self._nests = any(_type_of(field) is ColumnType.NESTED for field in self._fields)
        if not 1 <= len(self._fields) <= MOST_COLUMNS:
            raise _wrong("message", _("A message has from 1 to %(most)d fields.") % {"most": MOST_COLUMNS})

    def decode(self, bodies: Sequence[bytes]) -> list[Any]:
        return [self._one(body) for body in bodies]

    def columns(self) -> list[dict[str, Any]]:
        return [{"name": one.name, "type": _type_of(one).value, "required": False} for one in self._fields]

    def _one(self, body: bytes) -> Any:
        try:
            event = self._message()
            event.ParseFromString(body)
            nested = json_format.MessageToDict(event, preserving_proto_field_name=True) if self._nests else {}
            return {field.name: _value(event, field, nested) for field in self._fields}
        except (DecodeError, EncodeError, ValueError, TypeError, OverflowError, RecursionError, json_format.Error):
            return None


def _message(schema: bytes, message: str) -> Any:
    try:
        files = descriptor_pb2.FileDescriptorSet.FromString(schema)
        pool = descriptor_pool.DescriptorPool()
        for file in files.file:
            pool.Add(file)  # in the order of protoc: imports first
        found = pool.FindMessageTypeByName(message.strip())
    except KeyError as error:
        sentence = _("There is no message “%(name)s” in the schema; write its package too, like “shop.Click”.")
        raise _wrong("message", sentence % {"name": message[:200]}) from error
    except (DecodeError, TypeError, ValueError, RecursionError) as error:
        sentence = _("This is no FileDescriptorSet. Make it with: protoc --include_imports --descriptor_set_out=FILE")
        raise _wrong("event_schema", sentence) from error
    return message_factory.GetMessageClass(found)


def _type_of(field: Any) -> ColumnType:
    if field.is_repeated:
        return ColumnType.NESTED
    if field.message_type is not None:
        return ColumnType.TIME if field.message_type.full_name == _TIMESTAMP else ColumnType.NESTED
    if field.type == FieldDescriptor.TYPE_BYTES:
        return ColumnType.NESTED
    return _TYPES[field.cpp_type]


def _value(event: Any, field: Any, nested: Mapping[str, Any]) -> Any:
    if field.has_presence and not event.HasField(field.name):
        return None
    value = getattr(event, field.name)
    if field.message_type is not None and field.message_type.full_name == _TIMESTAMP and not field.is_repeated:
        return value.ToDatetime()
    if field.is_repeated or field.message_type is not None:
        return nested.get(field.name, [] if field.is_repeated else None)
    if field.enum_type is not None:
        known = field.enum_type.values_by_number.get(value)
        return known.name if known else str(value)
    return value


def _wrong(field: str, sentence: str) -> Invalid:
    return Invalid(sentence, fields={field: [sentence]})
