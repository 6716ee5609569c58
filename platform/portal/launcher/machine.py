"""The doctor's look at the machine and the installation: nothing needs to run for it."""

from __future__ import annotations

import difflib
import platform
import re
import shutil
import socket
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from portal.frontend.making import mark
from portal.launcher.errors import Refusal
from portal.launcher.findings import Finding, note, ok, sick
from portal.launcher.home import ROOT, Home
from portal.launcher.ports import MEND, free_port
from portal.launcher.prepared import REQUIREMENTS

GIGABYTE = 1024**3
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)", re.MULTILINE)
NAME = re.compile(r"SANAD_[A-Z0-9_]+")


def python() -> Finding:
    return ok("python", f"Python {platform.python_version()} at {sys.executable}")


def packages() -> Finding:
    differing = []
    pins = PIN.findall(REQUIREMENTS.read_text())
    for name, wanted in pins:
        try:
            found = version(name).partition("+")[0]
        except PackageNotFoundError:
            found = "missing"
        if found != wanted:
            differing.append(f"{name} is {found}, wanted {wanted}")
    if differing:
        return sick("packages", f"{len(differing)} differ: {'; '.join(differing[:3])}", "Run `make install`.")
    return ok("packages", f"{len(pins)} as pinned")


def frontend() -> Finding:
    if mark().exists():
        return ok("front end", "static/vendor is complete")
    return sick("front end", "static/vendor is missing or older than its manifest.", "Run `make install`.")


def disk(home: Home) -> Finding:
    existing = next(folder for folder in (home.root, *home.root.parents) if folder.exists())
    free = shutil.disk_usage(existing).free / GIGABYTE
    says = f"{free:.1f} GB free at {existing}"
    if free < 1:
        return sick("disk", says, "Free some space, or move the state: SANAD_HOME=/other/folder.")
    return note("disk", says, "Large datasets will need more.") if free < 5 else ok("disk", says)


def memory() -> Finding:
    found = psutil.virtual_memory()
    says = f"{found.available / GIGABYTE:.1f} of {found.total / GIGABYTE:.1f} GB available"
    if found.total < 3 * GIGABYTE:
        return sick("memory", says, "The portal's own processes take about 3 GB; give the machine more.")
    return ok("memory", says)


def rights(home: Home) -> Finding:
    """State is closed to others; the top folder alone may be passed through (PostgreSQL's own user, under root)."""
    if not home.root.exists():
        return note("rights", f"{home.root} does not exist yet.", "The first `make up` creates it.")
    too_open = [path for path, allowed in _closed(home) if path.exists() and path.stat().st_mode & 0o777 & ~allowed]
    if too_open:
        mend = (
            f"Run `chmod go-rwx {' '.join(str(path) for path in too_open)}`, and renew a secret others may have read."
        )
        return sick("rights", f"{len(too_open)} of the portal's files or folders are open to other users.", mend)
    return ok("rights", "state and secrets are closed to other users")


def _closed(home: Home) -> Iterator[tuple[Path, int]]:
    yield home.root, 0o711
    yield home.credentials, 0o600
    for folder in ("secrets", "run", "valkey", "logs", "objects", "lake", "mlflow", "gateway"):
        yield home.root / folder, 0o700
    if home.secrets.exists():
        for path in home.secrets.rglob("*"):
            yield path, 0o700 if path.is_dir() else 0o600


def engine(given: Mapping[str, str]) -> Finding:
    name = given.get("COMPUTE_ENGINE") or "process"
    if name == "process":
        return ok("engine", "process: runs are processes of this machine")
    if name != "docker":
        return sick("engine", f"COMPUTE_ENGINE is {name!r}.", "Set it to process or docker.")
    address = given.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
    if _listens(address):
        return ok("engine", f"docker answers at {address}")
    return sick("engine", f"No container engine at {address}.", "Start Docker or Podman, or set DOCKER_HOST.")


def _listens(address: str) -> bool:
    scheme, _, place = address.partition("://")
    if scheme != "unix":
        host, _, port = place.rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=2).close()
        except (OSError, ValueError):
            return False
        return True
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(2)
        return connection.connect_ex(place) == 0


def unknown_names(given: Mapping[str, str]) -> list[Finding]:
    """SANAD_… names that no line of the code reads are most likely misspelt."""
    known = _names_in_code()
    found = []
    for name in sorted(given):
        if name.startswith("SANAD_") and name.removesuffix("_FILE") not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {close[0]}?" if close else "Unset it."
            found.append(note("environment", f"{name} is set, but nothing reads it.", hint))
    return found or [ok("environment", "no unknown SANAD_ names")]


def _names_in_code() -> set[str]:
    sources = [*(ROOT / "platform").rglob("*.py"), *(ROOT / "apps").rglob("*.py"), ROOT / "Makefile"]
    return {name for path in sources for name in NAME.findall(path.read_text())}


def security_contact(given: Mapping[str, str]) -> Finding:
    said = {name.removesuffix("_FILE") for name, value in given.items() if value}
    if "SANAD_SECURITY_CONTACT" in said:
        return ok("security contact", "published at /.well-known/security.txt")
    mend = "Set SANAD_SECURITY_CONTACT to a mail or web address, so that whoever finds a weakness can report it."
    return note("security contact", "Nobody is named at /.well-known/security.txt.", mend)


def port(host: str, number: int) -> Finding:
    try:
        free_port(host, number)
    except Refusal as refusal:
        return sick("port", str(refusal), MEND)
    return ok("port", f"{number} on {host} is free")
