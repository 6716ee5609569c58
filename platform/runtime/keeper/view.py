"""The file system a workload sees: interpreter, libraries, runtime, its own folder and its mounts, and nothing else.

It is built on a tmpfs inside a mount namespace of its own. Folders on the way are new and readable, so an interpreter
that lies under somebody's closed home can be shown to another uid without opening that home.
"""

from __future__ import annotations

import os
import pwd
import sys
from collections.abc import Collection, Iterable
from pathlib import Path

import runtime
from runtime.keeper import linux
from runtime.keeper.order import Order
from runtime.keeper.state import WORK

RUNTIME_SOURCE = Path(runtime.__file__).resolve().parent
RUNTIME_TARGET = Path("/opt/sanad/runtime")
WORK_TARGET = Path("/opt/sanad/work")
DOOR_TARGET = Path("/run/sanad/door/door.sock")

# Shared libraries, time zones and certificates of the system: what compiled wheels and TLS look for.
SYSTEM = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/usr/share/zoneinfo",
    "/sys/devices/system/cpu",
)
SETTINGS = (
    "/etc/ld.so.cache", "/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/etc/localtime", "/etc/hosts",
    "/etc/resolv.conf", "/etc/nsswitch.conf",
)  # fmt: skip
# As a whole they would show every program of the machine; their lib is among SYSTEM, the interpreter is named alone.
PROGRAMS = (Path("/usr"), Path("/usr/local"))
PACKAGES = ("site-packages", "dist-packages")
# They hold more than Python, whatever lies in them besides: an environment made in one is not shown.
HOMES, ROOTS_HOME = Path("/home"), Path("/root")
_MEND = (
    "make a virtual environment in a folder of its own, by a Python that lies in one as well (python3 -m venv FOLDER),"
    " and install and start Sanad there."
)
DEVICES = ("null", "zero", "full", "random", "urandom")


def interpreter_folders(*private: Path) -> list[Path]:
    """Where the running interpreter and its packages lie: virtual environment, base installation, the binary itself.

    A ValueError says how to mend it where one of these holds more than workloads may read, what is `private` among it.
    """
    named = [sys.prefix, sys.base_prefix, *(entry for entry in sys.path if "site-packages" in entry), sys.executable]
    given = {_straight(name) for name in named}
    links = _links_over(given)
    found = {_beside(path, links) for path in (*given, *links, *links.values(), Path(sys.executable).resolve())}
    outermost: list[Path] = []
    for path in sorted({path for path in found if path.exists()}, key=lambda path: len(path.parts)):
        # Below a link nothing is shown by it: where it ends may be among the programs.
        if path in PROGRAMS or any(path.is_relative_to(shown) for shown in outermost if not shown.is_symlink()):
            continue
        _refuse_more(path, [link for link, end in links.items() if end == path], private)
        outermost.append(path)
    return outermost


def _straight(name: str) -> Path:
    """The same path without steps back, which Python takes as they stand in a `pyvenv.cfg`, and with one `/` at first.

    Whatever it goes over stays, links among it: `/usr/bin/..` is `/usr`, which is known by that name alone.
    """
    path = Path("/")
    for part in Path(name).parts[1:]:
        path = (path.resolve() if path.is_symlink() else path).parent if part == ".." else path / part
    return path


def _refuse_more(path: Path, links: list[Path], private: Collection[Path]) -> None:
    """Refuse a folder that would be shown as a whole and is no Python's own; `links` are those that end at it."""
    if path.is_symlink() or not path.is_dir():
        return
    beside = any(_holds(path, one) for one in (HOMES, ROOTS_HOME, *_own_home(), *private))
    if beside or path.resolve().parent == HOMES.resolve():
        raise ValueError(f"Python lies in {path} itself, and workloads would read all else that is there too; {_MEND}")
    if links and not _is_pythons_own(path):
        what = "neither a virtual environment nor an installation of Python"
        raise ValueError(f"{links[0]} leads to {path}, {what}, and workloads would read all of it; {_MEND}")


def _holds(folder: Path, thing: Path) -> bool:
    """Whether it is this folder, or lies in it, by whatever name: a folder may be mounted in two places."""
    above = (thing.resolve(), *thing.resolve().parents)
    # What lies in a closed folder is not there for this account, and nothing that it can show holds it.
    return any(folder.samefile(one) for one in above if os.access(one, os.F_OK))


def _own_home() -> list[Path]:
    """The home of whom the portal runs as, wherever homes lie here; nobody's of an account that has no name."""
    try:
        return [Path(pwd.getpwuid(os.geteuid()).pw_dir)]
    except KeyError:
        return []


