"""Where children work: a folder and, under root, a user for each; both are free again when the child is gone."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from django.conf import settings
from django.utils.translation import gettext as _

from foundation import folders
from foundation.errors import Unavailable
from foundation.folders import HeldFolder

GROUP = 64_099  # may read what is lent; everybody else is kept out by folders of mode 0700
_FIRST_UID, _SLOTS = 64_100, 200
_PREFIX = "job-"


class Place:
    """A private folder and, where the portal is root, a user number that no other child has."""

    def __init__(self) -> None:
        self.uid = 0
        self._slot: IO[str] | None = None
        if os.geteuid() == 0:
            self._slot, self.uid = _claim_slot()
        self._held = HeldFolder(_home(), _PREFIX)
        self.folder = self._held.path
        if self.uid:
            os.chown(self.folder, self.uid, GROUP)

    def leave(self) -> None:
        """Remove the folder and free the user number."""
        self._held.leave()
        if self._slot is not None:
            self._slot.close()


def sweep() -> None:
    """Remove what processes that were killed left behind."""
    folders.sweep(_home(), _PREFIX)


@contextlib.contextmanager
def lent(paths: Iterable[Path | str]) -> Iterator[list[int]]:
    """The files, open to read, also for the sandbox's users."""
    opened: list[int] = []
    try:
        for path in paths:
            file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            opened.append(file)
            if os.geteuid() == 0:
                _lend(file)
        yield opened
    finally:
        for file in opened:
            os.close(file)


def _lend(file: int) -> None:
    # The child opens /proc/self/fd/N anew, so the file itself must let its group read.
    status = os.fstat(file)
    if status.st_gid != GROUP:
        os.fchown(file, -1, GROUP)
    if not status.st_mode & 0o040:
        os.fchmod(file, status.st_mode & 0o777 | 0o040)


def _home() -> Path:
    home = Path(settings.SANAD_RUN) / "sandbox"
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    return home


def _claim_slot() -> tuple[IO[str], int]:
    """A user number that no other child of this machine's portal has, held by a lock until the child is gone."""
    slots = _home() / "slots"
    slots.mkdir(mode=0o700, exist_ok=True)
    for number in range(_SLOTS):
        slot = (slots / str(number)).open("w")
        try:
            fcntl.flock(slot, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            slot.close()
            continue
        return slot, _FIRST_UID + number
    raise Unavailable(_("All %(count)s places of the sandbox are taken; try again in a minute.") % {"count": _SLOTS})
