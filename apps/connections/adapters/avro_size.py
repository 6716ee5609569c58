"""How large an Avro file is once it is unpacked, counted block by block before a library unpacks it whole.

Format: https://avro.apache.org/docs/1.12.0/specification/#object-container-files
"""

from __future__ import annotations

import json
import zlib

_MAGIC, _SYNC = b"Obj\1", 16
_PIECE = 1 << 20


def check_size(content: bytes, most: int) -> None:
    """ValueError where it unpacks to more than `most` bytes, in a way that is not known here, or is no Avro."""
    reader = _Reader(content)
    codec = reader.codec()
    size = 0
    while not reader.ended:
        reader.number()
        size += _unpacked(codec, reader.taken(reader.number()), most - size)
        if size > most:
            raise ValueError("the file unpacks to too much")
        reader.taken(_SYNC)


def _unpacked(codec: str, block: bytes, most: int) -> int:
    if codec == "null":
        return len(block)
    if codec == "deflate":
        unpacker, size = zlib.decompressobj(-15), 0
        while block and size <= most:
            size += len(unpacker.decompress(block, _PIECE))
            block = unpacker.unconsumed_tail
        return size
    if codec == "zstandard":
        import zstandard

        size = 0
        with zstandard.ZstdDecompressor().stream_reader(block) as unpacked:
            while size <= most and (piece := unpacked.read(_PIECE)):
                size += len(piece)
        return size
    raise ValueError("a codec that is not known here")


class _Reader:
    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    @property
    def ended(self) -> bool:
        return self._at >= len(self._content)

    def codec(self) -> str:
        if self.taken(4) != _MAGIC:
            raise ValueError("no Avro")
        found = "null"
        while count := self.number():
            if count < 0:
                self.number()
            for _entry in range(abs(count)):
                name, value = self.taken(self.number()), self.taken(self.number())
                if name == b"avro.codec":
                    found = value.decode()
                elif name == b"avro.schema":
                    json.loads(value)
        self.taken(_SYNC)
        return found

    def number(self) -> int:
        """A zigzag number of at most ten bytes."""
        found = 0
        for place in range(10):
            [byte] = self.taken(1)
            found |= (byte & 0x7F) << 7 * place
            if byte < 0x80:
                return (found >> 1) ^ -(found & 1)
        raise ValueError("a number without an end")

    def taken(self, size: int) -> bytes:
        if not 0 <= size <= len(self._content) - self._at:
            raise ValueError("it ends too early")
        self._at += size
        return self._content[self._at - size : self._at]
