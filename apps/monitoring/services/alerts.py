"""Alerts: raised once per cause, read by people, closed by people."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.deployments import selectors as deployments
from apps.monitoring import policies, selectors
from apps.monitoring.choices import ALERT_NEXT, AlertState, DriftLevel, Severity
from apps.monitoring.events import (
    AlertAcknowledged,
    AlertRaised,
    AlertReopened,
    AlertResolved,
    AlertSubsided,
    MonitorConfigured,
    MonitorCreated,
)
from apps.monitoring.models import Alert, Monitor
from foundation import ledger, states
from foundation.errors import Invalid
from foundation.identity import Actor


@transaction.atomic
def ensure_monitor(*, actor: Actor, deployment_id: UUID) -> Monitor:
    """The monitor of a deployment, made with the usual thresholds where there is none."""
    deployment = deployments.get_deployment(actor=actor, deployment_id=deployment_id)
    monitor, made = Monitor.objects.get_or_create(
        tenant_id=deployment.tenant_id, deployment_id=deployment.pk, defaults={"project_id": deployment.project_id}
    )
    if made:
        created = MonitorCreated(monitor_id=monitor.pk, deployment_id=deployment.pk)
        ledger.record(created, actor=actor, project_id=monitor.project_id, subject=("monitor", monitor.pk))
    return monitor


@transaction.atomic
def configure_monitor(
    *, actor: Actor, monitor: Monitor, moved_at: float, drifted_at: float, fewest_rows: int, fewest_days: int = 7
) -> Monitor:
    policies.check_can_configure(actor, monitor)
    if not 0 < moved_at < drifted_at:
        raise Invalid(
            _("The first threshold must be above 0 and below the second."),
            fields={"moved_at": [_("It must be above 0 and below %(drifted)s.") % {"drifted": drifted_at}]},
        )
    monitor.moved_at, monitor.drifted_at = moved_at, drifted_at
    monitor.fewest_rows, monitor.fewest_days = max(1, fewest_rows), min(max(1, fewest_days), 28)
    monitor.save(update_fields=["moved_at", "drifted_at", "fewest_rows", "fewest_days"])
    configured = MonitorConfigured(
        monitor_id=monitor.pk,
        moved_at=moved_at,
        drifted_at=drifted_at,
        fewest_rows=monitor.fewest_rows,
        fewest_days=monitor.fewest_days,
    )
    ledger.record(configured, actor=actor, project_id=monitor.project_id, subject=("monitor", monitor.pk))
    return monitor


def look_for_drift(*, actor: Actor, deployment_id: UUID) -> list[Alert]:
    """Compare what was counted with the reference: raise what is new, close what no longer holds.

    The first weeks of a month are seldom like the whole of it. What they raised and nobody has looked at subsides where
    the month as it goes on is like training again, and opens anew should it leave once more.
    """
    monitor = ensure_monitor(actor=actor, deployment_id=deployment_id)
    known = {(row.model_version_id, row.window, row.feature): row for row in monitor.alerts.all()}
    raised = []
    for cell in selectors.drift_cells(actor=actor, monitor=monitor):
        alert = known.get((cell.model_version_id, cell.window, cell.feature))
        if alert is not None:
            _follow(actor, alert, cell)
        elif cell.level == DriftLevel.DRIFTED:
            raised.append(_raise(actor, monitor, cell))
    return raised


def _follow(actor: Actor, alert: Alert, cell: selectors.DriftCell) -> None:
    if (alert.state, cell.level) == (AlertState.OPEN, DriftLevel.STEADY):
        _turn(actor, alert, AlertState.SUBSIDED, AlertSubsided, cell)
    if (alert.state, cell.level) == (AlertState.SUBSIDED, DriftLevel.DRIFTED):
        _turn(actor, alert, AlertState.OPEN, AlertReopened, cell)


@transaction.atomic
def _turn(
    actor: Actor, alert: Alert, to: AlertState, event: type[AlertSubsided | AlertReopened], cell: selectors.DriftCell
) -> None:
    """Only where nobody has taken it in hand since it was read."""
    held = Alert.objects.select_for_update().get(pk=alert.pk)
    if held.state != alert.state:
        return
    states.move(held, to, ALERT_NEXT)
    held.save(update_fields=["state"])
    turned = event(alert_id=held.pk, psi=round(cell.psi, 4), rows=cell.rows)
    ledger.record(turned, actor=actor, project_id=held.project_id, subject=("alert", held.pk))


def _raise(actor: Actor, monitor: Monitor, cell: selectors.DriftCell) -> Alert:
    alert = Alert.objects.create(
        tenant_id=monitor.tenant_id,
        project_id=monitor.project_id,
        monitor=monitor,
        model_version_id=cell.model_version_id,
        window=cell.window,
        feature=cell.feature,
        severity=Severity.CRITICAL if cell.psi >= 2 * monitor.drifted_at else Severity.WARNING,
        psi=cell.psi,
        rows=cell.rows,
        figures=cell.figures,
    )
    raised = AlertRaised(
        alert_id=alert.pk,
        monitor_id=monitor.pk,
        window=f"{cell.window:%Y-%m}",
        feature_index=cell.feature_index,
        psi=round(cell.psi, 4),
        rows=cell.rows,
    )
    ledger.record(raised, actor=actor, project_id=monitor.project_id, subject=("alert", alert.pk))
    return alert


@transaction.atomic
def acknowledge_alert(*, actor: Actor, alert: Alert, note: str, now: datetime) -> Alert:
    """Somebody has seen it and says what they think of it."""
    alert = Alert.objects.select_for_update().get(pk=alert.pk)
    policies.check_can_acknowledge(actor, alert)
    states.move(alert, AlertState.ACKNOWLEDGED, ALERT_NEXT)
    alert.acknowledged_by, alert.acknowledged_at, alert.note = actor.user, now, note
    alert.save(update_fields=["state", "acknowledged_by", "acknowledged_at", "note"])
    seen = AlertAcknowledged(alert_id=alert.pk)
    ledger.record(seen, actor=actor, project_id=alert.project_id, subject=("alert", alert.pk))
    return alert


@transaction.atomic
def acknowledge_alerts(
    *, actor: Actor, monitor: Monitor, window: date | None = None, note: str = "", now: datetime
) -> int:
    """Acknowledge all that are open, of one month or of all; how many they were."""
    policies.check_can_configure(actor, monitor)
    rows = monitor.alerts.filter(state=AlertState.OPEN)
    waiting = list(rows.filter(window=window) if window else rows)
    for alert in waiting:
        acknowledge_alert(actor=actor, alert=alert, note=note, now=now)
    return len(waiting)


@transaction.atomic
def resolve_alert(*, actor: Actor, alert: Alert) -> Alert:
    alert = Alert.objects.select_for_update().get(pk=alert.pk)
    policies.check_can_resolve(actor, alert)
    states.move(alert, AlertState.RESOLVED, ALERT_NEXT)
    alert.save(update_fields=["state"])
    done = AlertResolved(alert_id=alert.pk)
    ledger.record(done, actor=actor, project_id=alert.project_id, subject=("alert", alert.pk))
    return alert
