"""An answer's body, unpacked as it comes and never beyond its limit: a few packed bytes can stand for gigabytes."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping

from foundation.outbound.errors import AnswerTooLarge, Unreachable
from foundation.words import kept as _

_PIECE = 64 * 1024
# zlib's window: with a gzip head, and with either head or none.
_WINDOWS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


def body(pieces: Iterable[bytes], headers: Mapping[str, str], *, most: int, cut: bool) -> tuple[bytes, bool]:
    """(the body, whether it was cut). Plain bytes are asked for; packed ones are understood all the same."""
    found = bytearray()
    for piece in plain(pieces, headers):
        found += piece
        if len(found) > most:
            if cut:
                return bytes(found[:most]), True
            raise AnswerTooLarge(_("The answer is longer than %(most)s bytes.") % {"most": most})
    return bytes(found), False


def coding_of(headers: Mapping[str, str]) -> str:
    """How the answer is packed; empty where it is not."""
    return headers.get("content-encoding", "identity").strip().lower().removeprefix("identity")


def plain(pieces: Iterable[bytes], headers: Mapping[str, str]) -> Iterable[bytes]:
    """The pieces as they are, or unpacked."""
    coding = coding_of(headers)
    return _unpacked(pieces, coding) if coding else pieces


def _unpacked(pieces: Iterable[bytes], coding: str) -> Iterator[bytes]:
    if coding not in _WINDOWS:
        raise Unreachable(_("The answer is packed as “%(coding)s”, which was not asked for.") % {"coding": coding[:40]})
    unpacker = zlib.decompressobj(_WINDOWS[coding])
    try:
        for piece in pieces:
            while piece:
                yield unpacker.decompress(piece, _PIECE)
                piece = unpacker.unconsumed_tail
        yield unpacker.flush()
    except zlib.error as error:
        raise Unreachable(_("The answer is damaged: it could not be unpacked.")) from error
