from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

# A hundred years: what is longer is no promise.
MOST_FRESHNESS_S = 3_153_600_000


class BuildState(TextChoices):
    BUILDING = "building", _("Building")
    READY = "ready", _("Ready")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    DESTROYING = "destroying", _("Being destroyed")
    DESTROYED = "destroyed", _("Destroyed")


NEXT: dict[BuildState, frozenset[BuildState]] = {
    BuildState.BUILDING: frozenset({BuildState.READY, BuildState.FAILED, BuildState.CANCELLED}),
    BuildState.READY: frozenset({BuildState.DESTROYING}),
    BuildState.FAILED: frozenset(),
    BuildState.CANCELLED: frozenset(),
    BuildState.DESTROYING: frozenset({BuildState.DESTROYED}),
    BuildState.DESTROYED: frozenset(),
}


class ColumnRole(TextChoices):
    FEATURE = "feature", _("Feature")
    LABEL = "label", _("Label")
    EVENT_TIME = "event_time", _("Event time")
    GROUP = "group", _("Group")
    KEY = "key", _("Key")
    PROOF = "proof", _("Proof")


class MaterialisationKind(TextChoices):
    FULL = "full", _("All keys")
    INCREMENTAL = "incremental", _("Keys with new rows")


class MaterialisationCause(TextChoices):
    ROWS = "rows", _("New rows")
    ASKED = "asked", _("Asked for")
    FORGOTTEN = "forgotten", _("The online store forgot them")


class MaterialisationState(TextChoices):
    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    OVERTAKEN = "overtaken", _("Overtaken by a newer one")


OPEN_MATERIALISATIONS = [MaterialisationState.WAITING.value, MaterialisationState.RUNNING.value]
_ENDS = frozenset(
    {
        MaterialisationState.DONE,
        MaterialisationState.FAILED,
        MaterialisationState.CANCELLED,
        MaterialisationState.OVERTAKEN,
    }
)
MATERIALISATION_NEXT: dict[MaterialisationState, frozenset[MaterialisationState]] = {
    MaterialisationState.WAITING: frozenset({MaterialisationState.RUNNING, *_ENDS}),
    MaterialisationState.RUNNING: _ENDS,
    **dict.fromkeys(_ENDS, frozenset()),
}
