"""What the standard library does not offer of Linux: death signals, adopting orphans, one-user rights."""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import struct
from pathlib import Path

_SET_PDEATHSIG = 1
_SET_CHILD_SUBREAPER = 36
_ACL = "system.posix_acl_access"
_OWNER, _USER, _GROUP, _MASK, _OTHER = 0x01, 0x02, 0x04, 0x10, 0x20
_NOBODY = 0xFFFFFFFF


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def die_with_parent(signal_number: int, parent: int) -> None:
    """Get `signal_number` when `parent` dies, however it dies. Call it after a change of user, which clears it."""
    _prctl(_SET_PDEATHSIG, signal_number)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def adopt_orphans() -> None:
    """Processes below this one that lose their parent become children of this one instead of init's."""
    _prctl(_SET_CHILD_SUBREAPER, 1)


def may_pass(folder: Path, uid: int, gid: int) -> bool:
    """Whether mode bits or access list let a user without other groups walk through a folder."""
    status = folder.stat()
    if any(tag == _USER and holder == uid and rights & 1 for tag, rights, holder in _entries(folder)):
        return True
    if status.st_uid == uid:
        return bool(status.st_mode & 0o100)
    if status.st_gid == gid:
        return bool(status.st_mode & 0o010)
    return bool(status.st_mode & 0o001)


def let_pass(folder: Path, uid: int) -> bool:
    """Let one user walk through a folder (not list it), by an access list; False where the file system keeps none."""
    entries = {(tag, holder): rights for tag, rights, holder in _entries(folder)}
    entries[_USER, uid] = entries.get((_USER, uid), 0) | 1
    entries[_MASK, _NOBODY] = entries.get((_MASK, _NOBODY), entries[_GROUP, _NOBODY]) | 1
    packed = b"".join(struct.pack("<HHI", tag, rights, holder) for (tag, holder), rights in sorted(entries.items()))
    try:
        os.setxattr(folder, _ACL, struct.pack("<I", 2) + packed)
    except OSError as error:
        if error.errno in {errno.ENOTSUP, errno.EPERM, errno.EROFS}:
            return False
        raise
    return True


def _entries(folder: Path) -> list[tuple[int, int, int]]:
    try:
        content = os.getxattr(folder, _ACL)
    except OSError as error:
        if error.errno not in {errno.ENODATA, errno.ENOTSUP}:
            raise
        # None yet: the mode bits are the list.
        mode = folder.stat().st_mode
        triples = ((_OWNER, mode >> 6), (_GROUP, mode >> 3), (_OTHER, mode))
        return [(tag, bits & 7, _NOBODY) for tag, bits in triples]
    return [(tag, rights, holder) for tag, rights, holder in struct.iter_unpack("<HHI", content[4:])]
