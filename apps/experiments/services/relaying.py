"""The stock MLflow client's requests: allowed routes alone, of this project alone, by whom they are allowed to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from apps.experiments.adapters import mlflow_belonging as belonging
from apps.experiments.adapters.mlflow_relay import Ask, Reply, send
from apps.experiments.adapters.mlflow_routes import Found, find
from apps.experiments.adapters.tracking import server_of, workspace_of
from apps.experiments.errors import NoSuchRoute, PartsNotSupported, RunRefused
from apps.experiments.services.relay_checks import Query, check_may_touch, runs_meant
from foundation import access, live
from foundation.access import Permission
from foundation.errors import AccessDenied
from foundation.identity import Actor

MOST_JSON_BYTES = 16 * 1024 * 1024
# What a client means that never chose an experiment. MLflow has this id in a workspace that nobody here gets.
_NO_EXPERIMENT, _DEFAULT_NAME = "0", "Default"
# The stock client knows these sentences by their beginning, and then moves the file in one piece.
_NO_PARTS = {
    True: "Multipart upload is not supported for the current artifact repository",
    False: "Multipart download is not supported for the current artifact repository",
}


@dataclass(frozen=True)
class Asked:
    """A client's request as the view read it: `path` decoded, without leading slash; `body` not read yet."""

    method: str
    path: str
    query: Query
    headers: Mapping[str, str]
    body: Iterable[bytes]


def relay(*, actor: Actor, project: Any, asked: Asked) -> Reply:
    """MLflow's answer to a request that the actor may make in this project; refusals say what and why."""
    found = find(asked.method, asked.path)
    if found is None:
        words = {"method": asked.method, "path": asked.path[:200]}
        raise NoSuchRoute(_("%(method)s /%(path)s is not among the addresses of MLflow that Sanad offers.") % words)
    _check_permission(actor, project, found)
    if found.route.kind == "no_parts":
        raise PartsNotSupported(_NO_PARTS[found.route.writes])
    workspace, is_file = workspace_of(project.pk), found.route.kind == "artifact"
    body = {} if is_file or asked.method == "GET" else _with_default(project, _read_json(asked.body))
    asked = replace(asked, query=_with_default(project, asked.query))
    runs = check_may_touch(actor, found, runs_meant(workspace, found, asked.query, body), body)
    reply = send(_outgoing(workspace, found, asked, body), stream=is_file)
    if found.route.tells_metrics and reply.status < 400:
        for run in runs:
            live.publish(actor.tenant_id, f"run:{run.pk}", "run.metrics")
    return reply


def _check_permission(actor: Actor, project: Any, found: Found) -> None:
    wanted = Permission.RUN_TRACK if found.route.writes or actor.kind == "workload" else Permission.RUN_VIEW
    access.require(actor, wanted, project)
    if found.route.writes and actor.token_id is None:
        raise AccessDenied(_("Writing takes a token (“Authorization: Bearer snd_…”), not a browser's session."))


def _outgoing(workspace: str, found: Found, asked: Asked, body: dict[str, Any]) -> Ask:
    path, query, headers = asked.path, asked.query, dict(asked.headers)
    content: Iterable[bytes] | bytes | None = asked.body if asked.method == "PUT" else None
    if found.route.kind == "artifact":
        query = [(name, _full(workspace, value) if name == "path" else value) for name, value in query]
        if "path" in found.parts:
            path = path.removesuffix(found.parts["path"]) + _full(workspace, found.parts["path"])
    elif asked.method != "GET":
        content, headers = json.dumps(body).encode(), {"Content-Type": "application/json"}
    return Ask(workspace, asked.method, path, query, headers if content is not None else {}, content)


def _full(workspace: str, path: str) -> str:
    """The path from the artifact root, whichever of its spellings a client took."""
    return f"workspaces/{workspace}/{belonging.path_in_workspace(workspace, path)}".rstrip("/")


def _read_json(body: Iterable[bytes]) -> dict[str, Any]:
    """One JSON object. It is sent on as it was understood here, so that nobody behind reads it differently."""
    pieces, size = [], 0
    for piece in body:
        size += len(piece)
        if size > MOST_JSON_BYTES:
            raise RunRefused(_("The body is larger than 16 MiB; log in smaller batches."))
        pieces.append(piece)
    try:
        document = json.loads(b"".join(pieces) or b"{}")
        # Old clients encode twice, and MLflow decodes twice.
        document = json.loads(document) if isinstance(document, str) else document
    except ValueError as error:
        raise RunRefused(_("The body is not JSON.")) from error
    if not isinstance(document, dict):
        raise RunRefused(_("The body is not a JSON object."))
    return document


def _with_default(project: Any, given: Any) -> Any:
    """The query or body with experiment 0 replaced by the project's own “Default”."""
    if isinstance(given, list):
        return [(name, _default(project, name, value)) for name, value in given]
    return {name: _default(project, name, value) for name, value in given.items()}


def _default(project: Any, name: str, value: Any) -> Any:
    if belonging.snake(name) not in {"experiment_id", "experiment_ids"}:
        return value
    if isinstance(value, list):
        return [_default(project, name, item) for item in value]
    return server_of(project.pk).ensure_experiment(_DEFAULT_NAME) if str(value) == _NO_EXPERIMENT else value
