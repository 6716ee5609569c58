"""Containers over the Docker Engine API: Docker and Podman alike. No network, nothing writable, no privilege."""

from __future__ import annotations

import builtins
import contextlib
import re
import shutil
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import docker
import docker.errors
from django.utils.translation import gettext as _
from docker.models.containers import Container
from docker.types import Mount as DockerMount
from requests.exceptions import RequestException

from foundation.engines.adapters.container_logs import BOUNDED, ContainerLogs
from foundation.engines.adapters.isolation import unlock_door
from foundation.engines.adapters.ordering import needs_portal
from foundation.engines.errors import DoorMissing, EngineUnavailable, ImageMissing, WorkloadMissing
from foundation.engines.ports import PORTAL, Capacity, Mount, Reason, Usage, WorkloadSpec, WorkloadState, WorkloadStatus
from runtime.door import OUT_OF_MEMORY

TIMEOUT_SECONDS = 60
USER = 10001
KILLED = 137
DOOR_FOLDER = "/run/sanad/door"
SERVICE_FOLDER = "/run/sanad/service"
SOCKET_NAME = "service.sock"
_LABEL = "sanad.workload"
# Several portals may share an engine: each lists its own by the folder that no other has.
_PORTAL = "sanad.portal"
_MEMORY = "sanad.memory_mb"
_KIND = "sanad.kind"
_NEVER = "0001-01-01"


