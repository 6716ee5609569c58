"""What a request to MLflow may be about: things of its project, and of these what the actor may change."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.experiments import policies
from apps.experiments.adapters import mlflow_belonging as belonging
from apps.experiments.adapters.mlflow_belonging import Named
from apps.experiments.adapters.mlflow_routes import Found, is_plain, is_read_as_sent
from apps.experiments.errors import OutsideProject, RunRefused, StaleAttempt
from apps.experiments.models import Experiment, Run
from foundation.errors import AccessDenied, NotFound
from foundation.identity import Actor

Query = list[tuple[str, str]]
_OWN_TAGS = "sanad."
# The fields of queries that hold a path; of an artifact's address the path is a part.
_PATHS = {"path", "artifact_directory_path"}


@dataclass(frozen=True)
class Wanted:
    """A request as MLflow will read it: the route with its parts, the query, the body in MLflow's own names."""

    workspace: str
    found: Found
    query: Query
    body: dict[str, Any]

    @property
    def is_file(self) -> bool:
        return self.found.route.kind == "artifact"

    @property
    def paths(self) -> list[str]:
        parts = [self.found.parts["path"]] if "path" in self.found.parts else []
        return parts or [value for name, value in self.query if name in _PATHS]

    def read_by_mlflow(self) -> dict[str, Any]:
        """The fields in which MLflow looks: of a GET those of the query, of all others those of the body."""
        return {**self.found.parts, **(dict(self.query) if self.found.route.method == "GET" else self.body)}


def check_may_touch(actor: Actor, wanted: Wanted) -> list[Run]:
    """Refuse what is not of this project or not the actor's to do; answers the portal's runs that are meant."""
    named = _named(wanted)
    belonging.check_belongs(wanted.workspace, named)
    if any(key.startswith(_OWN_TAGS) for key in _tag_keys(wanted)):
        raise AccessDenied(_("Tags that begin with “sanad.” are the portal's own."))
    if actor.kind == "workload":
        return [_own_run(actor, wanted, named)]
    route, meant = wanted.found.route, belonging.runs_meant(wanted.workspace, named)
    runs = list(Run.objects.filter(tenant_id=actor.tenant_id, mlflow_run_id__in=meant)) if meant else []
    if route.writes and not route.tags and route.kind != "registry":
        for run in runs:
            policies.check_is_not_of_portal(run)
    if route.writes and not route.tags and route.kind == "experiment":
        _check_experiments(actor, named)
    return runs


def _named(wanted: Wanted) -> Named:
    """All that the request names, by id, path or source."""
    route = wanted.found.route
    if route.kind == "artifact":
        return reduce(or_, filter(None, _owners(wanted)), Named())
    for path in wanted.paths:
        _check_path(path)
    named = belonging.named_in(*({name: value} for name, value in wanted.query), wanted.body, wanted.found.parts)
    if route.kind == "experiment" and wanted.body.get("artifact_location"):
        raise OutsideProject(_("An experiment's artifacts lie inside its project; leave “artifact_location” out."))
    if route.kind == "registry" and route.writes and wanted.body.get("source"):
        named |= _named_by_source(wanted)
    return named


def _owners(wanted: Wanted) -> list[Named | None]:
    """Whose artifacts the paths are; a file is written below a run or a model and nowhere else."""
    owners = []
    for path in wanted.paths:
        inside = belonging.path_in_workspace(wanted.workspace, path)
        if inside is None:
            raise NotFound(_("This project has no artifact at that path."))
        _check_path(inside)
        owners.append(belonging.owner_of_path(inside))
    if wanted.found.route.writes and None in owners:
        raise RunRefused(_("Artifacts are written below a run or a model: …/<run id>/artifacts/…"))
    return owners


def _check_path(path: str) -> None:
    if not is_plain(path.strip("/")):
        raise NotFound(_("There is no such path."))
    if not is_read_as_sent(path):
        raise RunRefused(
            _("MLflow would read the path “%(path)s” as another one; encode it once, or rename the file.")
            % {"path": path[:200]}
        )


def _named_by_source(wanted: Wanted) -> Named:
    named = belonging.source_of_version(wanted.workspace, str(wanted.body["source"]))
    if named is None:
        raise OutsideProject(
            _("A model version's source is a run or a model of this project (“runs:/…”, “models:/…”), no other place.")
        )
    return named


def _tag_keys(wanted: Wanted) -> list[str]:
    tags = wanted.body.get("tags")
    listed = [str(tag.get("key", "")) for tag in tags if isinstance(tag, dict)] if isinstance(tags, list) else []
    alone = wanted.body.get("key") if wanted.found.route.tags else wanted.found.parts.get("key")
    return [*listed, str(alone or "")]


def _own_run(actor: Actor, wanted: Wanted, named: Named) -> Run:
    """A run's own container speaks of its own run, on the routes that it needs, and of no other."""
    run = _run_of(actor)
    policies.check_is_own_workload(actor, run)
    if wanted.found.route.kind == "info":
        return run
    if not _leads_to_a_run(wanted) or not belonging.is_of_run(wanted.workspace, named, run.mlflow_run_id):
        raise AccessDenied(_("A run's own token reads and writes that run alone."))
    return run


def _leads_to_a_run(wanted: Wanted) -> bool:
    """Whether MLflow finds a run where it looks for one: an id elsewhere in the request says nothing."""
    if wanted.is_file:
        owners = _owners(wanted)
        return bool(wanted.found.route.run_fields) and bool(owners) and None not in owners
    read = wanted.read_by_mlflow()
    return any(read.get(name) for name in wanted.found.route.run_fields)


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


def _check_experiments(actor: Actor, named: Named) -> None:
    if Experiment.objects.filter(tenant_id=actor.tenant_id, mlflow_id__in=named.experiments).exists():
        raise AccessDenied(
            _("The portal keeps runs of its own in this experiment, so it is not renamed or deleted here.")
        )
