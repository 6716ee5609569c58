"""How a run ends: with figures and a manifest, with a cause in words, or because somebody wished it."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.experiments.adapters.tracking import server_of
from apps.experiments.choices import ACTIVE, NEXT, RunState
from apps.experiments.events import RunCancelled, RunFailed, RunSucceeded
from apps.experiments.models import Run
from apps.experiments.selectors import log_key
from apps.experiments.services.results import Result, result_of
from apps.tenants import services as tenants
from foundation import engines, jobs, ledger, states, storage
from foundation.clock import now
from foundation.engines.ports import WorkloadState, WorkloadStatus
from foundation.identity import Actor
from foundation.jobs import JobHandle
from runtime.failures import read_failure
from runtime.signature import directory_digest

if TYPE_CHECKING:
    from foundation.jobs.models import Job

_MLFLOW_STATUS = {RunState.SUCCEEDED: "FINISHED", RunState.FAILED: "FAILED", RunState.CANCELLED: "KILLED"}


def conclude(*, job: JobHandle, run: Run, status: WorkloadStatus) -> None:
    """Keep log, figures and manifest of a workload that has ended, then let the workload go."""
    job.progress(_("Keeping log and figures"), 95)
    if status.state == WorkloadState.SUCCEEDED:
        result = result_of(run)
        with job.scope():
            _succeed(actor=job.actor, run_id=run.pk, result=result)
    else:
        with job.scope():
            fail_run(actor=job.actor, run_id=run.pk, sentence=cause_of(run, status))
    discard_workload(run)


def cause_of(run: Run, status: WorkloadStatus) -> str:
    """The sentence a failed run opens with: the trainer's own where it gave one, else the engine's."""
    if status.state == WorkloadState.MISSING:
        return _("The machine lost the run: its process is gone and left no result. Run it again.")
    said = read_failure(_last_words(run.engine_name).decode(errors="replace")) if status.reason is None else None
    return status.sentence if said is None else said


@transaction.atomic
def _succeed(*, actor: Actor, run_id: UUID, result: Result) -> None:
    run = _open_run(run_id)
    if run is None:
        return
    run.metrics, run.manifest, run.curve, run.model_files = result.metrics, result.manifest, result.curve, result.files
    if run.repeated_from is not None and run.repeated_from.state == RunState.SUCCEEDED:
        run.reproduced = run.repeated_from.metrics == run.metrics
    done = RunSucceeded(
        run_id=run.pk,
        attempt=run.attempt,
        code_digest=str(run.manifest.get("code", {}).get("sha256", "")),
        manifest_digest=hashlib.sha256(json.dumps(run.manifest, sort_keys=True).encode()).hexdigest(),
        model_digest=directory_digest(run.model_files),
        repeated_from_id=run.repeated_from_id,
        reproduced=run.reproduced,
    )
    _end(actor, run, RunState.SUCCEEDED, done)


@transaction.atomic
def fail_run(*, actor: Actor, run_id: UUID, sentence: str) -> None:
    """End the run as failed, with the cause; a run that has ended stays as it is."""
    run = _open_run(run_id)
    if run is not None:
        run.failure = sentence
        _end(actor, run, RunState.FAILED, RunFailed(run_id=run.pk, attempt=run.attempt))


@transaction.atomic
def close_cancelled(*, actor: Actor, run_id: UUID, sentence: str) -> None:
    """End the run as cancelled by the actor; a run that has ended stays as it is."""
    run = _open_run(run_id)
    if run is not None:
        run.failure = sentence
        _end(actor, run, RunState.CANCELLED, RunCancelled(run_id=run.pk, attempt=run.attempt))


def _open_run(run_id: UUID) -> Run | None:
    run = Run.objects.select_for_update(of=("self",)).select_related("tenant", "repeated_from").get(pk=run_id)
    return run if run.state in ACTIVE else None


def _end(actor: Actor, run: Run, state: RunState, event: ledger.Event) -> None:
    if run.engine_name:
        with engines.open_log(engines.current(), run.engine_name) as log:
            run.log_bytes = storage.put(run.tenant_id, log_key(run), log).size
    states.move(run, state, NEXT)
    run.ended_at = now()
    run.save()
    tenants.revoke_workload_tokens(tenant=run.tenant, purpose=run.token_purpose, now=run.ended_at)
    tenants.give_back(tenant_id=run.tenant_id, subject=("run", run.pk))
    ledger.record(event, actor=actor, project_id=run.project_id, subject=("run", run.pk))
    if run.mlflow_run_id:
        # MLflow's own state follows; should it be away just now, the portal's row is what counts.
        server = server_of(run.project_id)
        transaction.on_commit(lambda: server.end_run(run.mlflow_run_id, _MLFLOW_STATUS[state]), robust=True)


def _last_words(engine_name: str) -> bytes:
    """The end of the log; more of it is never in memory."""
    last = b""
    with engines.open_log(engines.current(), engine_name) as log:
        while piece := log.read(engines.LOG_PIECE):
            last = (last + piece)[-engines.LOG_PIECE :]
    return last


def discard_workload(run: Run) -> None:
    """Stop the process or container for good, and clear its folder away."""
    if run.engine_name:
        engine = engines.current()
        engine.stop(run.engine_name)
        engine.remove(run.engine_name)


@jobs.on_failure("experiments.execute_run")
def _job_failed(job: Job, sentence: str, actor: Actor) -> None:
    run_id = UUID(job.arguments["run_id"])
    fail_run(actor=actor, run_id=run_id, sentence=sentence)
    _discard_after_commit(run_id)


@jobs.on_cancel("experiments.execute_run")
def _job_cancelled(job: Job, sentence: str, actor: Actor) -> None:
    run_id = UUID(job.arguments["run_id"])
    close_cancelled(actor=actor, run_id=run_id, sentence=sentence)
    _discard_after_commit(run_id)


def _discard_after_commit(run_id: UUID) -> None:
    run = Run.objects.get(pk=run_id)
    transaction.on_commit(lambda: discard_workload(run), robust=True)
