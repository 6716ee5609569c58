"""In the child: text as UTF-8. UTF-16 that says so by its first two bytes is rewritten, line for line."""

from __future__ import annotations

import codecs
from pathlib import Path

from foundation.lake.adapters.child_refusal import Refusal

_SIXTEEN = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_PIECE = 1 << 20


def as_utf8(path: str, folder: str) -> str:
    """The path of the text in UTF-8: the given one, or one in the folder. Refusal for what is other Unicode."""
    with open(path, "rb") as file:  # noqa: PTH123 - a path of /proc, resolved by the kernel
        head = file.read(4)
        if head in (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE):
            raise Refusal("encoding", line=1, guess="UTF-32")
        if head[:2] not in _SIXTEEN:
            if _looks_sixteen(head):
                raise Refusal("encoding_no_mark", line=1)
            return path
        file.seek(0)
        target, decoder, line = Path(folder) / "text", codecs.getincrementaldecoder("utf-16")("strict"), 1
        with target.open("w", encoding="utf-8", newline="") as written:
            try:
                while piece := file.read(_PIECE):
                    text = decoder.decode(piece)
                    line += text.count("\n")
                    written.write(text)
                written.write(decoder.decode(b"", final=True))
            except UnicodeError as error:
                raise Refusal("encoding_sixteen", line=line) from error
    return str(target)


def with_one_end(path: str, spare: str) -> bool:
    r"""Whether lines end in several ways; then `spare` is the same text with \n alone, inside quotes too."""
    if len(_ends_of(path)) < 2:
        return False
    with open(path, "rb") as file, open(spare, "wb") as written:  # noqa: PTH123 - paths of /proc
        held = b""
        while piece := file.read(_PIECE):
            # The two bytes of one end may lie in two pieces.
            piece = held + piece
            held = b"\r" if piece.endswith(b"\r") else b""
            whole = piece[: len(piece) - len(held)]
            written.write(whole.replace(b"\r\n", b"\n").replace(b"\r", b"\n"))
        written.write(b"\n" if held else b"")
    return True


def _ends_of(path: str) -> set[bytes]:
    found: set[bytes] = set()
    with open(path, "rb") as file:  # noqa: PTH123 - a path of /proc, resolved by the kernel
        while piece := file.read(_PIECE):
            piece += file.read(1) if piece.endswith(b"\r") else b""
            both, feeds, returns = piece.count(b"\r\n"), piece.count(b"\n"), piece.count(b"\r")
            found |= {end for end, count in ((b"\r\n", both), (b"\n", feeds - both), (b"\r", returns - both)) if count}
    return found


def _looks_sixteen(head: bytes) -> bool:
    """Letters of ASCII with a zero byte before or after each."""
    return len(head) == 4 and (head[::2] == b"\0\0") != (head[1::2] == b"\0\0")
