"""From the port's specification to the keeper's order."""

from __future__ import annotations

import math
import os
import sys
import zlib
from pathlib import Path
from urllib.parse import urlsplit

from foundation.engines.ports import PORTAL, WorkloadSpec
from runtime.keeper.order import Bind, Order
from runtime.keeper.state import WORK

SERVICE_FD = 3
_VIEW_RUNTIME = "/opt/sanad"
_VIEW_HOME = "/opt/sanad/work"
_VIEW_DOOR = "/run/sanad/door/door.sock"


def make_order(
    spec: WorkloadSpec, *, folder: Path, isolation: str, uid: int, socket: str, door: str, portal_url: str
) -> Order:
    """`folder` is the workload's; `door` the portal's socket if it is to be the only way out, else ""."""
    door_port = urlsplit(portal_url).port or 8000
    portal = f"http://127.0.0.1:{door_port}" if door else portal_url
    command = [sys.executable, "-m", spec.module, *spec.args]
    env = {**_given(spec, portal), **_surroundings(spec, folder, isolation)}
    if socket:
        env["SANAD_SERVICE_SOCKET"] = f"fd:{SERVICE_FD}"
    if door:
        env |= {"SANAD_DOOR_SOCKET": _VIEW_DOOR, "SANAD_DOOR_PORT": str(door_port)}
        command = [sys.executable, "-m", "runtime.door", "--", *command]
    if isolation == "none":
        command, env = _with_sources(command, env, spec)
    return Order(
        folder=str(folder),
        command=tuple(command),
        env=env,
        binds=_binds(spec),
        isolation=isolation,
        uid=uid,
        memory_mb=spec.memory_mb,
        cpus=_cores(spec),
        socket=socket,
        door=door,
        door_port=door_port,
    )


def _given(spec: WorkloadSpec, portal: str) -> dict[str, str]:
    return {name: value.replace(PORTAL, portal) for name, value in spec.env.items()}


def needs_portal(spec: WorkloadSpec) -> bool:
    return any(PORTAL in value for value in spec.env.values())


def _binds(spec: WorkloadSpec) -> tuple[Bind, ...]:
    return tuple(Bind(str(mount.source.resolve()), mount.target, mount.read_only) for mount in spec.mounts)


def _surroundings(spec: WorkloadSpec, folder: Path, isolation: str) -> dict[str, str]:
    walled = isolation != "none"
    home = _VIEW_HOME if walled else str(folder / WORK)
    threads = str(max(1, math.ceil(spec.cpus)))
    return {
        "HOME": home,
        "TMPDIR": "/tmp" if walled else f"{home}/tmp",  # noqa: S108  the workload's own, see the keeper's view
        "PYTHONPATH": _VIEW_RUNTIME if walled else str(Path(__file__).resolve().parents[3]),
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": threads,
        # Threads that wait for each other sleep: on cores that others want too they would spin most of the time away.
        "OMP_WAIT_POLICY": "PASSIVE",
        "OPENBLAS_NUM_THREADS": threads,
    }


def _cores(spec: WorkloadSpec) -> tuple[int, ...]:
    """Choose as many cores as were asked for, beginning at another one for another name."""
    cores = sorted(os.sched_getaffinity(0))
    wanted = math.ceil(spec.cpus)
    if wanted >= len(cores):
        return ()
    first = zlib.crc32(spec.name.encode()) % len(cores)
    return tuple(sorted((cores + cores)[first : first + wanted]))


def _with_sources(command: list[str], env: dict[str, str], spec: WorkloadSpec) -> tuple[list[str], dict[str, str]]:
    """Where there is no view, the paths are those of the machine."""
    return [_as_source(word, spec) for word in command], {name: _as_source(env[name], spec) for name in env}


def _as_source(text: str, spec: WorkloadSpec) -> str:
    for mount in spec.mounts:
        if text == mount.target or text.startswith(mount.target.rstrip("/") + "/"):
            return str(mount.source.resolve()) + text[len(mount.target.rstrip("/")) :]
    return text
