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

_CAMEL = re.compile(r"(?<=[a-z0-9])([A-Z])")
_FIELDS = {
    "run": {"run_id", "run_uuid", "run_ids", "source_run_id"},
    "experiment": {"experiment_id", "experiment_ids"},
    "model": {"model_id", "model_ids"},
}
_SHAPES = {"run": r"[0-9a-f]{32}", "experiment": r"\d{1,19}", "model": r"m-[0-9a-f]{32}"}
# …/<run>/artifacts/… and …/models/<model>/artifacts/…, below the workspace's folder.
_OF_RUN = re.compile(r"(?:.*/)?(?P<run>[0-9a-f]{32})/artifacts(?:/.+)?")
_OF_MODEL = re.compile(r"(?:.*/)?models/(?P<model>m-[0-9a-f]{32})/artifacts(?:/.+)?")
_MODEL_URI = re.compile(r"models:/(?P<name>[^/@]+)(?:/(?P<version>[^/]+)|@(?P<alias>[^/]+))?(?:/.*)?")


@dataclass(frozen=True)
class Named:
    """The ids that a request names."""

    runs: frozenset[str] = frozenset()
    experiments: frozenset[str] = frozenset()
    models: frozenset[str] = frozenset()


def snake(name: str) -> str:
    """MLflow reads runId as run_id, so must whoever checks."""
    return _CAMEL.sub(r"_\1", name).lower()


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
    if isinstance(document, Mapping):
        for name, value in document.items():
            if snake(str(name)) == "model_json" and isinstance(value, str):
                value = _read(value)
            yield from _walk(value, snake(str(name)))
    elif isinstance(document, list | tuple):
        for item in document:
            yield from _walk(item, key)
    else:
        yield key, document


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def field(document: Mapping[str, Any], name: str) -> Any:
    """A field of a body in either spelling."""
    return next((value for key, value in document.items() if snake(str(key)) == name), None)


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


def check_belongs(workspace: str, named: Named) -> frozenset[str]:
    """NotFound unless all that is named is the workspace's; answers the runs that are meant, models' runs included."""
    for run_id in named.runs:
        _asked(experiment_of_run, "run", workspace, run_id)
    for experiment_id in named.experiments:
        _asked(name_of_experiment, "experiment", workspace, experiment_id)
    of_models = {_asked(run_of_model, "model", workspace, model_id) for model_id in named.models}
    return named.runs | (of_models - {""})


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
    if match := _OF_MODEL.fullmatch(inside):
        return Named(models=frozenset({match["model"]}))
    if match := _OF_RUN.fullmatch(inside):
        return Named(runs=frozenset({match["run"]}))
    return None


def is_own_location(workspace: str, location: str) -> bool:
    """Whether an `artifact_location` lies in the workspace: only where the server itself keeps its files."""
    scheme, _, path = location.partition(":")
    return scheme == "mlflow-artifacts" and not path.startswith("//") and bool(path_in_workspace(workspace, path))


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
