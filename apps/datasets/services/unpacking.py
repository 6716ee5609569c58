"""An upload's bytes as one file that can be read as a table; archives are opened with suspicion."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from apps.datasets.choices import FORMAT_OF_ENDING, FileFormat
from apps.datasets.errors import FileRefused
from apps.datasets.models import Upload
from apps.datasets.services.uploads import read_chunks
from foundation import storage
from foundation.lake import Coming
from foundation.words import kept as _

# An honest CSV shrinks about tenfold, a column of one repeated value up to some hundred times.
MAX_RATIO = 200
MAX_UNPACKED_BYTES = 200 * 1024**3
_RATIO_APPLIES_FROM = 16 * 1024**2
_PIECE = 1024**2
# Below it, to begin anew where the first rows promised too much takes longer than to write the file first.
_PIECES_FROM = 32 * 1024**2
# Some hundred thousand files, which zipfile keeps at about ten times that size.
_LONGEST_LIST = 8 * 1024**2


@dataclass(frozen=True)
class SourceFile:
    """A file to read: where it lies, what kind it is, and the name its owner knows it by."""

    path: Path
    format: FileFormat
    name: str
    # Where it does not lie there yet.
    coming: Coming | None = None


@contextmanager
def unpacked(upload: Upload) -> Iterator[SourceFile]:
    """The upload as a file in a folder of its own that is gone afterwards; a long CSV as its bytes and a place."""
    with storage.scratch("ingest") as folder:
        whole = folder / "upload"
        if upload.size > _PIECES_FROM and _is_csv(upload.filename):
            coming = Coming(upload.size, partial(read_chunks, upload))
            yield replace(opened(whole, upload.filename, folder), coming=coming)
            return
        _write(read_chunks(upload), whole)
        yield opened(whole, upload.filename, folder)


def _is_csv(name: str) -> bool:
    return FORMAT_OF_ENDING.get(PurePosixPath(name.lower()).suffix) is FileFormat.CSV


def _write(pieces: Iterator[bytes], path: Path) -> None:
    """The next piece is opened and checked while one is written: both take about as long."""
    with path.open("wb") as file, ThreadPoolExecutor(1, thread_name_prefix="unpacking") as writer:
        written = None
        for piece in pieces:
            if written is not None:
                written.result()
            written = writer.submit(file.write, piece)
        if written is not None:
            written.result()


def opened(path: Path, name: str, folder: Path) -> SourceFile:
    """The table in a file, taken into the folder where it is packed; FileRefused where there is none."""
    ending = PurePosixPath(name.lower()).suffix
    if ending == ".zip":
        return _from_zip(path, name, folder)
    if ending == ".gz":
        return _from_gzip(path, name, folder)
    if ending not in FORMAT_OF_ENDING:
        raise FileRefused(_("“%(name)s” is not of a kind that can become a table.") % {"name": name})
    return SourceFile(path, FORMAT_OF_ENDING[ending], name)


def _from_zip(path: Path, name: str, folder: Path) -> SourceFile:
    try:
        with path.open("rb", buffering=0) as file, zipfile.ZipFile(_Listed(file, name)) as archive:
            entry = _only_table(archive, name)
            inner = f"{name} › {entry.filename}"
            _check_ratio(entry.file_size, entry.compress_size, inner)
            with archive.open(entry) as packed:
                _copy(packed, folder / "inner", inner, packed_size=path.stat().st_size)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error, EOFError) as error:
        raise FileRefused(
            _("“%(name)s” is not a zip that can be opened: it is damaged, encrypted or cut off.") % {"name": name}
        ) from error
    return SourceFile(folder / "inner", FORMAT_OF_ENDING[PurePosixPath(entry.filename.lower()).suffix], inner)


class _Listed(io.BufferedReader):
    """A zip whose list of what it holds, which `zipfile` reads at once and keeps, is not larger than memory bears."""

    def __init__(self, file: io.FileIO, name: str) -> None:
        super().__init__(file)
        self._called, self._size = name, os.fstat(file.fileno()).st_size

    def read(self, size: int | None = -1, /) -> bytes:
        wanted = self._size - self.tell() if size is None or size < 0 else size
        if wanted > _LONGEST_LIST:
            raise FileRefused(_("“%(name)s” holds too many files; put one table into it.") % {"name": self._called})
        return super().read(size)


def _only_table(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    for entry in archive.infolist():
        parts = PurePosixPath(entry.filename.replace("\\", "/")).parts
        if ".." in parts or entry.filename.startswith(("/", "\\")) or (parts and parts[0].endswith(":")):
            raise FileRefused(
                _(
                    "“%(name)s” holds the path “%(entry)s”, which points outside the archive. Pack "
                    "it again without paths."
                )
                % {"name": name, "entry": entry.filename}
            )
    tables = [e for e in archive.infolist() if PurePosixPath(e.filename.lower()).suffix in FORMAT_OF_ENDING]
    tables = [e for e in tables if not e.is_dir() and not e.filename.startswith("__MACOSX/")]
    if len(tables) != 1:
        raise FileRefused(
            _(
                "“%(name)s” holds %(count)d tables; a zip becomes a version when it holds exactly "
                "one file that can become a table."
            )
            % {"name": name, "count": len(tables)}
        )
    return tables[0]


def _from_gzip(path: Path, name: str, folder: Path) -> SourceFile:
    inner = name[: -len(".gz")]
    ending = PurePosixPath(inner.lower()).suffix
    if ending not in FORMAT_OF_ENDING:
        raise FileRefused(_("“%(name)s” does not say what is inside. Name it like “data.csv.gz”.") % {"name": name})
    try:
        with gzip.open(path) as packed:
            _copy(packed, folder / "inner", name, packed_size=path.stat().st_size)
    except (OSError, EOFError, zlib.error) as error:
        raise FileRefused(
            _("“%(name)s” is not a gzip that can be opened: it is damaged or cut off.") % {"name": name}
        ) from error
    return SourceFile(folder / "inner", FORMAT_OF_ENDING[ending], inner)


def _copy(packed: IO[bytes] | gzip.GzipFile, target: Path, name: str, *, packed_size: int) -> None:
    """Unpack with the limits checked on what really comes out, since an archive's own figures may lie."""
    written = 0
    free = shutil.disk_usage(target.parent).free
    with target.open("wb") as file:
        while piece := packed.read(_PIECE):
            written += len(piece)
            _check_ratio(written, packed_size, name)
            if written > min(MAX_UNPACKED_BYTES, free - 1024**3):
                raise FileRefused(_("“%(name)s” unpacks to more than this machine has room for.") % {"name": name})
            file.write(piece)


def _check_ratio(unpacked_size: int, packed_size: int, name: str) -> None:
    if unpacked_size > _RATIO_APPLIES_FROM and unpacked_size > MAX_RATIO * max(packed_size, 1):
        raise FileRefused(
            _(
                "“%(name)s” unpacks to more than %(ratio)d times its size, as a zip bomb does. Send "
                "it unpacked or in parts."
            )
            % {"name": name, "ratio": MAX_RATIO}
        )
