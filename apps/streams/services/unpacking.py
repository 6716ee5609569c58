"""From the body of a request to events: an array or lines, also packed with gzip, in bounded memory."""

from __future__ import annotations

import base64
import binascii
import io
import zlib
from typing import Any

import orjson
from django.utils.translation import gettext as _

from apps.streams.choices import MOST_PUSHED, MOST_PUSHED_BYTES, EventFormat
from apps.streams.errors import TooLarge
from foundation.errors import Invalid


def events_in(body: bytes, *, format: str, packed: bool) -> list[bytes]:
    """The events of a request: a JSON array, or one in each line. Of Avro and Protobuf each is text in base64."""
    if len(body) > MOST_PUSHED_BYTES:
        raise _too_large()
    plain = _unpacked(body) if packed else body
    bodies = _of_array(plain) if plain.lstrip()[:1] == b"[" else _of_lines(plain)
    return bodies if format == EventFormat.JSON else [_of_text(body) for body in bodies]


def _unpacked(body: bytes) -> bytes:
    """A few bytes can hold gigabytes: no more is unpacked than is taken."""
    unpacking = zlib.decompressobj(wbits=31)
    try:
        plain = unpacking.decompress(body, MOST_PUSHED_BYTES + 1)
    except zlib.error as error:
        raise Invalid(_("The body is said to be gzip, and is not.")) from error
    if len(plain) > MOST_PUSHED_BYTES:
        raise _too_large()
    if not unpacking.eof:
        raise Invalid(_("The body breaks off: it is not all of a gzip."))
    return plain


def _of_array(plain: bytes) -> list[bytes]:
    try:
        found: Any = orjson.loads(plain)
    except orjson.JSONDecodeError as error:
        where = {"line": error.lineno, "column": error.colno}
        raise Invalid(_("This is no JSON array: line %(line)d, column %(column)d.") % where) from error
    _check_count(len(found))
    return [_dumped(one) for one in found]


def _dumped(event: Any) -> bytes:
    """What is nested deeper than can be written out is no event, which its index will say."""
    try:
        return orjson.dumps(event)
    except orjson.JSONEncodeError:
        return b""


def _of_lines(plain: bytes) -> list[bytes]:
    """One after the other: a small body can hold millions."""
    found: list[bytes] = []
    for line in io.BytesIO(plain):
        if event := line.strip():
            found.append(event)
            _check_count(len(found))
    return found


def _check_count(count: int) -> None:
    if count > MOST_PUSHED:
        sentence = _("One request holds %(most)s events at most; send the rest in another one.")
        raise TooLarge(sentence % {"most": f"{MOST_PUSHED:,}"})


def _of_text(body: bytes) -> bytes:
    """Not base64: no event in the stream's format either, which its index will say."""
    try:
        return base64.b64decode(body.strip(b'"'), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _too_large() -> TooLarge:
    sentence = _("One request holds %(most)d MB at most, also once it is unpacked; send the events in several.")
    return TooLarge(sentence % {"most": MOST_PUSHED_BYTES >> 20})
