"""The MLflow server over its Unix socket: one workspace per project, named by us and never by a client."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Generator, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx2
from django.conf import settings
from django.utils.translation import gettext as _

from apps.experiments.ports import TrackingServer
from foundation.errors import Conflict, NotFound, PortalError, Unavailable
from foundation.identity import neighbours
from runtime.service_tokens import HEADER

log = logging.getLogger("sanad.tracking")
# One line per request: a run with live curves would fill the log.
logging.getLogger("httpx2").setLevel(logging.WARNING)
WORKSPACE_HEADER = "X-MLFLOW-WORKSPACE"
MOST_JSON_BYTES = 16 * 1024**2
_TIMEOUT = httpx2.Timeout(30.0, connect=2.0)
_KINDS: dict[str, type[PortalError]] = {"RESOURCE_DOES_NOT_EXIST": NotFound, "RESOURCE_ALREADY_EXISTS": Conflict}


def workspace_of(project_id: UUID) -> str:
    """The project's workspace: from its id, so that no two names can ever meet in one."""
    return f"p-{project_id.hex}"


class _Signed(httpx2.Auth):
    """Each request with a token of its own: MLflow itself would believe whoever reaches its socket."""

    def auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response]:
        caller = neighbours.caller_to(neighbours.TRACKING)
        request.headers[HEADER] = caller.for_request(request.method, request.url.raw_path.decode("ascii"))
        yield request


@lru_cache(maxsize=4)
def _client(socket: str) -> httpx2.Client:
    # MLflow refuses every Host but its own; that somebody came over the socket is said by X-Forwarded-For.
    headers = {"Host": "localhost", "X-Forwarded-For": "127.0.0.1"}
    # The server closes idle connections after 5 s; ours are let go earlier, so that none is used as it closes.
    limits = httpx2.Limits(max_connections=64, max_keepalive_connections=16, keepalive_expiry=2.0)
    transport = httpx2.HTTPTransport(uds=socket, limits=limits)
    return httpx2.Client(
        transport=transport, base_url="http://localhost", headers=headers, timeout=_TIMEOUT, auth=_Signed()
    )


def client() -> httpx2.Client:
    """One pool of connections per process."""
    return _client(settings.MLFLOW_SOCKET)


def server_of(project_id: UUID) -> TrackingServer:
    return MlflowServer(workspace_of(project_id))


@lru_cache(maxsize=10_000)
def ensure_workspace(name: str) -> None:
    """Make the workspace where it is missing; asked once per process and workspace."""
    answer = _send("POST", "/api/3.0/mlflow/workspaces", json={"name": name})
    if answer.status_code >= 400 and _code(answer) != "RESOURCE_ALREADY_EXISTS":
        raise _translated(answer)


def forget_workspace(name: str) -> None:
    """Delete the workspace with all that is in it, files too; one that never was is no trouble."""
    headers = {WORKSPACE_HEADER: name}
    files = _send("DELETE", f"/api/2.0/mlflow-artifacts/artifacts/workspaces/{name}", headers=headers)
    if files.status_code >= 400 and _code(files) != "RESOURCE_DOES_NOT_EXIST":
        raise _translated(files)
    gone = _send("DELETE", f"/api/3.0/mlflow/workspaces/{name}", params={"mode": "CASCADE"})
    if gone.status_code >= 400 and _code(gone) != "RESOURCE_DOES_NOT_EXIST":
        raise _translated(gone)


