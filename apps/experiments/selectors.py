"""Reads of experiments and runs, each limited to what the actor may see."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.experiments.choices import ACTIVE, RunState
from apps.experiments.models import Experiment, Run
from foundation import access, engines, storage
from foundation.access import Permission
from foundation.errors import Conflict, NotFound
from foundation.identity import Actor


def visible_runs(*, actor: Actor, project_id: UUID | None = None) -> QuerySet[Run]:
    access.require(actor, Permission.RUN_TRACK if actor.kind == "workload" else Permission.RUN_VIEW)
    rows = Run.objects.filter(tenant_id=actor.tenant_id).select_related("experiment", "training_set", "created_by")
    for limit in filter(None, (project_id, actor.project_id)):
        rows = rows.filter(project_id=limit)
    return rows


def get_run(*, actor: Actor, run_id: UUID) -> Run:
    run = visible_runs(actor=actor).filter(pk=run_id).first()
    if run is None:
        raise NotFound(_("There is no such run here."))
    return run


def find_by_mlflow_id(*, actor: Actor, mlflow_run_id: str) -> Run | None:
    return visible_runs(actor=actor).filter(mlflow_run_id=mlflow_run_id).first()


def visible_experiments(*, actor: Actor, project_id: UUID | None = None) -> QuerySet[Experiment]:
    access.require(actor, Permission.RUN_VIEW)
    rows = Experiment.objects.filter(tenant_id=actor.tenant_id)
    for limit in filter(None, (project_id, actor.project_id)):
        rows = rows.filter(project_id=limit)
    return rows


def runs_of_training_set(*, actor: Actor, training_set_id: UUID) -> QuerySet[Run]:
    return visible_runs(actor=actor).filter(training_set_id=training_set_id)


def summary(*, actor: Actor, project_id: UUID) -> dict[str, int]:
    """How many runs there are by what a person wants to know of them."""
    rows = visible_runs(actor=actor, project_id=project_id)
    return {
        "active": rows.filter(state__in=ACTIVE).count(),
        "failed": rows.filter(state=RunState.FAILED).count(),
        "succeeded": rows.filter(state=RunState.SUCCEEDED).count(),
    }


def read_log(run: Run, *, offset: int) -> tuple[bytes, int]:
    """The log from `offset` on, and where it ends now; it outlives the process or container that wrote it."""
    if run.log_bytes and not run.is_active:
        with storage.open(run.tenant_id, log_key(run)) as file:
            return file.read()[offset:], run.log_bytes
    if not run.engine_name:
        return b"", 0
    try:
        return engines.current().logs(run.engine_name, offset)
    except engines.WorkloadMissing:
        return b"", offset


def log_key(run: Run) -> str:
    return f"runs/{run.pk.hex}/log"


def download_model(run: Run, into: Path) -> Path:
    """The model directory that a succeeded run has logged, as files below `into`."""
    from apps.experiments.adapters.tracking import server_of

    if run.state != RunState.SUCCEEDED:
        raise Conflict(_("%(run)s has no model: it is %(state)s.") % {"run": run, "state": RunState(run.state).label})
    return server_of(run.project_id).download(run.mlflow_run_id, "model", into)


def metric_history(run: Run, keys: list[str]) -> dict[str, list[dict[str, Any]]]:
    """Each metric's values as {"step", "value", "timestamp"} in order of step."""
    from apps.experiments.adapters.tracking import server_of

    if not run.mlflow_run_id:
        return {}
    server = server_of(run.project_id)
    return {key: server.metric_history(run.mlflow_run_id, key) for key in keys}
