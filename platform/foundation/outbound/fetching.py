"""A file from the world outside onto this machine: streamed, and gone on with where the line broke."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from foundation.outbound import reading
from foundation.outbound.errors import AnswerTooLarge, Unreachable
from foundation.outbound.sending import Limits, Streamed, streamed
from foundation.outbound.wire import Deadline
from foundation.words import kept as _

log = logging.getLogger("sanad.outbound")
ATTEMPTS = 6
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
_WHOLE, _PART, _NO_SUCH_RANGE, _FAULT = 200, 206, 416, 500


@dataclass(frozen=True)
class Fetched:
    """What was answered; of a status other than 200 nothing was written. `bytes` are those in the file."""

    status: int
    headers: dict[str, str]
    bytes: int
    url: str


def fetch(
    url: str,
    path: Path,
    *,
    headers: Mapping[str, str],
    limits: Limits,
    look: Callable[[Mapping[str, str]], None],
    went_on: Callable[[], None],
) -> Fetched:
    """Write what the address answers to GET into a new file.

    `look` sees the headers of each whole answer before its first byte, `went_on` is called with every bit that was
    written, and both may raise. A broken line is taken up where
    it broke if the answer has a strong ETag and is the same still, else from the beginning; up to six times.
    Refused, Unreachable and AnswerTooLarge as for `send`; OSError: the file could not be written.
    """
    deadline = Deadline(limits.total_s)
    with path.open("xb") as file:
        taking = _Taking(file, look, went_on, limits)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with streamed("GET", url, {**headers, **taking.asks}, limits, deadline) as got:
                    if (status := taking.take(got)) is not None:
                        return Fetched(status, got.headers, taking.have, got.url)
            except AnswerTooLarge:
                raise
            except Unreachable as error:
                if attempt == ATTEMPTS:
                    raise
                deadline.left()
                log.info("The line broke after %d bytes: %s", taking.have, error)
    raise Unreachable(_("No whole answer came in time."))


class _Taking:
    """The file so far, and what proves that its rest belongs to it."""

    def __init__(
        self,
        file: BinaryIO,
        look: Callable[[Mapping[str, str]], None],
        went_on: Callable[[], None],
        limits: Limits,
    ) -> None:
        self.have, self._tag = 0, ""
        self._file, self._look, self._went_on, self._limits = file, look, went_on, limits

    @property
    def asks(self) -> dict[str, str]:
        return {"Range": f"bytes={self.have}-", "If-Range": self._tag} if self.have and self._tag else {}

    def take(self, got: Streamed) -> int | None:
        """The status where all has been said; None where it has to be asked for once more, from the beginning."""
        if got.status == _PART and self.asks:
            if not self._goes_on(got.headers):
                self._tag = ""
                return None
        elif got.status == _WHOLE:
            self._look(got.headers)
            self._begin(got.headers)
        elif self.have and (got.status == _NO_SUCH_RANGE or got.status >= _FAULT):
            self._tag = "" if got.status == _NO_SUCH_RANGE else self._tag
            return None
        else:
            return got.status
        self._write(reading.plain(got.pieces, got.headers))
        return _WHOLE

    def _goes_on(self, headers: Mapping[str, str]) -> bool:
        said = _RANGE.fullmatch(headers.get("content-range", ""))
        return said is not None and int(said[1]) == self.have and headers.get("etag", self._tag) == self._tag

    def _begin(self, headers: Mapping[str, str]) -> None:
        self._file.seek(0)
        self._file.truncate()
        tag, packed = headers.get("etag", ""), reading.coding_of(headers)
        self.have, self._tag = 0, tag if tag.startswith('"') and not packed else ""

    def _write(self, pieces: Iterable[bytes]) -> None:
        for piece in pieces:
            room = self._limits.most_bytes - self.have
            if len(piece) > room:
                if not self._limits.cut:
                    raise AnswerTooLarge(
                        _("The answer is longer than %(most)s bytes.") % {"most": self._limits.most_bytes}
                    )
                piece = piece[:room]
            self._file.write(piece)
            self.have += len(piece)
            self._went_on()
            if self._limits.cut and self.have == self._limits.most_bytes:
                break
        self._file.flush()