def _is_pythons_own(folder: Path) -> bool:
    # Some systems keep the standard library in lib64.
    installed = any(folder.glob("lib*/python3*/os.py"))
    return installed or (folder / "pyvenv.cfg").is_file() or folder.name in PACKAGES


def _links_over(paths: Iterable[Path]) -> dict[Path, Path]:
    """Each link that the paths lead over, with its end: a link is shown as such, and opens nothing by itself."""
    links: dict[Path, Path] = {}
    waiting = list(paths)
    while waiting:
        path = waiting.pop()
        if path.is_symlink() and path not in links:
            links[path] = _end_of(path)
            waiting.append(links[path])
    return links


def _end_of(link: Path) -> Path:
    """What a link leads to, by a path on which only its last name may be a link again."""
    end = Path(os.path.realpath(link.parent), link.readlink())
    return Path(os.path.realpath(end)) if end.name in ("", "..") else _really(end)


def _really(path: Path) -> Path:
    return Path(os.path.realpath(path.parent), path.name)


def _beside(path: Path, links: Collection[Path]) -> Path:
    """The path itself, or where it really is if it lies below one of the links: nothing is shown through a link."""
    return _really(path) if any(above in links for above in path.parents) else path


class View:
    """Collects what is shown under a new root."""

    def __init__(self, root: Path) -> None:
        self.root = root
        linux.mount("tmpfs", root, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "mode=755,size=16m")

    def place(self, target: Path) -> Path:
        return self.root / str(target).lstrip("/")

    def show(self, source: Path, target: Path | None = None, *, read_only: bool = True) -> None:
        """Show a file or folder; a link is shown as one to the same end, and what is not there is left out."""
        place = self.place(target or source)
        if place.is_symlink() or (target is None and self._inside_what_is_shown(source)):
            return
        if source.is_symlink() and target is None:
            place.parent.mkdir(parents=True, exist_ok=True)
            # The folders over it are new ones, even where it lies below a link: its own words would lead elsewhere.
            place.symlink_to(os.path.relpath(_end_of(source), source.parent))
        elif source.exists():
            self._make(place, is_folder=source.is_dir())
            linux.bind(source, place, read_only=read_only)

    def _inside_what_is_shown(self, source: Path) -> bool:
        return self.place(source).exists()

    def _make(self, place: Path, *, is_folder: bool) -> None:
        if is_folder:
            place.mkdir(parents=True, exist_ok=True)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.touch()

    def write(self, target: str, text: str) -> None:
        place = self.place(Path(target))
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)


def build(order: Order, uid: int) -> None:
    """Build the view and make it the root of this process; needs a mount namespace of its own."""
    linux.mount("none", Path("/"), None, linux.MS_REC | linux.MS_PRIVATE)
    root = Path(order.folder) / "view"
    root.mkdir(exist_ok=True)
    os.umask(0o022)
    view = View(root)
    # First, so that an interpreter below /tmp is shown on top of it.
    view.show(Path(order.folder) / WORK / "tmp", Path("/tmp"), read_only=False)  # noqa: S108  the workload's own
    for name in (*SYSTEM, *SETTINGS):
        view.show(Path(name))
    for path in interpreter_folders(Path(order.folder)):
        view.show(path)
    view.show(RUNTIME_SOURCE, RUNTIME_TARGET)
    view.show(Path(order.folder) / WORK, WORK_TARGET, read_only=False)
    for bind in order.binds:
        view.show(Path(bind.source), Path(bind.target), read_only=bind.read_only)
    if order.door:
        # The folder, not the socket: a gateway that starts anew binds a new socket in it.
        view.show(Path(order.door).parent, DOOR_TARGET.parent)
    view.write("/etc/passwd", f"sanad:x:{uid}:{uid}::{WORK_TARGET}:/bin/false\n")
    view.write("/etc/group", f"sanad:x:{uid}:\n")
    _devices(view)
    _proc(view)
    flags = linux.MS_REMOUNT | linux.MS_BIND | linux.MS_RDONLY | linux.MS_NOSUID | linux.MS_NODEV
    linux.mount("none", root, None, flags)
    linux.pivot_root(root)


def _devices(view: View) -> None:
    for name in DEVICES:
        view.show(Path("/dev") / name, read_only=False)
    shared = view.place(Path("/dev/shm"))  # noqa: S108  a fresh tmpfs, seen by this workload alone
    shared.mkdir(parents=True)
    linux.mount("tmpfs", shared, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC, "mode=1777,size=256m")


def _proc(view: View) -> None:
    """Mount a /proc that knows this namespace's processes alone; where that is forbidden, show two plain facts."""
    place = view.place(Path("/proc"))
    place.mkdir()
    try:
        linux.mount("proc", place, "proc", linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC)
    except PermissionError:
        for name in ("cpuinfo", "meminfo"):
            view.show(Path("/proc") / name)
