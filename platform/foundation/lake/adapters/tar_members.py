"""The members of a tar, one header after the other: in little memory, however many there are.

`tarfile` of the standard library keeps every member, and reads a long name whole, though a header may say that it has
gigabytes. Format: POSIX.1-2017 pax, ustar, and GNU's long names and long sizes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

from foundation.lake.adapters.child_refusal import Refusal

BLOCK = 512
_LONGEST_NAME = 4096
_LONGEST_WORDS = 64 << 10  # of what a pax header says
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_MOST_DIGITS = 20  # of a length; Python takes no number of more than some thousands, and says so by an error
_FILES, _FOLDER, _LONG_NAME, _WORDS, _WORDS_FOR_ALL = (b"0", b"\0", b"7"), b"5", b"L", b"x", b"g"


@dataclass(frozen=True)
class Member:
    """A regular file: where its header begins, where its bytes do, and where the next header is."""

    name: str
    start: int
    offset: int
    size: int

    @property
    def end(self) -> int:
        return self.offset + -(-self.size // BLOCK) * BLOCK


def members(file: BinaryIO, start: int = 0, until: int | None = None) -> Iterator[Member]:
    """The regular files whose headers begin from `start` on and before `until`; Refusal for what no folder holds."""
    length = file.seek(0, 2)
    at, begins, words = start, start, dict[str, str]()
    while at < until if until is not None else True:
        # Where a tar was cut off between two files, the blocks that end it are missing.
        header = _read(file, at, BLOCK)
        if not header.strip(b"\0"):
            return
        _check_sum(header)
        kind, size = header[156:157], _number(header[124:136])
        at += BLOCK
        if kind in (_LONG_NAME, _WORDS, _WORDS_FOR_ALL):
            words |= _said(kind, file, at, size)
            at += -(-size // BLOCK) * BLOCK
            continue
        name = words.get("path") or _name(header)
        size = _digits(words["size"].encode()) if "size" in words else size
        member = Member(_checked(name, kind), begins, at, size)
        if kind in _FILES:
            if member.offset + size > length:
                raise Refusal("damaged", format="tar")
            yield member
            at = member.end
        begins, words = at, {}


def name_at(file: BinaryIO, start: int) -> str:
    """What the member is called whose header begins there."""
    return next(members(file, start)).name


def is_hidden(name: str) -> bool:
    """Whether it is a file that systems put beside one's own."""
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)


def _said(kind: bytes, file: BinaryIO, at: int, size: int) -> dict[str, str]:
    if size > (_LONGEST_NAME if kind == _LONG_NAME else _LONGEST_WORDS):
        raise Refusal("damaged", format="tar")
    data = _read(file, at, size)
    if kind == _LONG_NAME:
        return {"path": _text(data.rstrip(b"\0"))}
    if kind == _WORDS_FOR_ALL:
        return {}
    return dict(_pairs(data))


def _pairs(data: bytes) -> Iterator[tuple[str, str]]:
    r"""The `<length> <word>=<value>\n` of a pax header."""
    while data:
        length, _space, _rest = data.partition(b" ")
        whole = _digits(length)
        if not len(length) + 2 < whole <= len(data):
            raise Refusal("damaged", format="tar")
        word, _equals, value = data[len(length) + 1 : whole - 1].partition(b"=")
        yield _text(word), _text(value)
        data = data[whole:]


def _digits(said: bytes) -> int:
    if not said.isdigit() or len(said) > _MOST_DIGITS:
        raise Refusal("damaged", format="tar")
    return int(said)


def _read(file: BinaryIO, at: int, size: int) -> bytes:
    file.seek(at)
    data = file.read(size)
    if len(data) != size:
        raise Refusal("damaged", format="tar")
    return data


def _check_sum(header: bytes) -> None:
    if _number(header[148:156]) != sum(header) - sum(header[148:156]) + 8 * ord(" "):
        raise Refusal("damaged", format="tar")


def _number(field: bytes) -> int:
    if field[0] & 0x80:  # GNU: what octal digits have no room for, as bytes
        return int.from_bytes(field[1:], "big")
    try:
        return int(field.strip(b" \0") or b"0", 8)
    except ValueError as error:
        raise Refusal("damaged", format="tar") from error


def _name(header: bytes) -> str:
    name, prefix = header[:100].split(b"\0")[0], header[345:500].split(b"\0")[0]
    ustar = header[257:263] == b"ustar\0"
    return _text(prefix + b"/" + name if ustar and prefix else name)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _checked(name: str, kind: bytes) -> str:
    if _CONTROLS.search(name):
        # It is said in sentences, and PostgreSQL keeps no text with a zero byte.
        raise Refusal("member_name", name=_CONTROLS.sub("\N{REPLACEMENT CHARACTER}", name[:120]))
    plain = name.replace("\\", "/").removeprefix("./")
    parts = PurePosixPath(plain).parts
    if plain.startswith("/") or ".." in parts or ":" in plain.split("/")[0] or len(plain) > _LONGEST_NAME:
        raise Refusal("zip_path", name=name[:120])
    if kind not in (*_FILES, _FOLDER):
        raise Refusal("zip_link", name=name[:120])
    return plain
