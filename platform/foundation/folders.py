"""Private folders that are gone with the process that works in them, also where it was killed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path


class HeldFolder:
    """A folder of mode 0700 in `home`, locked until `leave` or until its process is gone, which `sweep` sees."""

    def __init__(self, home: Path, prefix: str) -> None:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        while True:
            self.path = Path(tempfile.mkdtemp(prefix=prefix, dir=home))
            # A sweep may come before the lock: then that folder is gone, and the next one is tried.
            with contextlib.suppress(FileNotFoundError):
                self._lock = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
                fcntl.flock(self._lock, fcntl.LOCK_EX)
                if self.path.is_dir():
                    return
                os.close(self._lock)

    def leave(self) -> None:
        """Remove the folder with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


@contextlib.contextmanager
def held_folder(home: Path, prefix: str) -> Iterator[Path]:
    """A folder for the block alone; what killed processes left in `home` goes first."""
    sweep(home)
    folder = HeldFolder(home, prefix)
    try:
        yield folder.path
    finally:
        folder.leave()


def sweep(home: Path, prefix: str = "") -> int:
    """Remove the folders in `home` whose process is gone; how many there were."""
    return sum(_removed_if_left(folder) for folder in home.glob(f"{prefix}*"))


def _removed_if_left(folder: Path) -> bool:
    try:
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except (FileNotFoundError, NotADirectoryError):
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        shutil.rmtree(folder, ignore_errors=True)
        return True
    finally:
        os.close(lock)
