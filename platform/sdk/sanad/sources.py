"""What is sent in pieces: a file, or a folder as one tar that is never written anywhere.

A folder of a hundred thousand small files would be as many requests. As a tar it is one upload of a length known
beforehand, whose bytes are the same each time they are asked for, from wherever somebody wants to go on.
"""

from __future__ import annotations

import hashlib
import os
import tarfile
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Protocol

# What the portal reads rows from.
ENDINGS = (
    *(".csv", ".tsv", ".txt", ".parquet", ".pq", ".jsonl", ".ndjson", ".arrow", ".arrows", ".feather", ".ipc"),
    *(".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"),
)
_BLOCK = 512
_PIECE = 1 << 20


class Source(Protocol):
    """Bytes that are sent in pieces: a name, how many they are, and those from somewhere on."""

    name: str
    size: int

    def read(self, offset: int, length: int) -> bytes:
        """So many bytes from `offset` on, fewer at the end."""

    def done(self, offset: int) -> tuple[int, ...]:
        """How far that is: bytes and all bytes; of a folder also its files and all files."""


class WholeFile:
    """One file."""

    def __init__(self, path: Path) -> None:
        self._path, self.name = path, path.name
        self.size = path.stat().st_size

    def read(self, offset: int, length: int) -> bytes:
        with self._path.open("rb") as file:
            file.seek(offset)
            return file.read(length)

    def done(self, offset: int) -> tuple[int, ...]:
        return offset, self.size


class Folder:
    """The tables in a folder and the folders below it, in the order of their names, as one tar.

    `left_out` are the files that no rows come from, by their names; hidden ones are not counted among them. ValueError
    where there is none to send, where one is not what it was when the folder was looked through, or where one is a link
    to a file outside of the folder: that is sent with `follow_links` alone. Folders that are links are left out.
    """

    def __init__(self, path: str | Path, *, pattern: str = "", follow_links: bool = False) -> None:
        self._root = Path(path)
        self._inside = None if follow_links else self._root.resolve()
        self.name = f"{self._root.resolve().name or 'folder'}.tar"
        self.left_out: list[str] = []
        self._names = sorted(self._chosen(pattern), key=lambda name: os.fsencode(name))
        if not self._names:
            raise ValueError(f"There is no file in {path} that can become rows: they end in {', '.join(ENDINGS)}.")
        # A hundred thousand files are a few megabytes here.
        self._sizes, self._begins = array("Q"), array("Q")
        at = 0
        for name in self._names:
            size = (self._root / name).stat().st_size
            self._begins.append(at)
            self._sizes.append(size)
            at += len(_header(name, size)) + _padded(size)
        self.size = at + 2 * _BLOCK

    @property
    def files(self) -> int:
        return len(self._names)

    def read(self, offset: int, length: int) -> bytes:
        pieces, end = list[bytes](), min(offset + length, self.size)
        while offset < end:
            piece = self._from(offset, end - offset)
            pieces.append(piece)
            offset += len(piece)
        return b"".join(pieces)

    def done(self, offset: int) -> tuple[int, ...]:
        files = self.files if offset >= self.size else max(0, bisect_right(self._begins, offset) - 1)
        return offset, self.size, files, self.files

    def _from(self, offset: int, length: int) -> bytes:
        """Some of the bytes from `offset` on, of one file at most."""
        at = bisect_right(self._begins, offset) - 1
        name, size = self._names[at], self._sizes[at]
        header, within = _header(name, size), offset - self._begins[at]
        if within < len(header):
            return header[within : within + length]
        within -= len(header)
        if within < size:
            return self._part(name, size, within, min(length, size - within))
        # What fills its last block, or ends the tar.
        rest = (self._begins[at + 1] if at + 1 < self.files else self.size) - offset
        return bytes(min(length, rest))

    def _part(self, name: str, size: int, within: int, length: int) -> bytes:
        with (self._root / name).open("rb") as file:
            file.seek(within)
            data = file.read(length)
            if len(data) < length or os.fstat(file.fileno()).st_size != size:
                raise ValueError(f"{self._root / name} was changed while it was sent. Send the folder again.")
        return data

    def _chosen(self, pattern: str) -> Iterator[str]:
        for folder, below, files in os.walk(self._root, onerror=_unreadable):
            below[:] = [name for name in below if not _hidden(name)]
            inner = Path(folder).relative_to(self._root)
            self.left_out += [f"{(inner / name).as_posix()}/" for name in below if (Path(folder) / name).is_symlink()]
            for name in (one for one in files if not _hidden(one)):
                path = (inner / name).as_posix()
                if pattern and not PurePosixPath(path).match(pattern):
                    continue
                if name.lower().removesuffix(".gz").endswith(ENDINGS) and (Path(folder) / name).is_file():
                    self._check_inside(Path(folder) / name)
                    yield path
                else:
                    self.left_out.append(path)

    def _check_inside(self, path: Path) -> None:
        if self._inside is not None and not (whole := path.resolve()).is_relative_to(self._inside):
            raise ValueError(
                f"{path} is a link to {whole}, outside of the folder. Copy the file there, or say that links are to be "
                "followed (follow_links=True, --follow-links)."
            )


def source_of(path: str | Path | Folder) -> WholeFile | Folder:
    """What lies there, to be sent."""
    if isinstance(path, Folder):
        return path
    return Folder(path) if Path(path).is_dir() else WholeFile(Path(path))


def digest_of(source: Source) -> str:
    """SHA-256 over all bytes."""
    digest, offset = hashlib.sha256(), 0
    while piece := source.read(offset, 8 * _PIECE):
        digest.update(piece)
        offset += len(piece)
    return digest.hexdigest()


def _header(name: str, size: int) -> bytes:
    """As GNU tar writes it, without owner and time: the same files are the same bytes on every machine."""
    info = tarfile.TarInfo(name)
    info.size = size
    return info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")


def _padded(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK


def _hidden(name: str) -> bool:
    return name.startswith((".", "__MACOSX"))


def _unreadable(error: OSError) -> None:
    raise error
