"""One file per format, imported when it is first wanted."""

from __future__ import annotations

from apps.streams.ports import Decoder


def decoder_of(format: str, schema: bytes, message: str) -> Decoder:
    """What reads events of a format; Invalid names what is wrong with the schema."""
    if format == "avro":
        from apps.streams.adapters.avro import AvroDecoder

        return AvroDecoder(schema)
    if format == "protobuf":
        from apps.streams.adapters.protobuf import ProtobufDecoder

        return ProtobufDecoder(schema, message)
    from apps.streams.adapters.json_events import JsonDecoder

    return JsonDecoder()
