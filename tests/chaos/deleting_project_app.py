"""The portal's Celery, whose deletion of a project stops at the step that a test wrote down, to be killed there.

Each step has done what it does by then; what it did inside a transaction is not committed yet. MLflow's server and the
gateway alone are not there: which workspaces would have been deleted is written down, and nothing waits for the log.
"""

from __future__ import annotations

from tests.chaos.app import celery  # isort: skip  (what follows needs the settings)

from apps.deployments import selectors as deployments
from apps.experiments.adapters import tracking
from apps.features.services import FeatureFarewell
from apps.projects import services
from apps.projects.services import deleting
from tests.chaos.stopping import stop_at, write

__all__ = ["STEPS", "celery"]
# In the order in which a deletion comes by them; where one is done many times, it stops after the first time.
STEPS = {
    "jobs": (deleting, "_end_jobs"),
    "rows": (deleting.rows, "delete_rows"),
    "the plan": (deleting, "_let_rows_go"),
    "tables": (deleting.shredding, "shred"),
    "an object": (deleting.storage, "delete"),
    "values online": (FeatureFarewell, "forget"),
    "a workspace": (tracking, "forget_workspace"),
    "archives": (deleting, "_forget_archives"),
    "the stone": (deleting, "_leave_a_stone"),
    "everything": (services, "delete_project"),
}

tracking.forget_workspace = lambda name: write("workspaces", name)
deployments.gateway.read_waiting = lambda _socket: 0
stop_at(STEPS)
