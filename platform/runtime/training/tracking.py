"""Telling MLflow what happens, by its REST API: curves live and in batches, the rest when it is known.

MLflow's own client is not used: three routes are all that is needed, and importing it takes longer than a small model.
"""

from __future__ import annotations

import math
import mimetypes
import queue
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from runtime.failures import WorkloadFailure

FLUSH_SECONDS = 0.5
# What MLflow takes in one log_batch call.
BATCH = 1000
TIMEOUT_SECONDS = 120
_API = "/api/2.0/mlflow"
_FILES = "/api/2.0/mlflow-artifacts/artifacts"
# As MLflow's client: a portal that starts anew in the middle of a run is waited for. All of it may be sent twice.
_RETRY = Retry(
    total=7,
    backoff_factor=2,
    backoff_jitter=1,
    status_forcelist=(408, 429, 500, 502, 503, 504),
    allowed_methods=None,
    raise_on_status=False,
)


class Tracker:
    """Logs to one MLflow run. Curves leave on a thread of their own, so that fitting never waits for the server."""

    def __init__(self, url: str, token: str, run_id: str) -> None:
        self._run_id = run_id
        self._server = _Server(url, token)
        self._waiting: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._failure: Exception | None = None
        self._sender = threading.Thread(target=self._send_curves, name="curves", daemon=True)
        self._sender.start()

    def step(self, number: int, figures: Mapping[str, float]) -> None:
        for entry in _entries(figures, number):
            self._waiting.put(entry)

    def params(self, params: Mapping[str, object]) -> None:
        self._log(params=[{"key": name, "value": str(value)} for name, value in params.items()])

    def metrics(self, figures: Mapping[str, float]) -> None:
        self._log(metrics=_entries(figures, 0))

    def artifacts(self, directory: Path, path: str) -> None:
        """Send every file below the directory to the run's folder `path`."""
        run = self._server.call("GET", f"{_API}/runs/get?run_id={quote(self._run_id)}").json()
        location = urlsplit(run["run"]["info"]["artifact_uri"])
        if location.scheme != "mlflow-artifacts" or location.netloc:
            raise WorkloadFailure("The portal's MLflow keeps no files of runs behind its own address, as it has to.")
        for file in sorted(item for item in directory.rglob("*") if item.is_file()):
            target = f"{location.path.strip('/')}/{path}/{file.relative_to(directory).as_posix()}"
            kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            with file.open("rb") as content:
                self._server.call("PUT", f"{_FILES}/{quote(target)}", data=content, headers={"Content-Type": kind})

    def close(self) -> None:
        """Send what is still waiting; raises what the sender met, so that no lost curve passes for a logged one."""
        self._waiting.put(None)
        self._sender.join()
        if self._failure is not None:
            raise self._failure

    def _log(self, **entries: Sequence[Mapping[str, Any]]) -> None:
        self._server.call("POST", f"{_API}/runs/log-batch", json={"run_id": self._run_id, **entries})

    def _send_curves(self) -> None:
        going_on = True
        while going_on:
            batch: list[dict[str, Any]] = []
            until = time.monotonic() + FLUSH_SECONDS
            while len(batch) < BATCH and going_on and (left := until - time.monotonic()) > 0:
                try:
                    metric = self._waiting.get(timeout=left)
                except queue.Empty:
                    break
                if metric is None:
                    going_on = False
                else:
                    batch.append(metric)
            if batch and self._failure is None:
                try:
                    self._log(metrics=batch)
                except Exception as error:  # noqa: BLE001  kept, and raised by close()
                    self._failure = error


def _entries(figures: Mapping[str, float], step: int) -> list[dict[str, Any]]:
    now = int(time.time() * 1000)
    return [
        {"key": name, "value": _number(float(value)), "timestamp": now, "step": step} for name, value in figures.items()
    ]


def _number(value: float) -> float | str:
    """JSON has no word for these three; MLflow reads protobuf's."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else f"{'-' if value < 0 else ''}Infinity"


class _Server:
    """MLflow behind the portal's door; every refusal becomes the sentence that ends the run."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"}
        # A session belongs to one thread: the curves leave on theirs.
        self._kept = threading.local()

    def _session(self) -> requests.Session:
        if not hasattr(self._kept, "session"):
            self._kept.session = requests.Session()
            for scheme in ("http://", "https://"):
                self._kept.session.mount(scheme, HTTPAdapter(max_retries=_RETRY))
        session: requests.Session = self._kept.session
        return session

    def call(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **content: Any
    ) -> requests.Response:
        what = path.partition("?")[0]
        sent = {**self._headers, **(headers or {})}
        try:
            response = self._session().request(
                method, self._url + path, headers=sent, timeout=TIMEOUT_SECONDS, **content
            )
        except requests.RequestException as error:
            raise WorkloadFailure(
                f"MLflow cannot be reached through the portal: {type(error).__name__} at {method} {what}."
            ) from error
        if not response.ok:
            said = _said(response)
            raise WorkloadFailure(f"MLflow answered {response.status_code} to {method} {what}. {said}".strip())
        return response


def _said(response: requests.Response) -> str:
    try:
        return str(response.json()["message"])
    except (ValueError, KeyError, TypeError):
        return ""
