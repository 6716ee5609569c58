"""Distributions of each month against what was learned from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import F, Func, IntegerField, OuterRef, QuerySet, Subquery

from apps.datasets import selectors as datasets
from apps.monitoring.choices import DriftLevel
from apps.monitoring.models import DriftWindow, Monitor
from apps.monitoring.selectors.causes import figures_of
from apps.monitoring.selectors.reading import visible_monitors
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


def levels(*, actor: Actor, project_id: UUID) -> dict[UUID, DriftLevel]:
    """How each monitor of the project stands, as `level_of` says it; as many queries for one as for all."""
    seen = visible_monitors(actor=actor, project_id=project_id).annotate(judged=Subquery(_judged_months()[:1]))
    monitors = {monitor.deployment_id: monitor for monitor in seen}
    months = {deployment_id: monitor.judged for deployment_id, monitor in monitors.items()}
    rows = DriftWindow.objects.filter(
        tenant_id=actor.tenant_id, deployment_id__in=monitors, window__in=set(months.values()) - {None}
    )
    windows = [window for window in rows if window.window == months[window.deployment_id]]
    versions = _versions(actor, {window.model_version_id for window in windows})
    cells: dict[UUID, list[DriftCell]] = {deployment_id: [] for deployment_id in monitors}
    for window in windows:
        cell = _cell(monitors[window.deployment_id], window, versions[window.model_version_id])
        cells[window.deployment_id].append(cell)
    return {monitor.pk: level_of(cells[deployment_id]) for deployment_id, monitor in monitors.items()}


def _judged_months() -> QuerySet[DriftWindow, Any]:
    """Within a query of monitors: the months that each can be judged by, as `_level` does it, the newest first."""
    days = Func(F("days"), template="bit_count(%(expressions)s::bit(64))", output_field=IntegerField())
    rows = DriftWindow.objects.filter(tenant_id=OuterRef("tenant_id"), deployment_id=OuterRef("deployment_id"))
    rows = rows.annotate(seen=days).filter(rows__gte=OuterRef("fewest_rows"), seen__gte=OuterRef("fewest_days"))
    return rows.order_by("-window").values("window")


def _versions(actor: Actor, version_ids: set[UUID]) -> dict[UUID, ModelVersion]:
    """At once; one that is not to be seen is refused with its sentence."""
    found = registry.visible_versions(actor=actor).in_bulk(version_ids)
    return {pk: found.get(pk) or registry.get_model_version(actor=actor, version_id=pk) for pk in version_ids}


def _place(version: ModelVersion, feature: str) -> int:
    """Where the feature stands in the model's schema (a reference keeps no order); -1 for the prediction."""
    names = [known["name"] for known in version.input_schema.get("features", [])]
    return names.index(feature) if feature in names else -1


def _cell(monitor: Monitor, window: DriftWindow, version: ModelVersion) -> DriftCell:
    described = _described(version.reference, window.feature)
    # What was never seen in training, and what is missing, are bins like the others: they too can grow.
    expected = [*described["counts"], described.get("other", 0), described.get("missing", 0)]
    actual = [*window.counts, window.other, window.missing]
    index = datasets.psi(expected, actual)
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
