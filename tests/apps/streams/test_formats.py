"""Avro and Protobuf: columns of the schema, events of others, and schemas whose bytes could unfold without end."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import fastavro
import pytest
from google.protobuf import descriptor_pb2, timestamp_pb2

from apps.connections.models import Connection
from apps.streams import services
from apps.streams.adapters import decoder_of
from foundation.clock import now
from foundation.errors import Invalid
from tests.contracts import broker_stages
from tests.support.source_servers import loopback_allowed

__all__ = ["loopback_allowed"]

AVRO = {
    "type": "record",
    "name": "Click",
    "fields": [
        {"name": "n", "type": "long"},
        {"name": "text", "type": ["null", "string"]},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "tags", "type": {"type": "array", "items": "string"}},
    ],
}
AT = datetime(2026, 3, 1, 10, tzinfo=UTC)


def avro(n):
    file = io.BytesIO()
    event = {"n": n, "text": None, "at": AT, "tags": ["a"]}
    fastavro.schemaless_writer(file, fastavro.parse_schema(AVRO), event)
    return file.getvalue()


def descriptors():
    """shop.Click and what it imports, as protoc writes them."""
    made, known = descriptor_pb2.FileDescriptorProto(), descriptor_pb2.FileDescriptorProto()
    timestamp_pb2.DESCRIPTOR.CopyToProto(known)
    made.name, made.package, made.syntax = "click.proto", "shop", "proto3"
    made.dependency.append(known.name)
    click = made.message_type.add(name="Click")
    click.field.add(name="n", number=1, type=3, label=1)
    click.field.add(name="tags", number=2, type=9, label=3)
    click.field.add(name="at", number=3, type=11, label=1, type_name=".google.protobuf.Timestamp")
    return descriptor_pb2.FileDescriptorSet(file=[known, made]).SerializeToString()


def test_avro_events_with_and_without_the_head_of_a_registry():
    decoder = decoder_of("avro", json.dumps(AVRO).encode(), "")
    types = [(one["name"], one["type"], one["required"]) for one in decoder.columns()]
    assert types == [("n", "whole", True), ("text", "text", False), ("at", "time", True), ("tags", "nested", True)]
    found = decoder.decode([avro(0), b"\0\0\0\0\1" + avro(7), avro(1) + b"x", b"", b"junk"])
    assert [one and one["n"] for one in found] == [0, 7, None, None, None]
    assert found[0]["at"] == AT


@pytest.mark.parametrize(
    "schema",
    [
        b"",
        b"{}",
        b'"string"',
        b"[" * 5000,
        b'{"type": "record", "name": "a", "fields": [{"name": "x", "type": {"type": "array", "items": "null"}}]}',
        b'{"type": "record", "name": "a", "fields": [{"name": "x", "type": ["null", "a"]}]}',
    ],
)
def test_avro_schemas_that_are_none_or_have_no_end(schema):
    with pytest.raises(Invalid):
        decoder_of("avro", schema, "")


def test_protobuf_events_by_their_descriptors():
    decoder = decoder_of("protobuf", descriptors(), "shop.Click")
    assert [(one["name"], one["type"]) for one in decoder.columns()] == [
        ("n", "whole"),
        ("tags", "nested"),
        ("at", "time"),
    ]
    event = decoder._message(n=3, tags=["a"])
    event.at.FromDatetime(AT)
    whole, empty, broken = decoder.decode([event.SerializeToString(), b"", b"\xff\xff"])
    assert (whole["n"], whole["tags"], whole["at"].replace(tzinfo=UTC)) == (3, ["a"], AT)
    assert (empty, broken) == ({"n": 0, "tags": [], "at": None}, None)
    for schema, message in ((b"\xff", "shop.Click"), (descriptors(), "shop.Other")):
        with pytest.raises(Invalid):
            decoder_of("protobuf", schema, message)


@pytest.mark.django_db
def test_avro_events_of_kafka_become_rows_from_both_partitions(
    loopback_allowed, scientist, dataset, project, drain, rows_of, aside_of
):
    stage = broker_stages.kafka_stage(broker_stages.kafka_cluster())
    connection = Connection.objects.create(
        tenant=project.tenant, project=project, name="Bus", kind="kafka", settings=stage.settings, created_at=now()
    )
    stage.put(*(avro(n) for n in range(6)), b"broken")
    stream = services.create_stream(
        actor=scientist,
        dataset=dataset,
        name="Bus",
        now=now(),
        connection_id=connection.pk,
        topic=stage.topic,
        format="avro",
        event_schema=json.dumps(AVRO).encode(),
        event_time="at",
    )
    reading = services.take(project.tenant, stream.pk)
    while len(rows_of(stream, "n") if reading._progress.rows else []) < 6:
        reading.turn()
    reading.release()
    stage.put(avro(6))
    for _turn in range(20):
        drain(stream)
        if stream.rows == 7:
            break
    assert sorted(rows_of(stream, "n")) == list(range(7))
    assert [rule for rule, *_rest in aside_of(stream)] == ["undecodable"]
