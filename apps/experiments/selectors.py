"""Reads of experiments and runs, each limited to what the actor may see."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from uuid import UUID

from django.conf import settings
from django.db.models import F, QuerySet, Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.experiments.adapters.mlflow_relay import Ask, Reply, send
from apps.experiments.adapters.mlflow_routes import is_plain
from apps.experiments.adapters.tracking import server_of, workspace_of
from apps.experiments.choices import ACTIVE, RunState
from apps.experiments.errors import FilesChanged
from apps.experiments.models import Experiment, Run
from foundation import access, engines, storage
from foundation.access import Permission
from foundation.errors import Conflict, NotFound
from foundation.identity import Actor
from foundation.web.lineage import Reference, Thing, Whole
from runtime.failures import sentence_in
from runtime.figures import MORE_IS_BETTER, ranked, task_of

if TYPE_CHECKING:
    from apps.projects.models import Project

_MOST_CURVES = 12


def visible_runs(*, actor: Actor, project_id: UUID | None = None) -> QuerySet[Run]:
    permission = Permission.RUN_TRACK if actor.kind == "workload" else Permission.RUN_VIEW
    rows = Run.objects.select_related("experiment", "training_set", "created_by")
    return access.visible(rows, actor, permission, project_id=project_id)


def get_run(*, actor: Actor, run_id: UUID) -> Run:
    run = visible_runs(actor=actor).filter(pk=run_id).first()
    if run is None:
        raise NotFound(_("There is no such run here."))
    return run


def repeats_of(*, actor: Actor, run_id: UUID) -> QuerySet[Run]:
    """The runs that repeated this one to their end, the oldest first."""
    rows = visible_runs(actor=actor).filter(repeated_from_id=run_id, state=RunState.SUCCEEDED)
    return rows.order_by("created_at")


def find_by_mlflow_id(*, actor: Actor, mlflow_run_id: str) -> Run | None:
    return visible_runs(actor=actor).filter(mlflow_run_id=mlflow_run_id).first()


def visible_experiments(*, actor: Actor, project_id: UUID | None = None) -> QuerySet[Experiment]:
    return access.visible(Experiment.objects.all(), actor, Permission.RUN_VIEW, project_id=project_id)


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
    """A piece of the log from `offset` on, and where that ends; the log outlives the workload that wrote it."""
    if not run.is_active:
        return _kept_log(run, offset)
    if not run.engine_name:
        return b"", 0
    try:
        return engines.current().logs(run.engine_name, offset)
    except engines.WorkloadMissing:
        return b"", offset


def _kept_log(run: Run, offset: int) -> tuple[bytes, int]:
    if offset >= run.log_bytes:
        return b"", offset
    with storage.open(run.tenant_id, log_key(run)) as file:
        file.seek(offset)
        piece = file.read(engines.LOG_PIECE)
    return piece, offset + len(piece)


def open_log(run: Run) -> BinaryIO:
    """The whole log as a stream, to be closed; its content is read after this, and asks the database nothing more."""
    if run.is_active and run.engine_name:
        return engines.open_log(engines.current(), run.engine_name)
    return storage.open(run.tenant_id, log_key(run)) if run.log_bytes else io.BytesIO()


def log_tail(run: Run, *, lines: int = 20) -> str:
    """The last lines of the log, where a failure says most."""
    piece, _size = read_log(run, offset=max(0, run.log_bytes - 64 * 1024))
    # The line by which the trainer tells the portal its reason is shown as a sentence already.
    told = [line for line in piece.decode(errors="replace").splitlines() if sentence_in(line) is None]
    return "\n".join(told[-lines:])


def log_key(run: Run) -> str:
    return f"runs/{run.pk.hex}/log"


def download_model(run: Run, into: Path) -> Path:
    """The model directory that a succeeded run has logged, as files below `into`; FilesChanged where it is another."""
    if run.state != RunState.SUCCEEDED:
        raise Conflict(_("%(run)s has no model: it is %(state)s.") % {"run": run, "state": RunState(run.state).label})
    if not run.model_files:
        raise FilesChanged(
            _("%(run)s ended before the portal kept the digests of a model's files; repeat it, and take the repeat.")
            % {"run": run}
        )
    server = server_of(run.project_id)
    size, limit = server.size(run.mlflow_run_id, "model"), settings.SANAD_MODEL_LIMIT_MB
    if size > limit * 1024**2:
        raise Conflict(
            _("The model of %(run)s holds %(size)d MiB; this portal takes up to %(limit)d (SANAD_MODEL_LIMIT_MB).")
            % {"run": run, "size": -(-size // 1024**2), "limit": limit}
        )
    folder = server.download(run.mlflow_run_id, "model", into)
    _check_files(run, folder)
    return folder


def _check_files(run: Run, folder: Path) -> None:
    found = {}
    for path in (path for path in folder.rglob("*") if path.is_file()):
        with path.open("rb") as file:
            found[path.relative_to(folder).as_posix()] = hashlib.file_digest(file, "sha256").hexdigest()
    for name in sorted(found.keys() | run.model_files.keys()):
        if name not in found:
            said = _("The file “%(name)s” of %(run)s's model is missing; the run had left one.")
        elif name not in run.model_files:
            said = _("The file “%(name)s” was put into %(run)s's model after the run had ended; the run left none.")
        elif found[name] != run.model_files[name]:
            said = _("The file “%(name)s” of %(run)s's model was changed after the run had ended.")
        else:
            continue
        raise FilesChanged(said % {"name": name, "run": run})


def metric_history(run: Run, keys: list[str]) -> dict[str, list[dict[str, Any]]]:
    """Each metric's values as {"step", "value", "timestamp"} in order of step."""
    if not run.mlflow_run_id:
        return {}
    server = server_of(run.project_id)
    return {key: server.metric_history(run.mlflow_run_id, key) for key in keys}


