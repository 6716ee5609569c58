from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Step:
    """A step of the way of a first model: done when the ledger holds one of the events; `place` is where to go."""

    key: str
    label: str | Promise
    events: tuple[str, ...]
    place: str


STEPS = (
    Step("data", _("Add data"), ("dataset_version.committed",), "data/"),
    Step("training_set", _("Say what to learn from: a training set"), ("training_set.ready",), "features/?show=sets"),
    Step("run", _("Start a run"), ("run.succeeded",), "experiments/"),
    Step("model", _("Register a model version"), ("model_version.registered",), "models/"),
    Step("approval", _("Have it approved for production"), ("model_version.promoted",), "models/"),
    Step("deployment", _("Deploy it"), ("revision.ready",), "deployments/"),
    Step("monitor", _("Watch it"), ("monitor.created",), "monitoring/"),
)
STEP_EVENTS = frozenset(event for step in STEPS for event in step.events)
