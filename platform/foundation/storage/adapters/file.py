"""Objects as files under one folder."""

from __future__ import annotations

import builtins
import contextlib
import fcntl
import io
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, cast

# Keeps the object `a` and the folder of `a/b` apart; no segment of a path may end with it.
SUFFIX = ".sealed"
_DRAFTS = ".drafts"


class FileObjectStore:
    """Writes a draft beside the objects and renames it, so a crash leaves the old object or the new one, never half."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._drafts = root / _DRAFTS
        self._drafts.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._sweep()

    def write(self, path: str, chunks: Iterable[bytes]) -> None:
        target = self._file(path)
        with self._draft() as draft:
            for chunk in chunks:
                draft.write(chunk)
            draft.flush()
            os.fsync(draft.fileno())
            fresh = self._make_folder(target.parent)
            with _held(target.parent):
                Path(draft.name).replace(target)
            for folder in fresh:
                _sync(folder)

    def open(self, path: str) -> BinaryIO:
        return cast(BinaryIO, self._file(path).open("rb"))

    def delete(self, path: str) -> bool:
        target = self._file(path)
        try:
            with _held(target.parent):
                target.unlink()
        except FileNotFoundError:
            return False
        _sync(target.parent)
        return True

    def swap_head(self, path: str, was: bytes, now: bytes) -> bool:
        target = self._file(path)
        with self._draft() as draft, target.open("rb") as source:
            if source.read(len(was)) != was:
                return False
            draft.write(now)
            shutil.copyfileobj(source, draft, 1 << 20)
            draft.flush()
            written = os.fstat(source.fileno())
            os.utime(draft.fileno(), ns=(written.st_atime_ns, written.st_mtime_ns))
            os.fsync(draft.fileno())
            # Whoever replaces or removes the object holds the same folder, so what was copied is what is replaced.
            with _held(target.parent):
                if not _is_same(target, written):
                    return False
                Path(draft.name).replace(target)
            _sync(target.parent)
        return True

    def exists(self, path: str) -> bool:
        return self._file(path).is_file()

    def list(self, prefix: str, before: datetime | None = None) -> Iterator[str]:
        start = self._root / prefix.rpartition("/")[0]
        files = (file for file in start.rglob(f"*{SUFFIX}") if before is None or _written_before(file, before))
        found = (str(file.relative_to(self._root)).removesuffix(SUFFIX) for file in files)
        return iter(sorted(path for path in found if path.startswith(prefix)))

    def _file(self, path: str) -> Path:
        return self._root / f"{path}{SUFFIX}"

    def _make_folder(self, folder: Path) -> builtins.list[Path]:
        """Make `folder`; the folders whose entries must reach the disk for the object to survive a power cut."""
        fresh = [folder]
        while not folder.exists():
            folder = folder.parent
            fresh.append(folder)
        fresh[0].mkdir(mode=0o700, parents=True, exist_ok=True)
        return fresh

    @contextlib.contextmanager
    def _draft(self) -> Iterator[BinaryIO]:
        draft = self._new_draft()
        try:
            yield cast(BinaryIO, draft)
        finally:
            draft.close()
            Path(draft.name).unlink(missing_ok=True)

    def _new_draft(self) -> io.BufferedWriter:
        while True:
            draft = (self._drafts / uuid.uuid4().hex).open("xb")
            fcntl.flock(draft, fcntl.LOCK_EX)
            # Another process that starts may have swept it away between these two lines.
            if os.fstat(draft.fileno()).st_nlink:
                return draft
            draft.close()

    def _sweep(self) -> None:
        """Remove drafts whose writer is dead: a living one holds the lock on its draft."""
        for draft in self._drafts.iterdir():
            with contextlib.suppress(FileNotFoundError, BlockingIOError), draft.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                draft.unlink()


def _written_before(file: Path, moment: datetime) -> bool:
    try:
        return file.stat().st_mtime < moment.timestamp()
    except FileNotFoundError:
        # Removed since the folder was read.
        return False


def _is_same(file: Path, known: os.stat_result) -> bool:
    try:
        found = file.stat()
    except FileNotFoundError:
        return False
    return (found.st_dev, found.st_ino) == (known.st_dev, known.st_ino)


@contextlib.contextmanager
def _held(folder: Path) -> Iterator[None]:
    """The folder's entries are changed by one at a time."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
