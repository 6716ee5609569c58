"""What this machine can wall off, and whose uid a workload gets."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from functools import cache
from pathlib import Path

from django.utils.translation import gettext as _

from foundation.engines.errors import EngineUnavailable
from runtime.keeper import state as files

UIDS = range(61000, 62000)
_SOURCE_ROOT = Path(files.__file__).resolve().parents[2]

# Tried in a process of its own: a namespace once entered cannot be left.
_TRY = """
import os, sys
from pathlib import Path
from runtime.keeper import jail, linux
user = os.geteuid(), os.getegid()
root = sys.argv[1] == "root"
linux.unshare(linux.CLONE_NEWNS | linux.CLONE_NEWPID | (0 if root else linux.CLONE_NEWUSER))
if not root:
    jail.map_user(*user)
linux.mount("none", Path("/"), None, linux.MS_REC | linux.MS_PRIVATE)
linux.mount("tmpfs", Path("/tmp"), "tmpfs", 0)
"""


def _works(kind: str) -> bool:
    environment = {"PYTHONPATH": str(_SOURCE_ROOT)}
    tried = subprocess.run([sys.executable, "-c", _TRY, kind], env=environment, capture_output=True, check=False)
    return tried.returncode == 0


@cache
def best_isolation() -> str:
    """Return "root" (own uid and view), "user" (user namespace and view), or "none" when the kernel allows neither."""
    if os.geteuid() == 0 and _works("root"):
        return "root"
    if os.geteuid() != 0 and _works("user"):
        return "user"
    return "none"


def own_uid(folder: Path, names: list[str]) -> int:
    """Return a uid that no workload in the folder has."""
    taken = {(files.read_json(folder / name / files.STATE) or {}).get("uid") for name in names}
    for uid in UIDS:
        if uid not in taken:
            return uid
    raise EngineUnavailable(
        _("This engine holds %(count)s workloads, as many as it can keep apart; remove old ones.")
        % {"count": len(UIDS)}
    )


def unlock_door(door: Path) -> None:
    """Let other uids speak to the portal's socket; it lies in a closed folder, so only those it is shown to can."""
    if door.stat().st_uid == os.geteuid():
        door.chmod(0o666)
        if door.parent.name == "door":
            door.parent.chmod(0o755)


def make_readable(source: Path, *, uid: int | None) -> None:
    """Let every uid read what is mounted, or make `uid` its owner; the closed folders above it stay closed."""
    paths = [source, *source.rglob("*")] if source.is_dir() else [source]
    for path in paths:
        if path.is_symlink():
            continue
        if uid is not None:
            os.chown(path, uid, uid)
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        wanted = mode | (0o555 if path.is_dir() else 0o444)
        if wanted != mode:
            path.chmod(wanted)
