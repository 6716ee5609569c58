"""What a run is asked to do, as the portal's JSON says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from runtime.failures import WorkloadFailure
from runtime.schema import ClassName

SplitKind = Literal["time", "group", "random"]


@dataclass(frozen=True)
class SplitSpec:
    """How rows are parted. Time bounds are ISO 8601; fractions are of the rows (or groups) left at that point."""

    kind: SplitKind
    column: str | None = None
    test_start: str | None = None
    validation_start: str | None = None
    test_fraction: float = 0.2
    validation_fraction: float = 0.15


@dataclass(frozen=True)
class SliceSpec:
    """A part of the test rows with metrics of its own: from <= value < to."""

    name: str
    column: str
    start: str | float | None
    end: str | float | None


@dataclass(frozen=True)
class RunSpec:
    recipe: str
    params: Mapping[str, Any]
    seed: int
    target: str
    task: str
    features: tuple[str, ...]
    split: SplitSpec
    event_time: str | None = None
    slices: tuple[SliceSpec, ...] = ()
    positive_class: ClassName | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    feature_versions: tuple[Any, ...] = ()
    document: Mapping[str, Any] = field(default_factory=dict)


def _fraction(document: Mapping[str, Any], name: str, default: float) -> float:
    value = document.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 0.9:
        raise WorkloadFailure(f"The split's {name} is {value!r}; it has to be a number above 0 and below 0.9.")
    return float(value)


def _split(document: Mapping[str, Any]) -> SplitSpec:
    kind = document.get("kind", "random")
    if kind not in ("time", "group", "random"):
        raise WorkloadFailure(f"The split is of the kind {kind!r}; this runtime knows time, group and random.")
    if kind != "random" and not document.get("column"):
        raise WorkloadFailure(f"A split by {kind} needs the name of a column, and the run names none.")
    if kind == "time" and not document.get("test_start"):
        raise WorkloadFailure("A split by time needs test_start, the first moment of the test rows.")
    return SplitSpec(
        kind=kind,
        column=document.get("column"),
        test_start=document.get("test_start"),
        validation_start=document.get("validation_start"),
        test_fraction=_fraction(document, "test_fraction", 0.2),
        validation_fraction=_fraction(document, "validation_fraction", 0.15),
    )


def _target(document: Mapping[str, Any], columns: list[Mapping[str, Any]]) -> str:
    labels = [column["name"] for column in columns if column.get("role") == "label"]
    target = document.get("target") or (labels[0] if labels else None)
    if not target:
        raise WorkloadFailure("The run names no target: choose the column that is to be predicted.")
    return str(target)


def read_spec(document: Mapping[str, Any]) -> RunSpec:
    """Check the portal's JSON and freeze it."""
    columns = list(document.get("columns", []))
    target = _target(document, columns)
    features = tuple(column["name"] for column in columns if column.get("role") == "feature")
    times = [column["name"] for column in columns if column.get("role") == "event_time"]
    if target in features:
        raise WorkloadFailure(f"The target {target!r} is among the features; a model may not be given its own answer.")
    if not features:
        raise WorkloadFailure("The training set has no features: choose at least one column besides the target.")
    return RunSpec(
        recipe=str(document.get("recipe", "")),
        params=dict(document.get("params") or {}),
        seed=int(document.get("seed", 0)),
        target=target,
        task=str(document.get("task") or "auto"),
        features=features,
        split=_split(document.get("split") or {}),
        event_time=times[0] if times else None,
        slices=tuple(
            SliceSpec(str(entry["name"]), str(entry["column"]), entry.get("from"), entry.get("to"))
            for entry in document.get("slices") or []
        ),
        positive_class=document.get("positive_class"),
        data=dict(document.get("data") or {}),
        feature_versions=tuple(document.get("feature_versions") or ()),
        document=document,
    )
