"""What a run left behind. A workload wrote it, so it is looked at before pages, gates and reports rely on its shape."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import msgspec
from django.utils.translation import gettext as _

from apps.experiments.adapters.tracking import server_of
from apps.experiments.errors import ResultRefused
from apps.experiments.models import Run

CURVE, MOST_POINTS = "validation_loss", 40
# What JSON can spell and a text cannot hold: NUL, and halves of signs.
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")
_Figures = dict[str, float]


class _Metrics(msgspec.Struct):
    validation: _Figures = {}
    test: _Figures = {}
    slices: dict[str, _Figures] = {}


class _Code(msgspec.Struct):
    sha256: str


class _View(msgspec.Struct):
    name: str
    version: int


class _Manifest(msgspec.Struct):
    data: dict[str, Any] = {}
    code: _Code | msgspec.UnsetType = msgspec.UNSET
    rows: dict[str, int] = {}
    packages: dict[str, str] = {}
    feature_versions: list[_View] = []


@dataclass(frozen=True)
class Result:
    """The digests of the model's files, and what some of them say."""

    metrics: dict[str, Any]
    manifest: dict[str, Any]
    curve: list[float]
    files: dict[str, str]


def result_of(run: Run) -> Result:
    """What the run wrote into MLflow; ResultRefused where it is not in the shape that everybody reads."""
    server, mlflow_id = server_of(run.project_id), run.mlflow_run_id
    return Result(
        metrics=_checked("metrics.json", server.read_json(mlflow_id, "model/sanad/metrics.json"), _Metrics),
        manifest=_checked("manifest.json", server.read_json(mlflow_id, "model/sanad/manifest.json"), _Manifest),
        curve=thinned(server.metric_history(mlflow_id, CURVE)),
        files=server.digests(mlflow_id, "model"),
    )


def thinned(history: list[dict[str, Any]]) -> list[float]:
    """A metric's values as a list draws them: every so many-th, the last one always."""
    values = [value for value in (float(point["value"]) for point in history) if math.isfinite(value)]
    every = -(-len(values) // MOST_POINTS) or 1
    return values[::every] + (values[-1:] if (len(values) - 1) % every else [])


def _checked(name: str, document: Any, shape: type[msgspec.Struct]) -> dict[str, Any]:
    try:
        msgspec.convert(document, shape)
    except msgspec.ValidationError as error:
        raise _refused(name, str(error)) from error
    if not _can_be_kept(document):
        raise _refused(name, _("a number without end, or a sign that no text holds"))
    return dict(document)


def _can_be_kept(value: Any) -> bool:
    """Whether the database takes it: JSON as Python reads it knows more than JSON."""
    if isinstance(value, dict):
        return all(_can_be_kept(part) for pair in value.items() for part in pair)
    if isinstance(value, list):
        return all(_can_be_kept(part) for part in value)
    if isinstance(value, float):
        return math.isfinite(value)
    return not isinstance(value, str) or _NO_TEXT.search(value) is None


def _refused(name: str, why: str) -> ResultRefused:
    return ResultRefused(
        _("The run ended well, but its %(name)s is not as it has to be: %(why)s.") % {"name": name, "why": why}
    )
