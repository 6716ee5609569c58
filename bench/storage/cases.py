"""The area `storage`: an object of 1 GiB, written and read, sealed and not.

Real: the object store's files with their syncs, the seal with its chunks, the digest that every write takes. Left out
is how a tenant's key is found, which costs once an object and not by its size. The peer does the same without the seal:
on writing it takes the digest too, on reading it takes the bytes as they lie. Before each reading the file's pages are
given back to the kernel, so that both sides read from the disk; `encrypted read from memory` says how it is otherwise.
The limit of a write is one without a digest.
"""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from bench.rows import Row, machine

SIZE = 1 << 30
ROUNDS = 5
BAR = 0.6
_PIECE = 1 << 20
_KEY, _IDENTITY = bytes(range(32)), b"tenant/object"


def measure() -> list[Row]:
    from foundation.storage.adapters.file import FileObjectStore

    seen = machine()
    with tempfile.TemporaryDirectory(prefix="sanad-bench-", dir="/tmp") as name:
        stage = _Stage(FileObjectStore(Path(name) / "objects"), Path(name) / "source")
        print("storage: an object of 1 GiB, several times", flush=True)
        times: dict[str, list[float]] = {}
        for _ in range(ROUNDS):
            # One after the other in each round, so that whatever else the machine does meets all of them.
            for case, act in stage.cases():
                times.setdefault(case, []).append(act())
    return [
        _row("encrypted write 1 GiB", times, ("sealed write", "plain write", "bare write"), seen, bar=BAR),
        _row("encrypted read 1 GiB", times, ("sealed read", "plain read", "plain read"), seen, bar=BAR),
        _row(
            "encrypted read from memory 1 GiB",
            times,
            ("sealed read, memory", "plain read, memory", "plain read, memory"),
            seen,
        ),
    ]


class _Stage:
    """A source of random bytes, and the object beside its plain twin."""

    def __init__(self, store: object, source: Path) -> None:
        self._store, self._source = store, source
        block = os.urandom(1 << 24)
        with source.open("wb") as file:
            for _ in range(SIZE // len(block)):
                file.write(block)

    def cases(self) -> list[tuple[str, Callable[[], float]]]:
        return [
            ("bare write", lambda: self._write("t/bare", _pieces)),
            ("plain write", lambda: self._write("t/plain", _digested)),
            ("sealed write", lambda: self._write("t/sealed", _sealed)),
            ("plain read", lambda: self._read("t/plain", lambda stream: stream, cold=True)),
            ("sealed read", lambda: self._read("t/sealed", _opened, cold=True)),
            ("plain read, memory", lambda: self._read("t/plain", lambda stream: stream, cold=False)),
            ("sealed read, memory", lambda: self._read("t/sealed", _opened, cold=False)),
        ]

    def _write(self, path: str, form: Callable[[BinaryIO], Iterator[bytes]]) -> float:
        with self._source.open("rb") as source:
            _drain(source)  # the source lies in memory: what is measured is the writing
            source.seek(0)
            began = time.perf_counter()
            self._store.write(path, form(source))  # type: ignore[attr-defined]
            return time.perf_counter() - began

    def _read(self, path: str, form: Callable[[BinaryIO], BinaryIO], *, cold: bool) -> float:
        with self._store.open(path) as sealed:  # type: ignore[attr-defined]
            if cold:
                os.posix_fadvise(sealed.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            else:
                _drain(sealed)
                sealed.seek(0)
            began = time.perf_counter()
            with form(sealed) as stream:
                count = _drain(stream)
            seconds = time.perf_counter() - began
        if count != SIZE:
            raise ValueError(f"{path} gave {count} bytes")
        return seconds


def _pieces(source: BinaryIO) -> Iterator[bytes]:
    while piece := source.read(_PIECE):
        yield piece


def _digested(source: BinaryIO) -> Iterator[bytes]:
    digest = hashlib.sha256()
    for piece in _pieces(source):
        digest.update(piece)
        yield piece


def _sealed(source: BinaryIO) -> Iterator[bytes]:
    from foundation.storage.envelope import Sealer

    return iter(Sealer(source, identity=_IDENTITY, tenant_key=_KEY, number=1))


def _opened(sealed: BinaryIO) -> BinaryIO:
    from foundation.storage.opening import SealedReader

    reader = SealedReader(sealed, identity=_IDENTITY, tenant_key=lambda _number: _KEY)
    return io.BufferedReader(reader, buffer_size=64 * 1024)


def _drain(stream: BinaryIO) -> int:
    count = 0
    while piece := stream.read(_PIECE):
        count += len(piece)
    return count


def _row(
    case: str,
    times: dict[str, list[float]],
    sides: tuple[str, str, str],
    seen: dict[str, object],
    bar: float | None = None,
) -> Row:
    ours, peer, limit = ([SIZE / 2**20 / seconds for seconds in times[side]] for side in sides)
    return Row.of_rates(
        "storage",
        case,
        "MiB/s",
        ours=ours,
        peer=peer,
        peer_name="the same without encryption",
        limit=limit,
        machine=seen,
        bar=bar,
    )
