"""Every format of events keeps the port's promises, whatever bytes a stranger sends."""

from __future__ import annotations

import json
import random

import pytest

from apps.streams.adapters import decoder_of
from apps.streams.choices import ColumnType, EventFormat
from tests.apps.streams.test_formats import AVRO, avro, descriptors

# Bytes that are no event in any of them: cut off, of other formats, claims of a size that is not there.
ODD = (b"{", b"\xff" * 9, b"\0\0\0\0\1", b"[" * 100_000, b'{"n":' * 50_000, b"\x8a" * 64, b"\x12\xff\xff\xff\xff\x0f")


def of_json():
    return decoder_of(EventFormat.JSON, b"", ""), lambda n: json.dumps({"n": n, "tags": ["a"]}).encode()


def of_avro():
    return decoder_of(EventFormat.AVRO, json.dumps(AVRO).encode(), ""), avro


def of_protobuf():
    decoder = decoder_of(EventFormat.PROTOBUF, descriptors(), "shop.Click")
    return decoder, lambda n: decoder._message(n=n, tags=["a"]).SerializeToString()


FORMATS = {EventFormat.JSON: of_json, EventFormat.AVRO: of_avro, EventFormat.PROTOBUF: of_protobuf}


@pytest.fixture(params=EventFormat.values)
def made(request):
    """A decoder, and what writes the event of a number."""
    return FORMATS[request.param]()


def test_each_event_has_its_fields_in_its_place(made):
    decoder, write = made
    found = decoder.decode([write(n) for n in (7, 1, 5)])
    assert [(one["n"], one["tags"]) for one in found] == [(7, ["a"]), (1, ["a"]), (5, ["a"])]
    assert decoder.decode([]) == []


def test_what_cannot_be_decoded_keeps_its_place_and_spoils_no_other(made):
    decoder, write = made
    found = decoder.decode([write(1), *ODD, write(2)])
    assert len(found) == len(ODD) + 2
    assert (found[0]["n"], found[-1]["n"]) == (1, 2)
    assert not any(isinstance(one, dict) and "n" in one and one["n"] in (1, 2) for one in found[1:-1])


def test_no_bytes_make_it_raise_or_give_more_than_they_could_hold(made):
    decoder, write = made
    chance, event = random.Random(11), write(300)
    changed = []
    for _each in range(400):
        bent = bytearray(event)
        for _bit in range(chance.randrange(1, 4)):
            bent[chance.randrange(len(bent))] ^= 1 << chance.randrange(8)
        changed.append(bytes(bent[: chance.randrange(1, len(bent) + 1)]))
    found = decoder.decode(changed)
    assert len(found) == len(changed)
    assert all(len(repr(one)) < 2_000 for one in found)


def test_columns_are_declared_as_a_stream_takes_them(made):
    decoder, _write = made
    for column in decoder.columns() or ():
        assert set(column) == {"name", "type", "required"} and column["type"] in ColumnType.values
