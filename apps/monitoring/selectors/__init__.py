"""Reads of monitors, traffic, drift and alerts, each limited to what the actor may see."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.deployments import selectors as deployments
from apps.monitoring.choices import DriftLevel
from apps.monitoring.models import Alert, DriftWindow, Monitor, Replay, TrafficMinute
from apps.monitoring.selectors.stability import psi
from apps.registry import selectors as registry
from foundation import access
from foundation.access import Permission
from foundation.errors import NotFound
from foundation.identity import Actor


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


def visible_monitors(*, actor: Actor, project_id: UUID | None = None) -> QuerySet[Monitor]:
    access.require(actor, Permission.MONITOR_VIEW)
    rows = Monitor.objects.filter(tenant_id=actor.tenant_id).select_related("deployment__model", "project")
    for limit in filter(None, (project_id, actor.project_id)):
        rows = rows.filter(project_id=limit)
    return rows


def get_monitor(*, actor: Actor, monitor_id: UUID) -> Monitor:
    monitor = visible_monitors(actor=actor).filter(pk=monitor_id).first()
    if monitor is None:
        raise NotFound(_("There is no such monitor here."))
    return monitor


def monitor_of(*, actor: Actor, deployment_id: UUID) -> Monitor | None:
    return visible_monitors(actor=actor).filter(deployment_id=deployment_id).first()


def visible_replays(*, actor: Actor, project_id: UUID | None = None) -> QuerySet[Replay]:
    access.require(actor, Permission.MONITOR_VIEW)
    rows = Replay.objects.filter(tenant_id=actor.tenant_id).select_related("deployment", "training_set", "project")
    for limit in filter(None, (project_id, actor.project_id)):
        rows = rows.filter(project_id=limit)
    return rows


def get_replay(*, actor: Actor, replay_id: UUID) -> Replay:
    replay = visible_replays(actor=actor).filter(pk=replay_id).first()
    if replay is None:
        raise NotFound(_("There is no such replay here."))
    return replay


def visible_alerts(*, actor: Actor, project_id: UUID | None = None) -> QuerySet[Alert]:
    access.require(actor, Permission.MONITOR_VIEW)
    rows = Alert.objects.filter(tenant_id=actor.tenant_id).select_related(
        "monitor__deployment", "acknowledged_by", "project"
    )
    for limit in filter(None, (project_id, actor.project_id)):
        rows = rows.filter(project_id=limit)
    return rows


def get_alert(*, actor: Actor, alert_id: UUID) -> Alert:
    alert = visible_alerts(actor=actor).filter(pk=alert_id).first()
    if alert is None:
        raise NotFound(_("There is no such alert here."))
    return alert


def traffic(*, actor: Actor, deployment_id: UUID, since: datetime) -> QuerySet[TrafficMinute]:
    deployments.get_deployment(actor=actor, deployment_id=deployment_id)
    rows = TrafficMinute.objects.filter(tenant_id=actor.tenant_id, deployment_id=deployment_id, minute__gte=since)
    return rows.order_by("minute")


def drift_cells(*, actor: Actor, monitor: Monitor) -> list[DriftCell]:
    """Every feature and the prediction, month by month, for each version that answered."""
    cells = []
    windows = DriftWindow.objects.filter(tenant_id=actor.tenant_id, deployment_id=monitor.deployment_id)
    references = _references(actor, {window.model_version_id for window in windows})
    for window in windows:
        cells.append(_cell(monitor, window, references[window.model_version_id]))
    return cells


def _references(actor: Actor, version_ids: set[UUID]) -> dict[UUID, dict[str, Any]]:
    return {pk: registry.get_model_version(actor=actor, version_id=pk).reference for pk in version_ids}


def _cell(monitor: Monitor, window: DriftWindow, reference: dict[str, Any]) -> DriftCell:
    described = _described(reference, window.feature)
    # What was never seen in training, and what is missing, are bins like the others: they too can grow.
    expected = [*described["counts"], described.get("other", 0), described.get("missing", 0)]
    actual = [*window.counts, window.other, window.missing]
    index = psi(expected, actual)
    known = window.rows - window.missing
    return DriftCell(
        model_version_id=window.model_version_id,
        window=window.window,
        feature=window.feature,
        feature_index=-1 if not window.feature else list(reference["features"]).index(window.feature),
        rows=window.rows,
        missing=window.missing,
        psi=index,
        level=_level(monitor, window.rows, index),
        counts=actual,
        expected=expected,
        figures={"reference_mean": described.get("mean"), "window_mean": window.total / known if known else None},
    )


def _described(reference: dict[str, Any], feature: str) -> dict[str, Any]:
    if feature:
        return reference["features"][feature]
    return reference.get("prediction_held_out") or reference["prediction"]


def _level(monitor: Monitor, rows: int, index: float) -> DriftLevel:
    if rows < monitor.fewest_rows:
        return DriftLevel.UNKNOWN
    if index >= monitor.drifted_at:
        return DriftLevel.DRIFTED
    return DriftLevel.MOVED if index >= monitor.moved_at else DriftLevel.STEADY
