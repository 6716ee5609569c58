"""What a request to MLflow may be about: things of its project, and of these what the actor may change."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.experiments import policies
from apps.experiments.adapters import mlflow_belonging as belonging
from apps.experiments.adapters.mlflow_belonging import Named
from apps.experiments.adapters.mlflow_routes import Found, is_plain
from apps.experiments.errors import RunRefused, StaleAttempt
from apps.experiments.models import Experiment, Run
from foundation.errors import AccessDenied, NotFound
from foundation.identity import Actor

Query = list[tuple[str, str]]
_OWN_TAGS = "sanad."


def runs_meant(workspace: str, found: Found, query: Query, body: dict[str, Any]) -> frozenset[str]:
    """The MLflow ids of the runs that a request is about, all of this workspace; else NotFound or a refusal."""
    named = [belonging.named_in([{name: value} for name, value in query], body, found.parts)]
    if found.route.kind == "artifact":
        named += _owners_of_paths(workspace, found, query)
    elif not all(is_plain(value.strip("/")) for name, value in query if name == "path"):
        raise NotFound(_("There is no such path."))
    if found.route.kind == "experiment":
        _check_location(workspace, belonging.field(body, "artifact_location"))
    if found.route.kind == "registry" and found.route.writes and (source := belonging.field(body, "source")):
        named.append(_named_by_source(workspace, str(source)))
    return frozenset().union(*(belonging.check_belongs(workspace, each) for each in named))


def _owners_of_paths(workspace: str, found: Found, query: Query) -> list[Named]:
    """Whose artifacts the paths are; a file is written below a run or a model and nowhere else."""
    given = [found.parts["path"]] if "path" in found.parts else [value for name, value in query if name == "path"]
    named = []
    for path in given:
        inside = belonging.path_in_workspace(workspace, path)
        if inside is None:
            raise NotFound(_("This project has no artifact at that path."))
        owner = belonging.owner_of_path(inside)
        if owner is None and found.route.writes:
            raise RunRefused(_("Artifacts are written below a run or a model: …/<run id>/artifacts/…"))
        named += [owner] if owner else []
    return named


def _check_location(workspace: str, location: Any) -> None:
    if location and not belonging.is_own_location(workspace, str(location)):
        raise RunRefused(_("An experiment's artifacts lie inside its project; leave “artifact_location” out."))


def _named_by_source(workspace: str, source: str) -> Named:
    named = belonging.source_of_version(workspace, source)
    if named is None:
        raise RunRefused(
            _("A model version's source is a run or a model of this project (“runs:/…”, “models:/…”), no other place.")
        )
    return named


def check_may_touch(actor: Actor, found: Found, meant: frozenset[str], body: dict[str, Any]) -> list[Run]:
    """Whether the actor may do this to these runs; answers those of them that the portal started."""
    if any(key.startswith(_OWN_TAGS) for key in _tag_keys(found, body)):
        raise AccessDenied(_("Tags that begin with “sanad.” are the portal's own."))
    if actor.kind == "workload":
        return _check_workload(actor, found, meant)
    runs = list(Run.objects.filter(tenant_id=actor.tenant_id, mlflow_run_id__in=meant)) if meant else []
    if found.route.writes and not found.route.tags and found.route.kind != "registry":
        for run in runs:
            policies.check_is_not_of_portal(run)
    if found.route.writes and not found.route.tags and found.route.kind == "experiment":
        _check_experiment(actor, belonging.field(body, "experiment_id"))
    return runs


def _tag_keys(found: Found, body: dict[str, Any]) -> list[str]:
    tags = belonging.field(body, "tags")
    listed = [str(tag.get("key", "")) for tag in tags if isinstance(tag, dict)] if isinstance(tags, list) else []
    return [*listed, str(belonging.field(body, "key") or "")] if found.route.tags else listed


def _check_workload(actor: Actor, found: Found, meant: frozenset[str]) -> list[Run]:
    """A run's own container speaks of its own run, and of no other."""
    run = _run_of(actor)
    policies.check_is_own_workload(actor, run)
    if found.route.kind == "info" or (found.route.kind == "experiment" and not found.route.writes):
        return [run]
    if meant != {run.mlflow_run_id}:
        raise AccessDenied(_("A run's own token reads and writes that run alone."))
    return [run]


def _run_of(actor: Actor) -> Run:
    """The run that a workload's token was made for, by its purpose “run:<id>.a<attempt>”."""
    kind, _colon, rest = actor.purpose.partition(":")
    try:
        run_id = UUID(rest.partition(".")[0]) if kind == "run" else None
    except ValueError:
        run_id = None
    run = Run.objects.filter(tenant_id=actor.tenant_id, pk=run_id).first() if run_id else None
    if run is None:
        raise StaleAttempt(_("This token belongs to no run of this project."))
    return run


def _check_experiment(actor: Actor, experiment_id: Any) -> None:
    if experiment_id and Experiment.objects.filter(tenant_id=actor.tenant_id, mlflow_id=str(experiment_id)).exists():
        raise AccessDenied(
            _("The portal keeps runs of its own in this experiment, so it is not renamed or deleted here.")
        )