def curve_histories(run: Run) -> dict[str, list[dict[str, Any]]]:
    """The metrics that the run logs step by step, with their values so far."""
    if not run.mlflow_run_id:
        return {}
    return _histories(run.project_id, server_of(run.project_id).get_run(run.mlflow_run_id))


def tracked_histories(*, actor: Actor, project: Project, mlflow_run_id: str) -> dict[str, list[dict[str, Any]]]:
    """The histories of those metrics of an MLflow run that have more than one step."""
    return _histories(project.pk, get_tracked(actor=actor, project=project, mlflow_run_id=mlflow_run_id))


def _histories(project_id: UUID, found: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    server = server_of(project_id)
    latest = found["data"].get("metrics", [])
    stepped = sorted(metric["key"] for metric in latest if int(metric.get("step", 0)) > 0)
    return {key: server.metric_history(found["info"]["run_id"], key) for key in stepped[:_MOST_CURVES]}


def tracked_runs(*, actor: Actor, project: Project, page_token: str = "") -> tuple[list[dict[str, Any]], str]:
    """Runs that clients logged by themselves, newest first, and the token of the next page."""
    access.require(actor, Permission.RUN_VIEW, project)
    found, following = server_of(project.pk).search_runs(page_token=page_token)
    return [_as_shown(run) for run in found if not _is_of_portal(run)], following


def _is_of_portal(run: dict[str, Any]) -> bool:
    return any(tag["key"] == "sanad.run_id" for tag in run["data"].get("tags", []))


def _as_shown(run: dict[str, Any]) -> dict[str, Any]:
    info = run["info"]
    started = datetime.fromtimestamp(int(info["start_time"]) / 1000, UTC) if info.get("start_time") else None
    return {
        "id": info["run_id"],
        "name": info.get("run_name") or info["run_id"][:8],
        "status": str(info.get("status", "")).lower(),
        "metrics": run["data"].get("metrics", [])[:4],
        "started_at": started,
    }


def get_tracked(*, actor: Actor, project: Project, mlflow_run_id: str) -> dict[str, Any]:
    """A run that somebody's own client logged, as MLflow's REST gives it."""
    access.require(actor, Permission.RUN_VIEW, project)
    try:
        return server_of(project.pk).get_run(mlflow_run_id)
    except NotFound as error:
        raise NotFound(_("There is no such run in this project.")) from error


def report_of(run: Run, name: str) -> Any:
    """A JSON document that the trainer wrote beside the model, like "importance"; None where there is none."""
    if run.state != RunState.SUCCEEDED:
        return None
    try:
        return server_of(run.project_id).read_json(run.mlflow_run_id, f"model/sanad/{name}.json")
    except NotFound:
        return None


def list_artifacts(*, actor: Actor, project: Project, mlflow_run_id: str, path: str) -> list[dict[str, Any]]:
    """{"path", "name", "is_dir", "file_size"} of what lies in one folder of an MLflow run, folders first."""
    if not mlflow_run_id:
        return []
    if not is_plain(path.strip("/")):
        raise NotFound(_("There is no such path."))
    get_tracked(actor=actor, project=project, mlflow_run_id=mlflow_run_id)
    found = server_of(project.pk).list_artifacts(mlflow_run_id, path.strip("/"))
    named = [{**entry, "name": entry["path"].rsplit("/", 1)[-1]} for entry in found]
    return sorted(named, key=lambda entry: (not entry["is_dir"], entry["path"]))


def open_artifact(*, actor: Actor, project: Project, mlflow_run_id: str, path: str) -> Reply:
    """A file of an MLflow run on its way, piece by piece."""
    if not is_plain(path):
        raise NotFound(_("There is no such path."))
    get_tracked(actor=actor, project=project, mlflow_run_id=mlflow_run_id)
    root = server_of(project.pk).artifact_root(mlflow_run_id).lstrip("/")
    ask = Ask(workspace_of(project.pk), "GET", f"{root}/{path}")
    reply = send(ask, stream=True)
    if reply.status >= 400:
        raise NotFound(_("The run has no file “%(path)s”.") % {"path": path})
    return reply


def key_metrics(*, actor: Actor, project_id: UUID, most: int = 2) -> list[str]:
    """The figures of the newest runs' test rows, as the newest of them ranks them: a list's metric columns."""
    rows = visible_runs(actor=actor, project_id=project_id).filter(state=RunState.SUCCEEDED)
    recorded = rows.order_by("-created_at").values_list("metrics__test", flat=True)[:50]
    newest = [figures for figures in recorded if figures]
    present = {name for figures in newest for name in figures}
    return ranked(present, task_of(newest[0]))[:most] if newest else []


def best_run(*, actor: Actor, project_id: UUID, metric: str) -> Run | None:
    """The succeeded run with the best figure on its test rows."""
    field = F(f"metrics__test__{metric}")
    rows = visible_runs(actor=actor, project_id=project_id).filter(state=RunState.SUCCEEDED)
    order = field.desc(nulls_last=True) if MORE_IS_BETTER[metric] else field.asc(nulls_last=True)
    return rows.filter(metrics__test__has_key=metric).order_by(order, "created_at").first()


def bytes_of_logs(tenant_id: UUID) -> dict[UUID, int]:
    """By project, how much the logs of runs keep; for quotas, which hold whoever asks."""
    rows = Run.objects.filter(tenant_id=tenant_id, log_bytes__gt=0).order_by().values("project_id")
    return {row["project_id"]: int(row["n"]) for row in rows.annotate(n=Sum("log_bytes"))}


def run_things(actor: Actor, ids: Collection[UUID]) -> Iterator[Thing]:
    """Runs among these that the actor may see, as they stand in the picture of lineage: together by training set."""
    for run in visible_runs(actor=actor).filter(pk__in=ids).select_related("training_set", "project"):
        whole = Whole("runs", run.training_set_id, _("Runs on %(set)s") % {"set": run.training_set})
        yield Thing(
            kind="run",
            pk=run.pk,
            name=f"{run} {run.recipe}",
            project_id=run.project_id,
            project=run.project.slug,
            url=reverse("experiments:run_detail", args=[actor.tenant.slug, run.project.slug, run.pk]),
            state=run.state,
            state_label=str(RunState(run.state).label),
            at=run.ended_at or run.created_at,
            digest=run.spec_digest,
            part_of=whole,
            made_from=(("training_set", run.training_set_id),),
            same_columns=True,
        )


def training_sets_run(actor: Actor) -> QuerySet[Any, Any]:
    """The ids of training sets from which a run that the actor sees learnt."""
    if not access.can_somewhere(actor, Permission.RUN_VIEW):
        return Run.objects.none().values("training_set_id")
    return visible_runs(actor=actor).filter(state=RunState.SUCCEEDED).order_by().values("training_set_id")


def made_of_training_sets(actor: Actor, ids: Collection[UUID]) -> list[tuple[UUID, Reference]]:
    """Runs that learnt from training sets, in the whole tenant."""
    rows = Run.objects.filter(tenant_id=actor.tenant_id, training_set_id__in=ids).order_by("-created_at")
    return [(of, ("run", pk)) for pk, of in rows.values_list("pk", "training_set_id")]
