from __future__ import annotations

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class RunState(TextChoices):
    QUEUED = "queued", _("Queued")
    STARTING = "starting", _("Starting")
    RUNNING = "running", _("Running")
    SUCCEEDED = "succeeded", _("Succeeded")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


# A run whose worker died goes back to starting with the next attempt.
NEXT: dict[RunState, frozenset[RunState]] = {
    RunState.QUEUED: frozenset({RunState.STARTING, RunState.FAILED, RunState.CANCELLED}),
    RunState.STARTING: frozenset({RunState.STARTING, RunState.RUNNING, RunState.FAILED, RunState.CANCELLED}),
    RunState.RUNNING: frozenset({RunState.STARTING, RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED}),
    RunState.SUCCEEDED: frozenset(),
    RunState.FAILED: frozenset(),
    RunState.CANCELLED: frozenset(),
}
ACTIVE = frozenset({RunState.QUEUED, RunState.STARTING, RunState.RUNNING})


@dataclass(frozen=True)
class ResourceClass:
    """What a run may use of a machine."""

    name: str
    label: object
    cpus: float
    memory_mb: int
    gpus: int = 0


RESOURCE_CLASSES = {
    found.name: found
    for found in (
        ResourceClass("small", _("Small: 1 CPU, 2 GB"), 1, 2048),
        ResourceClass("medium", _("Medium: 2 CPUs, 6 GB"), 2, 6144),
        ResourceClass("large", _("Large: 4 CPUs, 16 GB"), 4, 16384),
        ResourceClass("gpu", _("GPU: 4 CPUs, 16 GB, 1 GPU"), 4, 16384, gpus=1),
    )
}


class SplitKind(TextChoices):
    TIME = "time", _("By time")
    GROUP = "group", _("By group")
    RANDOM = "random", _("By chance")
