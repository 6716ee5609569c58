"""Sockets in folders where somebody else may write: reached only where a socket lies, never where a link leads."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator


@contextlib.contextmanager
def own_socket(path: str) -> Iterator[str]:
    """A path to exactly the socket that lies at `path` now, whatever is put there meanwhile; OSError where none does.

    A replica writes in the folder of its socket. Were a link followed, it could send the portal, which may enter every
    folder, to the socket of another tenant's replica or of the portal itself.
    """
    place = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if not stat.S_ISSOCK(os.fstat(place).st_mode):
            raise OSError(errno.ENOTSOCK, "What lies there is no socket, and links are not followed", path)
        yield f"/proc/self/fd/{place}"
    finally:
        os.close(place)