class DockerEngine:
    """`run` is the closed folder of the portal's sockets; it has to be on the machine where the containers run."""

    name = "docker"

    def __init__(self, *, image: str, run: Path, portal_port: int, client: docker.DockerClient | None = None) -> None:
        self._image = image
        self._run = run
        self._portal_port = portal_port
        self._given = client
        self._logs = ContainerLogs()

    @property
    def _client(self) -> docker.DockerClient:
        if self._given is None:
            try:
                self._given = docker.from_env(timeout=TIMEOUT_SECONDS)
            except docker.errors.DockerException as error:
                raise self._unavailable(error) from error
        return self._given

    def start(self, spec: WorkloadSpec) -> None:
        with self._speaking():
            if self._find(spec.name) is not None:
                return
            self._service_folder(spec)
            try:
                container = self._client.containers.create(self._image, **self._options(spec))
            except docker.errors.ImageNotFound as error:
                raise ImageMissing(self._image) from error
            except docker.errors.APIError as error:
                if error.status_code == 409 and self._find(spec.name) is not None:
                    return
                raise
            try:
                container.start()
            except docker.errors.APIError:
                container.remove(force=True)
                raise

    def status(self, name: str) -> WorkloadStatus:
        with self._speaking():
            container = self._find(name)
            if container is None:
                return WorkloadStatus(WorkloadState.MISSING)
            state, labels = container.attrs["State"], container.labels
            found, reason = _outcome(state)
            return WorkloadStatus(
                state=found,
                exit_code=_exit_code(state) if found.is_final else None,
                reason=reason,
                started_at=_time(state.get("StartedAt")),
                finished_at=_time(state.get("FinishedAt")) if found.is_final else None,
                address=f"unix:{self._services(name) / SOCKET_NAME}" if labels.get(_KIND) == "service" else None,
                memory_mb=int(labels[_MEMORY]),
            )

    def logs(self, name: str, offset: int = 0) -> tuple[bytes, int]:
        with self._speaking():
            piece = self._logs.read(self._known(name), offset)
        return piece, offset + len(piece)

    def stop(self, name: str, grace_s: float = 5.0) -> None:
        with self._speaking():
            container = self._find(name)
            if container is not None and container.status in ("running", "created"):
                container.stop(timeout=max(0, round(grace_s)))

    def remove(self, name: str) -> None:
        with self._speaking():
            container = self._find(name)
            if container is not None:
                self._logs.forget(container)
                with contextlib.suppress(docker.errors.NotFound):
                    container.remove(force=True, v=True)
        # The container may have written there; nothing below is followed out of it.
        shutil.rmtree(self._services(name), ignore_errors=True)

    def usage(self, name: str) -> Usage:
        with self._speaking():
            stats = cast(dict[str, Any], self._known(name).stats(stream=False))
        cpu = stats.get("cpu_stats", {}).get("cpu_usage", {}).get("total_usage", 0) / 1e9
        return Usage(cpu, stats.get("memory_stats", {}).get("usage", 0) / 1024**2)

    def capacity(self) -> Capacity:
        """No GPU: a container gets no device of the machine."""
        with self._speaking():
            info = self._client.info()
        return Capacity(cpus=info["NCPU"], memory_mb=info["MemTotal"] // (1024 * 1024))

    def list(self, prefix: str = "") -> list[str]:
        with self._speaking():
            own: dict[str, str | builtins.list[str] | bool] = {"label": f"{_PORTAL}={self._run.resolve()}"}
            found = self._client.containers.list(all=True, filters=own, ignore_removed=True)
        return sorted(name for name in (item.labels[_LABEL] for item in found) if name.startswith(prefix))

    def _options(self, spec: WorkloadSpec) -> dict[str, Any]:
        return {
            "name": spec.name,
            "command": ["python", "-m", "runtime.door", "--", "python", "-m", spec.module, *spec.args],
            "environment": self._environment(spec),
            "labels": {
                _LABEL: spec.name,
                _MEMORY: str(spec.memory_mb),
                _KIND: spec.kind,
                _PORTAL: str(self._run.resolve()),
            },
            "mounts": self._mounts(spec),
            "network_mode": "none",
            "read_only": True,
            "cap_drop": ["ALL"],
            "security_opt": ["no-new-privileges"],
            "user": f"{USER}:{USER}",
            "tmpfs": {"/tmp": "rw,nosuid,nodev,size=1g,mode=1777"},  # noqa: S108  the container's own
            "mem_limit": f"{spec.memory_mb}m",
            "memswap_limit": f"{spec.memory_mb}m",
            "nano_cpus": int(spec.cpus * 1e9),
            "pids_limit": 512,
            "log_config": BOUNDED,
        }

    def _environment(self, spec: WorkloadSpec) -> dict[str, str]:
        portal = f"http://127.0.0.1:{self._portal_port}"
        env = {name: value.replace(PORTAL, portal) for name, value in spec.env.items()}
        if needs_portal(spec):
            env |= {"SANAD_DOOR_SOCKET": f"{DOOR_FOLDER}/door.sock", "SANAD_DOOR_PORT": str(self._portal_port)}
        env |= {"SANAD_STAMP_LOG": "1", "HOME": "/tmp", "OMP_NUM_THREADS": str(max(1, round(spec.cpus)))}  # noqa: S108
        env["OMP_WAIT_POLICY"] = "PASSIVE"  # as in `ordering`
        if spec.kind == "service":
            env["SANAD_SERVICE_SOCKET"] = f"{SERVICE_FOLDER}/{SOCKET_NAME}"
        return env

    def _mounts(self, spec: WorkloadSpec) -> Sequence[DockerMount]:
        mounts = list(spec.mounts)
        for mount in mounts:
            _let_in(mount)
        if needs_portal(spec):
            mounts.append(self._door())
        if spec.kind == "service":
            mounts.append(Mount(self._services(spec.name), SERVICE_FOLDER, read_only=False))
        return [
            DockerMount(mount.target, str(mount.source.resolve()), type="bind", read_only=mount.read_only)
            for mount in mounts
        ]

    def _door(self) -> Mount:
        """The portal's socket, by its own folder if it has one: a gateway that starts anew binds it afresh there."""
        for socket in (self._run / "door" / "door.sock", self._run / "door.sock"):
            if socket.is_socket():
                unlock_door(socket)
                if socket.parent.name == "door":
                    return Mount(socket.parent, DOOR_FOLDER)
                return Mount(socket, f"{DOOR_FOLDER}/door.sock", read_only=False)
        raise DoorMissing(self._run / "door.sock")

    def _services(self, name: str) -> Path:
        return self._run / "services" / name

    def _service_folder(self, spec: WorkloadSpec) -> None:
        """Make the folder in which the container binds its socket; the closed folder above keeps all others out."""
        if spec.kind != "service":
            return
        folder = self._services(spec.name)
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(exist_ok=True)
        folder.chmod(0o777)

    def _find(self, name: str) -> Container | None:
        try:
            container: Container = self._client.containers.get(name)
        except docker.errors.NotFound:
            return None
        # A container that somebody else gave this name is none of ours.
        return container if container.labels.get(_LABEL) == name else None

    def _known(self, name: str) -> Container:
        container = self._find(name)
        if container is None:
            raise WorkloadMissing(name)
        return container

    def _unavailable(self, error: Exception) -> EngineUnavailable:
        if isinstance(error, docker.errors.APIError):
            return EngineUnavailable(
                _("The container engine refused: %(reason)s") % {"reason": error.explanation or error}
            )
        return EngineUnavailable(
            _("The container engine does not answer: %(error)s. Start it, or name its socket with DOCKER_HOST.")
            % {"error": error}
        )

    @contextlib.contextmanager
    def _speaking(self) -> Iterator[None]:
        """Speak the SDK's language inside and ours outside."""
        try:
            yield
        except (docker.errors.DockerException, RequestException) as error:
            raise self._unavailable(error) from error


def _exit_code(state: dict[str, Any]) -> int:
    code = int(state["ExitCode"])
    return KILLED if code == OUT_OF_MEMORY else code


def _outcome(state: dict[str, Any]) -> tuple[WorkloadState, Reason | None]:
    status = state["Status"]
    if status in ("created", "configured", "initialized"):
        return WorkloadState.STARTING, None
    if status not in ("exited", "dead", "stopped"):
        return WorkloadState.RUNNING, None
    code = int(state["ExitCode"])
    if state.get("OOMKilled") or code == OUT_OF_MEMORY:
        return WorkloadState.FAILED, Reason.OUT_OF_MEMORY
    if code in (KILLED, 143):
        return WorkloadState.FAILED, Reason.KILLED
    return (WorkloadState.SUCCEEDED if code == 0 else WorkloadState.FAILED), None


def _let_in(mount: Mount) -> None:
    """Open what is mounted to the container's user: all its files for reading, or the folder for writing too."""
    paths = [mount.source, *mount.source.rglob("*")] if mount.source.is_dir() else [mount.source]
    for path in paths:
        if path.is_symlink():
            continue
        added = 0o555 if path.is_dir() else 0o444
        mode = path.stat().st_mode & 0o7777
        wanted = mode | (added if mount.read_only else added | 0o222)
        if wanted != mode:
            path.chmod(wanted)


def _time(text: str | None) -> datetime | None:
    if not text or text.startswith(_NEVER):
        return None
    # Nanoseconds are more than Python reads.
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
