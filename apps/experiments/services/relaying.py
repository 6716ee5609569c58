"""The stock MLflow client's requests: allowed routes alone, of this project alone, by whom they are allowed to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from apps.experiments.adapters import mlflow_belonging as belonging
from apps.experiments.adapters.mlflow_bodies import read_body
from apps.experiments.adapters.mlflow_relay import Ask, Reply, send
from apps.experiments.adapters.mlflow_routes import Found, find, is_plain
from apps.experiments.adapters.tracking import server_of, workspace_of
from apps.experiments.errors import CrookedPath, NoSuchRoute, PartsNotSupported, RunRefused
from apps.experiments.services.logged_files import Counted, note_logged, note_unlogged, size_at, writer_of
from apps.experiments.services.relay_checks import Query, Wanted, check_may_touch
from apps.tenants import services as tenants
from foundation import access, live
from foundation.access import Permission
from foundation.clock import database_now
from foundation.errors import AccessDenied
from foundation.identity import Actor

if TYPE_CHECKING:
    from apps.experiments.models import Run
    from apps.projects.models import Project

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


def relay(*, actor: Actor, project: Project, asked: Asked) -> Reply:
    """MLflow's answer to a request that the actor may make in this project; refusals say what and why."""
    found = find(asked.method, asked.path)
    if found is None:
        words = {"method": asked.method, "path": asked.path[:200]}
        absent = NoSuchRoute if is_plain(asked.path) else CrookedPath
        raise absent(_("%(method)s /%(path)s is not among the addresses of MLflow that Sanad offers.") % words)
    _check_permission(actor, project, found)
    if found.route.kind == "no_parts":
        raise PartsNotSupported(_NO_PARTS[found.route.writes])
    wanted = _wanted(actor, project, asked, found)
    runs = check_may_touch(actor, wanted)
    asked = _counted(actor, project, wanted, asked)
    reply = send(_outgoing(wanted, asked), stream=wanted.is_file)
    _note_file(actor, project, wanted, asked, runs, reply)
    if found.route.tells_metrics and reply.status < 400:
        for run in runs:
            live.publish(actor.tenant_id, f"run:{run.pk}", "run.metrics")
    return reply


def _check_permission(actor: Actor, project: Project, found: Found) -> None:
    wanted = Permission.RUN_TRACK if found.route.writes or actor.kind == "workload" else Permission.RUN_VIEW
    access.require(actor, wanted, project)
    if found.route.writes and actor.token_id is None:
        raise AccessDenied(_("Writing takes a token (“Authorization: Bearer snd_…”), not a browser's session."))


def _counted(actor: Actor, project: Project, wanted: Wanted, asked: Asked) -> Asked:
    """A file that a client logs is counted and fits the quota of storage. A run that was let in keeps what it makes."""
    if not wanted.is_file or asked.method != "PUT":
        return asked
    where = {"tenant_id": actor.tenant_id, "project_id": project.pk}
    replaced = size_at(**where, path=_path_of(wanted))

    def check(more: int) -> None:
        if actor.kind != "workload":
            tenants.check_storage(**where, more=more, counted=replaced, reader=actor)

    said = asked.headers.get("Content-Length", "")
    announced = int(said) if said.isascii() and said.isdigit() else 0
    check(announced or 1)
    return replace(asked, body=Counted(asked.body, announced, check))


def _note_file(actor: Actor, project: Project, wanted: Wanted, asked: Asked, runs: list[Run], reply: Reply) -> None:
    """What landed takes its room from then on, and what was deleted gives it back."""
    if not wanted.is_file or not _path_of(wanted) or reply.status >= 400:
        return
    where: dict[str, Any] = {"tenant_id": actor.tenant_id, "project_id": project.pk}
    where |= {"path": _path_of(wanted), "at": database_now()}
    if isinstance(asked.body, Counted):
        note_logged(**where, person_id=writer_of(actor, runs), byte_count=asked.body.count)
    elif asked.method == "DELETE":
        note_unlogged(**where)


def _path_of(wanted: Wanted) -> str:
    """The file's path below the project's folder, by one spelling; empty where the address names none."""
    return (belonging.path_in_workspace(wanted.workspace, wanted.found.parts.get("path", "")) or "").strip("/")


def _wanted(actor: Actor, project: Project, asked: Asked, found: Found) -> Wanted:
    has_body = found.route.kind != "artifact" and asked.method != "GET"
    query, body = asked.query, _read_json(asked.body) if has_body else {}
    # A run was started in an experiment, so its container never means the default one, which this would make.
    if actor.kind != "workload":
        query, body = _with_default(project, query), _with_default(project, body)
    return Wanted(workspace_of(project.pk), found, query, body)


def _outgoing(wanted: Wanted, asked: Asked) -> Ask:
    workspace, path, query, headers = wanted.workspace, asked.path, wanted.query, dict(asked.headers)
    content: Iterable[bytes] | bytes | None = asked.body if asked.method == "PUT" else None
    if wanted.is_file:
        query = [(name, _full(workspace, value) if name == "path" else value) for name, value in query]
        if "path" in wanted.found.parts:
            path = path.removesuffix(wanted.found.parts["path"]) + _full(workspace, wanted.found.parts["path"])
    elif asked.method != "GET":
        content, headers = json.dumps(wanted.body).encode(), {"Content-Type": "application/json"}
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
    return read_body(b"".join(pieces))


def _with_default(project: Project, given: Any) -> Any:
    """The query or body with experiment 0 replaced by the project's own “Default”."""
    if isinstance(given, list):
        return [(name, _default(project, name, value)) for name, value in given]
    return {name: _default(project, name, value) for name, value in given.items()}


def _default(project: Project, name: str, value: Any) -> Any:
    if name not in {"experiment_id", "experiment_ids"}:
        return value
    if isinstance(value, list):
        return [_default(project, name, item) for item in value]
    return server_of(project.pk).ensure_experiment(_DEFAULT_NAME) if str(value) == _NO_EXPERIMENT else value