class MlflowServer:
    """TrackingServer on MLflow's REST; what clients may reach is looked up here too, by the other adapters alone."""

    def __init__(self, workspace: str) -> None:
        self.workspace = workspace

    def ensure_experiment(self, name: str) -> str:
        ensure_workspace(self.workspace)
        found = self._send("GET", "experiments/get-by-name", params={"experiment_name": name})
        if found.status_code < 400:
            return str(found.json()["experiment"]["experiment_id"])
        made = self._send("POST", "experiments/create", json={"name": name})
        if _code(made) == "RESOURCE_ALREADY_EXISTS":
            return self.ensure_experiment(name)
        return str(self._checked(made)["experiment_id"])

    def get_experiment(self, experiment_id: str) -> dict[str, Any]:
        found = self._send("GET", "experiments/get", params={"experiment_id": experiment_id})
        return dict(self._checked(found)["experiment"])

    def get_logged_model(self, model_id: str) -> dict[str, Any]:
        return dict(self._checked(self._send("GET", f"logged-models/{quote(model_id, safe='')}"))["model"])

    def create_run(self, experiment_id: str, *, name: str, tags: dict[str, str]) -> str:
        body = {
            "experiment_id": experiment_id,
            "run_name": name,
            "tags": [{"key": key, "value": value} for key, value in tags.items()],
        }
        made = self._checked(self._send("POST", "runs/create", json=body))
        return str(made["run"]["info"]["run_id"])

    def search_runs(self, *, page_token: str = "", most: int = 50) -> tuple[list[dict[str, Any]], str]:
        """The newest runs of all experiments, and the token of the next page."""
        ensure_workspace(self.workspace)
        found = self._checked(self._send("GET", "experiments/search", params={"max_results": 1000}))
        ids = [experiment["experiment_id"] for experiment in found.get("experiments", [])]
        if not ids:
            return [], ""
        body = {"experiment_ids": ids, "max_results": most, "order_by": ["attributes.start_time DESC"]}
        body |= {"page_token": page_token} if page_token else {}
        page = self._checked(self._send("POST", "runs/search", json=body))
        return page.get("runs", []), str(page.get("next_page_token", ""))

    def end_run(self, run_id: str, status: str) -> None:
        self._checked(self._send("POST", "runs/update", json={"run_id": run_id, "status": status}))

    def get_run(self, run_id: str) -> dict[str, Any]:
        return dict(self._checked(self._send("GET", "runs/get", params={"run_id": run_id}))["run"])

    def metric_history(self, run_id: str, key: str) -> list[dict[str, Any]]:
        params: dict[str, Any] = {"run_id": run_id, "metric_key": key}
        found: list[dict[str, Any]] = []
        while True:
            page = self._checked(self._send("GET", "metrics/get-history", params=params))
            found += page.get("metrics", [])
            if not page.get("next_page_token"):
                break
            params["page_token"] = page["next_page_token"]
        points = [{"step": int(m.get("step", 0)), "value": m["value"], "timestamp": int(m["timestamp"])} for m in found]
        return sorted(points, key=lambda point: (point["step"], point["timestamp"]))

    def list_artifacts(self, run_id: str, path: str = "") -> list[dict[str, Any]]:
        found = self._checked(self._send("GET", "artifacts/list", params={"run_id": run_id, "path": path}))
        return [
            {"path": f["path"], "is_dir": bool(f.get("is_dir")), "file_size": int(f.get("file_size") or 0)}
            for f in found.get("files", [])
        ]

    def read_json(self, run_id: str, path: str) -> Any:
        content = bytearray()
        for piece in self._file(f"{self.artifact_root(run_id)}/{quote(path)}"):
            content += piece
            if len(content) > MOST_JSON_BYTES:
                raise Conflict(
                    _("The run wrote more than %(limit)d MiB into “%(path)s”; nobody reads that.")
                    % {"limit": MOST_JSON_BYTES // 1024**2, "path": path}
                )
        try:
            return json.loads(content)
        except (ValueError, RecursionError) as error:
            raise Conflict(_("What the run wrote into “%(path)s” is no JSON.") % {"path": path}) from error

    def size(self, run_id: str, path: str) -> int:
        entries = self.list_artifacts(run_id, path)
        return sum(self.size(run_id, e["path"]) if e["is_dir"] else e["file_size"] for e in entries)

    def download(self, run_id: str, path: str, into: Path) -> Path:
        for name, pieces in self._files(run_id, path):
            target = into / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                for piece in pieces:
                    file.write(piece)
        return into / path

    def digests(self, run_id: str, path: str) -> dict[str, str]:
        found = {}
        for name, pieces in self._files(run_id, path):
            digest = hashlib.sha256()
            for piece in pieces:
                digest.update(piece)
            found[Path(name).relative_to(path).as_posix()] = digest.hexdigest()
        return found

    def _files(self, run_id: str, path: str) -> Iterator[tuple[str, Iterator[bytes]]]:
        """All files below a folder of artifacts, each with its bytes, piece by piece."""
        root = self.artifact_root(run_id)
        for name in self._names(run_id, path):
            yield name, self._file(f"{root}/{quote(name)}")

    def _file(self, address: str) -> Iterator[bytes]:
        try:
            with client().stream("GET", address, headers=self._headers()) as answer:
                if answer.status_code >= 400:
                    answer.read()
                    raise _translated(answer)
                yield from answer.iter_bytes(1024 * 1024)
        except httpx2.TransportError as error:
            raise _away() from error

    def _names(self, run_id: str, path: str) -> Iterator[str]:
        for entry in self.list_artifacts(run_id, path):
            if ".." in Path(entry["path"]).parts:
                raise Unavailable(f"The tracking server named the path {entry['path']!r}, which leads outside.")
            if entry["is_dir"]:
                yield from self._names(run_id, entry["path"])
            else:
                yield str(entry["path"])

    def artifact_root(self, run_id: str) -> str:
        """The path below which MLflow serves the run's artifacts, from its own `mlflow-artifacts:` location."""
        location = str(self.get_run(run_id)["info"]["artifact_uri"])
        scheme, _, rest = location.partition(":")
        if scheme != "mlflow-artifacts":
            raise Unavailable(f"The run's artifacts lie at {scheme}:…, where the portal does not read.")
        return f"/api/2.0/mlflow-artifacts/artifacts/{rest.lstrip('/')}"

    def _send(self, method: str, path: str, **options: Any) -> httpx2.Response:
        return _send(method, f"/api/2.0/mlflow/{path}", headers=self._headers(), **options)

    def _headers(self) -> dict[str, str]:
        return {WORKSPACE_HEADER: self.workspace}

    def _checked(self, answer: httpx2.Response) -> dict[str, Any]:
        if answer.status_code >= 400:
            raise _translated(answer)
        return dict(answer.json())


def _send(method: str, path: str, **options: Any) -> httpx2.Response:
    try:
        return client().request(method, path, **options)
    except httpx2.TransportError as error:
        raise _away() from error


def _away() -> Unavailable:
    return Unavailable("The tracking server does not answer. It may be starting; try again in a moment.")


def _code(answer: httpx2.Response) -> str:
    try:
        return str(answer.json().get("error_code", ""))
    except ValueError:
        return ""


def _translated(answer: httpx2.Response) -> PortalError:
    kind = _KINDS.get(_code(answer), Unavailable)
    log.warning("The tracking server answered %s: %s", answer.status_code, answer.text[:500])
    return kind(f"The tracking server refused ({answer.status_code}); its log says why.")
