"""The routes of MLflow that a client may use; what is not here does not exist: assistant, jobs, webhooks, traces."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote, urlparse, urlunparse

Kind = Literal["info", "experiment", "run", "logged_model", "registry", "artifact", "no_parts"]


@dataclass(frozen=True)
class Route:
    """One allowed address.

    `tells_metrics` says that a page wants to hear of it, `tags` that only words are put on; `run_fields` are the fields
    by which MLflow finds the run, empty where a run's own token may not ask.
    """

    method: str
    pattern: re.Pattern[str]
    kind: Kind
    writes: bool
    tells_metrics: bool = False
    tags: bool = False
    run_fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class Found:
    """A request's route, and the parts that its path names: model_id, key, path."""

    route: Route
    parts: dict[str, str] = field(default_factory=dict)


_PARTS = {
    "{model_id}": "(?P<model_id>m-[0-9a-f]{32})",
    "{key}": "(?P<key>[^/]+)",
    "{path}": "(?P<path>.+)",
}
_TRACKING = "api/2.0/mlflow/"
_FILES = "api/2.0/mlflow-artifacts/"
# Kind, reads, writes: "METHOD address".
_TABLE: tuple[tuple[Kind, str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("info", "api/3.0/mlflow/", ("GET server-info",), ()),
    (
        "experiment",
        f"{_TRACKING}experiments/",
        ("GET get", "GET get-by-name", "GET search", "POST search"),
        (
            *("POST create", "POST update", "POST delete", "POST restore"),
            *("POST set-experiment-tag", "POST delete-experiment-tag"),
        ),
    ),
    (
        "run",
        f"{_TRACKING}runs/",
        ("GET get", "POST search"),
        (
            *("POST create", "POST update", "POST delete", "POST restore", "POST set-tag", "POST delete-tag"),
            *("POST log-metric", "POST log-parameter", "POST log-batch", "POST log-model"),
            *("POST log-inputs", "POST outputs"),
        ),
    ),
    ("run", f"{_TRACKING}metrics/", ("GET get-history", "GET get-history-bulk-interval"), ()),
    ("run", f"{_TRACKING}artifacts/", ("GET list",), ()),
    (
        "logged_model",
        f"{_TRACKING}logged-models",
        ("POST /search", "GET /{model_id}", "GET /{model_id}/artifacts/directories"),
        (
            *("POST ", "PATCH /{model_id}", "DELETE /{model_id}", "POST /{model_id}/params"),
            *("PATCH /{model_id}/tags", "DELETE /{model_id}/tags/{key}"),
        ),
    ),
    (
        "registry",
        f"{_TRACKING}registered-models/",
        ("GET get", "GET search", "GET alias", "GET get-latest-versions", "POST get-latest-versions"),
        (
            *("POST create", "POST rename", "PATCH update", "DELETE delete", "POST set-tag", "DELETE delete-tag"),
            *("POST alias", "DELETE alias"),
        ),
    ),
    (
        "registry",
        f"{_TRACKING}model-versions/",
        ("GET get", "GET search", "GET get-download-uri"),
        (
            *("POST create", "PATCH update", "DELETE delete", "POST transition-stage"),
            *("POST set-tag", "DELETE delete-tag"),
        ),
    ),
    (
        "artifact",
        _FILES,
        ("GET artifacts", "GET artifacts/{path}"),
        ("PUT artifacts/{path}", "DELETE artifacts/{path}"),
    ),
    # Asked for only where a client was told to try; it goes on with a plain transfer when it hears that there is none.
    (
        "no_parts",
        _FILES,
        ("GET presigned/{path}",),
        tuple(f"POST mpu/{act}/{{path}}" for act in ("create", "complete", "abort")),
    ),
)
_TELLS_METRICS = {f"{_TRACKING}runs/log-metric", f"{_TRACKING}runs/log-batch"}
# What a run's own container may ask, by the fields in which MLflow looks for the run: its parameters, figures, words,
# models and files. No search, no registry, no experiments, and nothing is deleted but a word.
_RUN_FIELDS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("run_id", "run_uuid"): (
        *(f"GET {_TRACKING}{name}" for name in ("runs/get", "metrics/get-history", "artifacts/list")),
        *(f"POST {_TRACKING}runs/{name}" for name in ("update", "set-tag", "log-metric", "log-parameter")),
    ),
    ("run_id",): tuple(
        f"POST {_TRACKING}runs/{name}" for name in ("delete-tag", "log-batch", "log-model", "log-inputs", "outputs")
    ),
    ("run_ids",): (f"GET {_TRACKING}metrics/get-history-bulk-interval",),
    ("source_run_id",): (f"POST {_TRACKING}logged-models",),
    ("model_id",): (
        f"GET {_TRACKING}logged-models/{{model_id}}",
        f"GET {_TRACKING}logged-models/{{model_id}}/artifacts/directories",
        f"PATCH {_TRACKING}logged-models/{{model_id}}",
        f"POST {_TRACKING}logged-models/{{model_id}}/params",
        f"PATCH {_TRACKING}logged-models/{{model_id}}/tags",
    ),
    ("path",): (f"GET {_FILES}artifacts", f"GET {_FILES}artifacts/{{path}}", f"PUT {_FILES}artifacts/{{path}}"),
}
_FINDS_RUN = {entry: fields for fields, entries in _RUN_FIELDS.items() for entry in entries}


def _routes() -> tuple[Route, ...]:
    return tuple(
        _route(kind, prefix, entry, writes)
        for kind, prefix, *both in _TABLE
        for writes, entries in enumerate(both)
        for entry in entries
    )


def _route(kind: Kind, prefix: str, entry: str, writes: int) -> Route:
    method, _, rest = entry.partition(" ")
    address = prefix + rest
    pattern = re.escape(address)
    for name, part in _PARTS.items():
        pattern = pattern.replace(re.escape(name), part)
    return Route(
        method,
        re.compile(pattern),
        kind,
        bool(writes),
        tells_metrics=address in _TELLS_METRICS,
        tags=address.endswith("-tag"),
        run_fields=_FINDS_RUN.get(f"{method} {address}", ()),
    )


ROUTES = _routes()


def find(method: str, path: str) -> Found | None:
    """The route of a decoded path without leading slash; None where there is none or the path is a trick."""
    if not is_plain(path):
        return None
    for route in ROUTES:
        if route.method == method and (match := route.pattern.fullmatch(path)):
            return Found(route, match.groupdict())
    return None


def is_plain(path: str) -> bool:
    """Whether the path means one thing however often anybody behind us decodes it: no dot segment, no double slash."""
    while True:
        if "\\" in path or "//" in path or any(ord(sign) < 32 or ord(sign) == 127 for sign in path):
            return False
        if any(part in {".", ".."} for part in path.split("/")):
            return False
        decoded = unquote(path)
        if decoded == path:
            return True
        if decoded.count("/") != path.count("/"):
            return False
        path = decoded


def is_read_as_sent(path: str) -> bool:
    """Whether MLflow, which decodes and parses a file's path until nothing changes, ends where it began."""
    return urlunparse(urlparse(unquote(path))) == path
