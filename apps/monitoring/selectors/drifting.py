"""Distributions of each month against what was learned from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from apps.monitoring.choices import DriftLevel
from apps.monitoring.models import DriftWindow, Monitor
from apps.monitoring.selectors.causes import figures_of
from apps.monitoring.selectors.stability import psi
from apps.registry import selectors as registry
from foundation.identity import Actor

if TYPE_CHECKING:
    from apps.registry.models import ModelVersion


@dataclass(frozen=True)
class DriftCell:
    """One feature in one month against the reference; feature "" is the prediction."""

    model_version_id: UUID
    window: date
    feature: str
    feature_index: int
    rows: int
    missing: int
    psi: float
    level: DriftLevel
    counts: list[int] = field(default_factory=list)
    expected: list[int] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    # The bins: {"edges"} or {"categories"}, as the model's reference has them.
    described: dict[str, Any] = field(default_factory=dict)


def drift_cells(*, actor: Actor, monitor: Monitor) -> list[DriftCell]:
    """Every feature and the prediction, month by month, for each version that answered."""
    windows = DriftWindow.objects.filter(tenant_id=actor.tenant_id, deployment_id=monitor.deployment_id)
    versions = _versions(actor, {window.model_version_id for window in windows})
    return [_cell(monitor, window, versions[window.model_version_id]) for window in windows]


def _versions(actor: Actor, version_ids: set[UUID]) -> dict[UUID, Any]:
    return {pk: registry.get_model_version(actor=actor, version_id=pk) for pk in version_ids}


def _place(version: ModelVersion, feature: str) -> int:
    """Where the feature stands in the model's schema (a reference keeps no order); -1 for the prediction."""
    names = [known["name"] for known in version.input_schema.get("features", [])]
    return names.index(feature) if feature in names else -1


def _cell(monitor: Monitor, window: DriftWindow, version: ModelVersion) -> DriftCell:
    described = _described(version.reference, window.feature)
    # What was never seen in training, and what is missing, are bins like the others: they too can grow.
    expected = [*described["counts"], described.get("other", 0), described.get("missing", 0)]
    actual = [*window.counts, window.other, window.missing]
    index = psi(expected, actual)
    return DriftCell(
        model_version_id=window.model_version_id,
        window=window.window,
        feature=window.feature,
        feature_index=_place(version, window.feature),
        rows=window.rows,
        missing=window.missing,
        psi=index,
        level=_level(monitor, window, index),
        counts=actual,
        expected=expected,
        figures=figures_of(described, window, expected, actual),
        described=described,
    )


def _described(reference: dict[str, Any], feature: str) -> dict[str, Any]:
    if feature:
        return reference["features"][feature]
    return reference.get("prediction_held_out") or reference["prediction"]


def _level(monitor: Monitor, window: DriftWindow, index: float) -> DriftLevel:
    if window.rows < monitor.fewest_rows or window.days.bit_count() < monitor.fewest_days:
        return DriftLevel.UNKNOWN
    if index >= monitor.drifted_at:
        return DriftLevel.DRIFTED
    return DriftLevel.MOVED if index >= monitor.moved_at else DriftLevel.STEADY


def judged_last(cells: list[DriftCell]) -> list[DriftCell]:
    """The cells of the newest month that can be judged."""
    judged = [cell for cell in cells if cell.level != DriftLevel.UNKNOWN]
    newest = max((cell.window for cell in judged), default=None)
    return [cell for cell in judged if cell.window == newest]


def level_of(cells: list[DriftCell]) -> DriftLevel:
    """How a monitor stands: by the worst of that month."""
    levels = {cell.level for cell in judged_last(cells)}
    order = (DriftLevel.DRIFTED, DriftLevel.MOVED, DriftLevel.STEADY)
    return next((level for level in order if level in levels), DriftLevel.UNKNOWN)
