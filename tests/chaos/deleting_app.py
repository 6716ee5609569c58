"""The portal's Celery, whose deletion of a tenant stops at the step that a test wrote down, to be killed there.

Each step has done what it does by then; what it did inside a transaction is not committed yet. MLflow's server alone is
not there: which workspaces it would have been asked to delete is written down.
"""

from __future__ import annotations

from tests.chaos.app import celery  # isort: skip  (what follows needs the settings)

from apps.experiments.services import archiving
from apps.tenants import services
from apps.tenants.services import deleting
from tests.chaos.stopping import stop_at, write

__all__ = ["STEPS", "celery"]
# In the order in which a deletion comes by them; where one is done many times, it stops after the first time.
STEPS = {
    "jobs": (deleting, "_end_jobs"),
    "a token": (deleting.tokens, "revoke"),
    "a workspace": (archiving, "forget_workspace"),
    "tables": (deleting.lake, "destroy"),
    "an object": (deleting.storage, "delete"),
    "keys": (deleting.keys, "shred_tenant"),
    "a person": (deleting, "_let_go"),
    "rows": (deleting, "_delete_rows"),
    "the stone": (deleting, "_leave_a_stone"),
    "everything": (services, "delete_tenant"),
}

archiving.forget_workspace = lambda name: write("workspaces", name)
stop_at(STEPS)
