"""The port of a compute engine: start, watch and end workloads by name. No SDK and no Django passes through it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Literal, Protocol

from django.utils.translation import gettext as _

from foundation.engines.errors import SpecRefused

# In values of `env` this stands for the portal's address as the workload reaches it.
PORTAL = "{portal}"
# The most of a log that one call answers with.
LOG_PIECE = 1024 * 1024
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,99}")


class WorkloadState(StrEnum):
    STARTING = "starting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    MISSING = "missing"

    @property
    def is_final(self) -> bool:
        return self in (WorkloadState.SUCCEEDED, WorkloadState.FAILED, WorkloadState.MISSING)


class Reason(StrEnum):
    """Why a workload did not end by itself."""

    OUT_OF_MEMORY = "out_of_memory"
    KILLED = "killed"
    IMAGE_MISSING = "image_missing"
    NOT_STARTED = "not_started"
    LOST = "lost"


@dataclass(frozen=True)
class Mount:
    """A file or folder of the portal, shown to the workload at the absolute path `target`."""

    source: Path
    target: str
    read_only: bool = True


@dataclass(frozen=True)
class WorkloadSpec:
    """What to run: `python -m <module> <args>`.

    `name` is unique for ever on the engine ("run-<uuid>-a<attempt>"). `env` holds secrets, so it is never put on a
    command line; its values may contain `{portal}`. Paths in `env` and `args` are written as the mounts' targets. A
    service gets SANAD_SERVICE_SOCKET set by the engine. `cpus` is in cores; `memory_mb` in MiB, resident memory of the
    whole tree. `own_code` says that a user's code runs: an engine that cannot isolate it raises IsolationMissing.
    """

    name: str
    kind: Literal["task", "service"]
    module: str
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    mounts: tuple[Mount, ...] = ()
    cpus: float = 1.0
    memory_mb: int = 1024
    gpus: int = 0
    own_code: bool = False

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise SpecRefused(_("A workload's name has to be 1 to 100 small letters, digits, dots or dashes."))
        for mount in self.mounts:
            if not mount.target.startswith("/") or ".." in Path(mount.target).parts:
                raise SpecRefused(_("The mount target %(target)s is not an absolute path.") % {"target": mount.target})
            if not mount.source.exists():
                raise SpecRefused(_("The path %(path)s, to be mounted, is missing.") % {"path": mount.source})


@dataclass(frozen=True)
class WorkloadStatus:
    """`exit_code` is None until the end, 128 plus its number for a signal; `address` is "unix:/…" for a service."""

    state: WorkloadState
    exit_code: int | None = None
    reason: Reason | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    address: str | None = None
    memory_mb: int | None = None

    @property
    def sentence(self) -> str:
        """Say in words how it stands; for a failure, why."""
        if self.reason is None:
            return _plain_sentence(self)
        return {
            Reason.OUT_OF_MEMORY: _("It used more memory than the %(memory)s MiB it was given, and was ended.")
            % {"memory": self.memory_mb},
            Reason.KILLED: _("It was stopped from outside."),
            Reason.IMAGE_MISSING: _("The container image it needs is not on this machine."),
            Reason.NOT_STARTED: _("It could not be started; its log says why."),
            Reason.LOST: _("It was lost: the machine restarted, or its keeper was killed."),
        }[self.reason]


def _plain_sentence(status: WorkloadStatus) -> str:
    if status.state is WorkloadState.FAILED:
        return _("It ended by itself with exit code %(code)s.") % {"code": status.exit_code}
    return {
        WorkloadState.STARTING: _("It is being started."),
        WorkloadState.RUNNING: _("It is running."),
        WorkloadState.SUCCEEDED: _("It ended well."),
        WorkloadState.MISSING: _("The engine does not know it."),
    }[status.state]


@dataclass(frozen=True)
class Usage:
    """CPU time since the start in seconds; resident memory of the whole tree in MiB now."""

    cpu_seconds: float
    memory_mb: float


@dataclass(frozen=True)
class Capacity:
    """What the engine's machine has in all; `gpus` only those that the engine hands on to workloads."""

    cpus: float
    memory_mb: int
    gpus: int = 0


class ComputeEngine(Protocol):
    """Every call may come from another process than the one that started a workload, also after a restart."""

    name: str

    def start(self, spec: WorkloadSpec) -> None:
        """Start it, or do nothing when one of this name exists; returns once it is handed over, not once it is up.

        Raises ImageMissing, IsolationMissing or EngineUnavailable; then none of this name exists.
        """

    def status(self, name: str) -> WorkloadStatus:
        """Say how it stands; an unknown name has the state `missing`."""

    def logs(self, name: str, offset: int = 0) -> tuple[bytes, int]:
        """Return at most LOG_PIECE bytes of the log from the byte `offset` on, and the offset to go on from.

        Each line begins with the UTC time at which it was written. Raises WorkloadMissing.
        """

    def stop(self, name: str, grace_s: float = 5.0) -> None:
        """Ask it to end, kill its whole process tree after `grace_s` seconds, and return when nothing of it runs."""

    def remove(self, name: str) -> None:
        """Stop it at once and forget it with its log; an unknown name is fine."""

    def usage(self, name: str) -> Usage:
        """Return what it uses, or used at last; raises WorkloadMissing."""

    def capacity(self) -> Capacity:
        """Return what its machine has; raises EngineUnavailable."""

    def list(self, prefix: str = "") -> list[str]:
        """Return the names of all workloads that were not removed and begin with `prefix`, sorted."""
