"""In the child: whether a file is text, and in which encoding it may be where it is not."""

from __future__ import annotations

import codecs
import unicodedata

from foundation.lake.adapters.child_refusal import Refusal

FIELD_LIMIT = 16 << 20  # bytes of a line, and of a value


def check_text(path: str) -> None:
    """UTF-8 in lines of bearable length, from the first byte to the last, or a refusal that says where not."""
    decoder, open_for = codecs.getincrementaldecoder("utf-8")("strict"), 0
    with open(path, "rb") as file:  # noqa: PTH123 - a path of /proc, resolved by the kernel
        while chunk := file.read(1 << 20):
            # Before anything asks for a line of it: one without an end would be taken into memory whole.
            end = b"\n" if b"\n" in chunk else b"\r"
            open_for = len(chunk) - last - 1 if (last := chunk.rfind(end)) >= 0 else open_for + len(chunk)
            if open_for > FIELD_LIMIT:
                line = _line_at(path, file.tell() - open_for)
                raise Refusal("long_line", line=line, megabytes=FIELD_LIMIT >> 20)
            # Most files are ASCII, and are through in a tenth of the time.
            if b"\0" in chunk or not (chunk.isascii() and not decoder.getstate()[0]):
                _check_signs(path, chunk, decoder, file.tell() - len(chunk))
        if decoder.getstate()[0]:
            raise Refusal("encoding", line=_line_at(path, file.tell()), guess="")


def _check_signs(path: str, chunk: bytes, decoder: codecs.IncrementalDecoder, begins: int) -> None:
    if b"\0" in chunk:
        raise Refusal("binary", line=_line_at(path, begins + chunk.index(b"\0")))
    held = decoder.getstate()[0]
    try:
        decoder.decode(chunk)
    except UnicodeDecodeError as error:
        place = max(0, error.start - len(held))
        guess = _guess(chunk[place : place + 400])
        raise Refusal("encoding", line=_line_at(path, begins + place), guess=guess) from None


def _line_at(path: str, place: int) -> int:
    """The line that a byte stands in."""
    line = 1
    with open(path, "rb") as file:  # noqa: PTH123 - a path of /proc, resolved by the kernel
        while place > 0 and (chunk := file.read(min(place, 1 << 20))):
            line, place = line + chunk.count(b"\n"), place - len(chunk)
    return line


def _guess(sample: bytes) -> str:
    """The likely encoding, told by how many letters of one script it gives; none where nothing fits."""
    scores = {}
    for name, script in (("windows-1256", "ARABIC"), ("windows-1252", "LATIN")):
        text = sample.decode(name, errors="replace")
        odd = [sign for sign in text if ord(sign) > 127]
        scores[name] = sum(unicodedata.name(sign, "").startswith(script) for sign in odd) / max(1, len(odd))
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] > 0.5 else ""
