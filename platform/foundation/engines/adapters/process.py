"""The embedded engine: each workload under a keeper of its own, in a folder that holds all there is to know of it."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.utils.translation import gettext as _

from foundation.engines.adapters.isolation import best_isolation, make_readable, own_uid, unlock_door
from foundation.engines.adapters.ordering import make_order, needs_portal
from foundation.engines.errors import DoorMissing, EngineUnavailable, IsolationMissing, WorkloadMissing
from foundation.engines.ports import LOG_PIECE, Capacity, Reason, Usage, WorkloadSpec, WorkloadState, WorkloadStatus
from runtime.keeper import state as files
from runtime.keeper import watch
from runtime.keeper.order import Order

START_SECONDS = 20
# Beyond the grace given to the workload: how long the keeper may take to write down the end.
KEEPER_SECONDS = 10
LOOK_SECONDS = 0.02
SOURCE_ROOT = Path(files.__file__).resolve().parents[2]
# The kernel takes 107 bytes of path for a Unix socket.
LONGEST_SOCKET = 100


class ProcessEngine:
    """`folder` holds one folder per workload; `run` is the closed folder of the portal's sockets."""

    name = "process"

    def __init__(self, *, folder: Path, run: Path, portal_url: str, isolation: str | None = None) -> None:
        self._folder = folder
        self._run = run
        self._portal_url = portal_url
        self._isolation = isolation or best_isolation()

    def start(self, spec: WorkloadSpec) -> None:
        if spec.own_code and self._isolation == "none":
            raise IsolationMissing
        with self._starting():
            folder = self._folder / spec.name
            if (folder / files.STATE).exists():
                return
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(mode=0o700)
            uid = own_uid(self._folder, self.list()) if self._isolation == "root" else os.geteuid()
            try:
                self._launch(folder, self._order(spec, folder, uid))
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
            # Written beside the keeper's state: what the port says about it and the keeper need not know.
            files.write_json(folder / "spec.json", {"kind": spec.kind, "memory_mb": spec.memory_mb})

    def status(self, name: str) -> WorkloadStatus:
        folder = self._folder / name
        alive = files.keeper_lives(folder)
        state = files.read_json(folder / files.STATE)
        if state is None:
            return WorkloadStatus(WorkloadState.MISSING)
        spec = files.read_json(folder / "spec.json") or {}
        found = WorkloadState(state["state"])
        reason = Reason(state["reason"]) if state.get("reason") else None
        if not found.is_final and not alive:
            found, reason = WorkloadState.FAILED, Reason.LOST
        return WorkloadStatus(
            state=found,
            exit_code=state.get("exit_code"),
            reason=reason,
            started_at=_time(state.get("started_at")),
            finished_at=_time(state.get("finished_at")),
            address=f"unix:{self.socket_path(name)}" if spec.get("kind") == "service" else None,
            memory_mb=spec.get("memory_mb"),
        )

    def logs(self, name: str, offset: int = 0) -> tuple[bytes, int]:
        self._known(name)
        try:
            with (self._folder / name / files.LOG).open("rb") as log:
                log.seek(offset)
                content = log.read(LOG_PIECE)
        except FileNotFoundError:
            return b"", offset
        return content, offset + len(content)

    def stop(self, name: str, grace_s: float = 5.0) -> None:
        folder = self._folder / name
        if not files.keeper_lives(folder):
            return
        files.write_json(folder / files.STOP, {"grace_s": grace_s})
        self._signal(folder, signal.SIGTERM)
        if not self._ended(folder, grace_s + KEEPER_SECONDS):
            # The keeper hangs. Without it the kernel ends the workload too.
            self._signal(folder, signal.SIGKILL)
            self._ended(folder, KEEPER_SECONDS)

    def remove(self, name: str) -> None:
        self.stop(name, grace_s=0)
        shutil.rmtree(self._folder / name, ignore_errors=True)
        self.socket_path(name).unlink(missing_ok=True)

    def usage(self, name: str) -> Usage:
        self._known(name)
        usage = files.read_json(self._folder / name / files.USAGE) or {}
        return Usage(float(usage.get("cpu_seconds", 0.0)), float(usage.get("memory_mb", 0.0)))

    def capacity(self) -> Capacity:
        """No GPU: inside its walls a workload sees no device of the machine."""
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        return Capacity(cpus=len(os.sched_getaffinity(0)), memory_mb=memory // (1024 * 1024))

    def list(self, prefix: str = "") -> list[str]:
        if not self._folder.is_dir():
            return []
        found = (path.name for path in self._folder.iterdir() if path.is_dir() and not path.name.startswith("."))
        return sorted(name for name in found if name.startswith(prefix))

    def socket_path(self, name: str) -> Path:
        """Where the portal reaches a service: a short name, in a folder that nobody else may enter."""
        path = self._run / "services" / f"{hashlib.sha256(name.encode()).hexdigest()[:16]}.sock"
        if len(os.fsencode(path)) > LONGEST_SOCKET:
            raise EngineUnavailable(
                _("The path %(path)s is too long for a socket; choose a shorter SANAD_HOME.") % {"path": path}
            )
        return path

    @contextlib.contextmanager
    def _starting(self) -> Iterator[None]:
        """Let one start happen at a time, over all processes of the portal."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self._folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _order(self, spec: WorkloadSpec, folder: Path, uid: int) -> Order:
        if self._isolation == "root":
            for mount in spec.mounts:
                make_readable(mount.source, uid=None if mount.read_only else uid)
        return make_order(
            spec,
            folder=folder,
            isolation=self._isolation,
            uid=uid,
            socket=str(self.socket_path(spec.name)) if spec.kind == "service" else "",
            door=str(self._door()) if needs_portal(spec) and self._isolation != "none" else "",
            portal_url=self._portal_url,
        )

    def _door(self) -> Path:
        """The only way out of a walled workload; without it none is started, least of all on the machine's network."""
        door = self._run / "door" / "door.sock"
        if not door.is_socket():
            raise DoorMissing(door)
        unlock_door(door)
        return door

    def _launch(self, folder: Path, order: Order) -> None:
        """Start the keeper; it has forked away and taken the workload over when this returns."""
        command = [sys.executable, "-m", "runtime.keeper"]
        environment = {"PYTHONPATH": str(SOURCE_ROOT), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
        try:
            done = subprocess.run(
                command,
                input=order.to_json(),
                env=environment,
                cwd=folder,
                capture_output=True,
                text=True,
                timeout=START_SECONDS,
                start_new_session=True,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise EngineUnavailable(
                _("The keeper of the workload did not answer; the machine is overloaded.")
            ) from error
        if done.returncode != 0:
            said = (done.stdout or done.stderr).strip().splitlines()
            raise EngineUnavailable(said[-1] if said else _("The keeper of the workload could not be started."))

    def _known(self, name: str) -> None:
        if not (self._folder / name / files.STATE).exists():
            raise WorkloadMissing(name)

    def _signal(self, folder: Path, number: signal.Signals) -> None:
        """Send a signal to the keeper, and to no later process that happens to have its number."""
        state = files.read_json(folder / files.STATE) or {}
        pid = int(state.get("keeper_pid", 0))
        if pid and watch.start_time(pid) == state.get("keeper_started"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def _ended(self, folder: Path, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while files.keeper_lives(folder):
            if time.monotonic() > until:
                return False
            time.sleep(LOOK_SECONDS)
        return True


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
