"""A run's way through the engine: start, follow, end. A second worker goes on where the first one was."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.experiments import policies
from apps.experiments.adapters.tracking import server_of
from apps.experiments.choices import ACTIVE, NEXT, RunState
from apps.experiments.events import RunStarted
from apps.experiments.models import Experiment, Run
from apps.experiments.services.ending import conclude, discard_workload
from apps.experiments.services.resources import admission
from apps.experiments.services.workload import SCOPES, workload_name, workload_spec
from apps.tenants import services as tenants
from foundation import engines, jobs, ledger, live, states
from foundation.clock import now
from foundation.engines.ports import ComputeEngine, WorkloadState, WorkloadStatus
from foundation.identity import Actor
from foundation.jobs import JobCancelled, JobHandle

if TYPE_CHECKING:
    from foundation.jobs.models import Job

_TOKEN_LIVES = timedelta(minutes=15)
_RENEWED_AFTER_S = 300.0
_LOOKED_AT_EVERY_S = 0.5
_ENDED = frozenset({WorkloadState.SUCCEEDED, WorkloadState.FAILED, WorkloadState.MISSING})


def execute_run(*, job: JobHandle, run_id: UUID) -> None:
    """Run to the end, or go on with the workload that an earlier worker left running."""
    engine = engines.current()
    with job.scope():
        run = Run.objects.select_related("tenant", "project", "experiment").get(pk=run_id)
    if run.state not in ACTIVE:
        return
    try:
        if not run.engine_name or engine.status(run.engine_name).state == WorkloadState.MISSING:
            _begin(engine, job, run)
        status = _follow(engine, job, run)
    except JobCancelled:
        discard_workload(run)
        raise
    conclude(job=job, run=run, status=status)


@jobs.on_admission("experiments.execute_run")
def _admission(job: Job, take: bool) -> str:
    run = Run.objects.get(pk=UUID(job.arguments["run_id"]))
    if run.state not in ACTIVE:
        return ""
    return admission(job, take, subject=("run", run.pk), resource_class=run.resource_class)


def _begin(engine: ComputeEngine, job: JobHandle, run: Run) -> None:
    """A new attempt: number, token and ledger entry first, then the workload that carries them."""
    job.progress(_("Preparing"), 2)
    server = server_of(run.project_id)
    experiment_id = run.experiment.mlflow_id or server.ensure_experiment(run.experiment.name)
    mlflow_run_id = run.mlflow_run_id or server.create_run(
        experiment_id, name=str(run), tags={"sanad.run_id": str(run.pk), "sanad.recipe": run.recipe}
    )
    with job.scope():
        token = _record_attempt(engine, job, run, experiment_id, mlflow_run_id)
    engine.start(workload_spec(run, token=token, mlflow_experiment_id=experiment_id))


def _record_attempt(engine: ComputeEngine, job: JobHandle, run: Run, experiment_id: str, mlflow_run_id: str) -> str:
    run.attempt = Run.objects.select_for_update().get(pk=run.pk).attempt + 1
    states.move(run, RunState.STARTING, NEXT)
    run.mlflow_run_id = mlflow_run_id
    run.engine, run.engine_name, run.started_at = engine.name, workload_name(run), run.started_at or now()
    run.save(update_fields=["attempt", "mlflow_run_id", "state", "engine", "engine_name", "started_at"])
    Experiment.objects.filter(pk=run.experiment_id).update(mlflow_id=experiment_id)
    # The token is the run's, not its starter's: whoever may start runs need not be able to write a run's figures.
    policies.check_can_start(job.actor, run)
    keeper = Actor.system(job.actor.tenant, "run").with_request(job.actor.request_id)
    _row, token = tenants.issue_workload_token(
        actor=keeper, project_id=run.project_id, purpose=run.token_purpose, scopes=SCOPES, ttl=_TOKEN_LIVES
    )
    started = RunStarted(run_id=run.pk, attempt=run.attempt, engine=engine.name)
    ledger.record(started, actor=job.actor, project_id=run.project_id, subject=("run", run.pk))
    return token


def _follow(engine: ComputeEngine, job: JobHandle, run: Run) -> WorkloadStatus:
    """Watch until it ends, telling the page of each growth of the log; the token is renewed while it runs."""
    size, renewed = 0, time.monotonic()
    while True:
        job.raise_if_cancelled()
        status = engine.status(run.engine_name)
        if status.state == WorkloadState.RUNNING and run.state != RunState.RUNNING:
            _now_running(job, run)
        _piece, end = engine.logs(run.engine_name, size)
        if end != size:
            size = end
            live.publish(run.tenant_id, f"run:{run.pk}", "run.log", {"size": size})
        if status.state in _ENDED:
            return status
        if time.monotonic() - renewed > _RENEWED_AFTER_S:
            with job.scope():
                tenants.renew_workload_token(tenant=run.tenant, purpose=run.token_purpose, ttl=_TOKEN_LIVES, now=now())
            renewed = time.monotonic()
        time.sleep(_LOOKED_AT_EVERY_S)  # the port has no call that waits; half a second is what a page shows


def _now_running(job: JobHandle, run: Run) -> None:
    job.progress(_("Training"), None)
    states.move(run, RunState.RUNNING, NEXT)
    with job.scope(), transaction.atomic():
        states.move_rows(Run.objects.filter(pk=run.pk), RunState.RUNNING, NEXT)
    live.publish(run.tenant_id, f"run:{run.pk}", "run.running", {})
