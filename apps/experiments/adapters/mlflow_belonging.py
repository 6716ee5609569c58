"""What a request to MLflow names, and whether it belongs to the project: asked of MLflow in the project's workspace.

What is found once is remembered: nothing in MLflow moves from one workspace to another.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from apps.experiments.adapters.mlflow_routes import is_plain
from apps.experiments.adapters.tracking import MlflowServer
from foundation.errors import NotFound

_FIELDS = {
    "run": {"run_id", "run_uuid", "run_ids", "source_run_id"},
    "experiment": {"experiment_id", "experiment_ids"},
    "model": {"model_id", "model_ids"},
}
# MLflow reads an experiment's id as a number, so that 7 is 007 and ٧ to it: one way of writing it is let through.
_SHAPES = {"run": r"[0-9a-f]{32}", "experiment": r"0|[1-9][0-9]{0,18}", "model": r"m-[0-9a-f]{32}"}
# <experiment>/<run>/artifacts/… and <experiment>/models/<model>/artifacts/…, from the workspace's folder on. What lies
# below belongs to these, whatever it is called.
_OWNED = re.compile(
    r"(?P<experiment>[1-9][0-9]{0,18})/(?:(?P<run>[0-9a-f]{32})|models/(?P<model>m-[0-9a-f]{32}))/artifacts(?:/.+)?"
)
_MODEL_URI = re.compile(r"models:/(?P<name>[^/@]+)(?:/(?P<version>[^/]+)|@(?P<alias>[^/]+))?(?:/.*)?")


@dataclass(frozen=True)
class Named:
    """The ids that a request names."""

    runs: frozenset[str] = frozenset()
    experiments: frozenset[str] = frozenset()
    models: frozenset[str] = frozenset()

    def __or__(self, other: Named) -> Named:
        return Named(self.runs | other.runs, self.experiments | other.experiments, self.models | other.models)


def named_in(*documents: Any) -> Named:
    """Every id in query, body and path, however deep; NotFound where one has not the shape of its kind."""
    found: dict[str, set[str]] = {kind: set() for kind in _FIELDS}
    for document in documents:
        for key, value in _walk(document):
            kind = next((kind for kind, names in _FIELDS.items() if key in names), None)
            if kind and value not in (None, ""):
                if not re.fullmatch(_SHAPES[kind], str(value)):
                    raise _absent(kind, str(value))
                found[kind].add(str(value))
    return Named(frozenset(found["run"]), frozenset(found["experiment"]), frozenset(found["model"]))


def _walk(document: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    if key == "model_json":
        yield from _of_model_json(document)
    elif isinstance(document, Mapping):
        for name, value in document.items():
            yield from _walk(value, name)
    elif isinstance(document, list):
        for item in document:
            yield from _walk(item, key)
    else:
        yield key, document


def _of_model_json(text: Any) -> Iterator[tuple[str, Any]]:
    """The ids of the model's own record; what else stands in it is the user's."""
    try:
        record = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        record = None
    if isinstance(record, dict):
        yield from ((name, str(record[name])) for name in ("run_id", "model_id") if record.get(name))


@lru_cache(maxsize=100_000)
def experiment_of_run(workspace: str, run_id: str) -> str:
    """The run's experiment; NotFound where the workspace has no such run."""
    return str(MlflowServer(workspace).get_run(run_id)["info"]["experiment_id"])


@lru_cache(maxsize=100_000)
def name_of_experiment(workspace: str, experiment_id: str) -> str:
    return str(MlflowServer(workspace).get_experiment(experiment_id)["name"])


@lru_cache(maxsize=100_000)
def run_of_model(workspace: str, model_id: str) -> str:
    """The run that logged the model, or "" where none did; NotFound where the workspace has no such model."""
    return str(MlflowServer(workspace).get_logged_model(model_id)["info"].get("source_run_id", ""))


def check_belongs(workspace: str, named: Named) -> None:
    """NotFound unless all that is named is the workspace's."""
    for run_id in named.runs:
        _asked(experiment_of_run, "run", workspace, run_id)
    for experiment_id in named.experiments:
        _asked(name_of_experiment, "experiment", workspace, experiment_id)
    for model_id in named.models:
        _asked(run_of_model, "model", workspace, model_id)


def runs_meant(workspace: str, named: Named) -> frozenset[str]:
    """The runs that are named, and those whose models are."""
    return named.runs | ({run_of_model(workspace, model_id) for model_id in named.models} - {""})


def is_of_run(workspace: str, named: Named, run_id: str) -> bool:
    """Whether nothing is named but this run, its experiment and the models that it logged."""
    return (
        named.runs <= {run_id}
        and named.experiments <= {experiment_of_run(workspace, run_id)}
        and all(run_of_model(workspace, model_id) == run_id for model_id in named.models)
    )


def _asked(ask: Any, kind: str, workspace: str, thing: str) -> str:
    try:
        return str(ask(workspace, thing))
    except NotFound as error:
        raise _absent(kind, thing) from error


def _absent(kind: str, thing: str) -> NotFound:
    return NotFound(f"This project has no {kind} with the id {thing[:64]!r}.")


def path_in_workspace(workspace: str, path: str) -> str | None:
    """The path below the workspace's own folder; None where it leads elsewhere."""
    path = path.strip("/")
    if not is_plain(path):
        return None
    root = f"workspaces/{workspace}"
    if path == "workspaces" or path.startswith("workspaces/"):
        return path.removeprefix(root).lstrip("/") if path == root or path.startswith(f"{root}/") else None
    return path


def owner_of_path(inside: str) -> Named | None:
    """The run or model whose artifact a path below the workspace's folder is; None where it is none's."""
    match = _OWNED.fullmatch(inside)
    if match is None:
        return None
    runs, models = (frozenset({match[kind]} - {None}) for kind in ("run", "model"))
    return Named(runs, frozenset({match["experiment"]}), models)


def source_of_version(workspace: str, source: str) -> Named | None:
    """What a model version's `source` names; None where it leads outside the project."""
    scheme, _, rest = source.partition(":")
    if not rest.startswith("/") or rest.startswith("//") or not is_plain(rest.strip("/")):
        return None
    if scheme == "runs":
        return named_in({"run_id": rest.strip("/").split("/")[0]})
    if scheme == "models" and (match := _MODEL_URI.fullmatch(source)):
        return named_in({"model_id": match["name"]}) if match["version"] is None and not match["alias"] else Named()
    inside = path_in_workspace(workspace, rest) if scheme == "mlflow-artifacts" else None
    return owner_of_path(inside) if inside else None
