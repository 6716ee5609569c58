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

# Of an organisation, for its administrators; the second factor is one's own, and the person says whether it is there.
FACTOR = "factor"
FIRST_STEPS = (
    Step("people", _("Invite your colleagues"), ("membership.invited",), "settings/members/"),
    Step(FACTOR, _("Set up a second factor for your account"), (), "/accounts/#factors"),
    Step("project", _("Create the first project"), ("project.created",), "projects/new/"),
    Step("budget", _("Set a budget"), ("budget.changed",), "settings/budgets/"),
)

# The page of a thing by its route's name: which kind, and which part of the address is its id.
PAGES = {
    "dashboards:overview": ("project", "project"),
    "datasets:dataset_detail": ("dataset", "dataset_id"),
    "datasets:version_detail": ("dataset_version", "version_id"),
    "datasets:transformation_detail": ("transformation", "transformation_id"),
    "features:entity_detail": ("entity", "entity_id"),
    "features:service_detail": ("feature_service", "service_id"),
    "features:feature_detail": ("feature", "feature_id"),
    "features:view_detail": ("feature_view", "view_id"),
    "features:on_demand_detail": ("on_demand_view", "on_demand_id"),
    "features:training_set_detail": ("training_set", "training_set_id"),
    "experiments:run_detail": ("run", "run_id"),
    "registry:model_detail": ("model", "model_id"),
    "registry:version_detail": ("model_version", "version_id"),
    "deployments:deployment_detail": ("deployment", "deployment_id"),
    "monitoring:monitor_detail": ("monitor", "monitor_id"),
    "monitoring:alert_detail": ("alert", "alert_id"),
    "approvals:case_detail": ("approval_case", "case_id"),
    "compliance:report_detail": ("report", "report_id"),
    "compliance:erasure_detail": ("erasure", "erasure_id"),
}
