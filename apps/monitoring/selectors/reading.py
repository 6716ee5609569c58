"""Reads of monitors, traffic, drift and alerts, each limited to what the actor may see."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from apps.deployments import selectors as deployments
from apps.features import selectors as features
from apps.features.choices import BuildState
from apps.monitoring.choices import AlertState
from apps.monitoring.models import Alert, DrainedBatch, Monitor, Replay, TrafficMinute
from foundation import access
from foundation.access import Permission
from foundation.errors import NotFound
from foundation.identity import Actor


def visible_monitors(*, actor: Actor, project_id: UUID | None = None) -> QuerySet[Monitor]:
    rows = Monitor.objects.select_related("deployment__model", "project")
    rows = access.visible(rows, actor, Permission.MONITOR_VIEW, project_id=project_id)
    return rows.annotate(open_alerts=Count("alerts", filter=Q(alerts__state=AlertState.OPEN)))


def get_monitor(*, actor: Actor, monitor_id: UUID) -> Monitor:
    monitor = visible_monitors(actor=actor).filter(pk=monitor_id).first()
    if monitor is None:
        raise NotFound(_("There is no such monitor here."))
    return monitor


def monitor_of(*, actor: Actor, deployment_id: UUID) -> Monitor | None:
    return visible_monitors(actor=actor).filter(deployment_id=deployment_id).first()


def set_aside(*, actor: Actor) -> DrainedBatch | None:
    """The tenant's logged requests that could not be counted, where there are any."""
    access.require_somewhere(actor, Permission.MONITOR_VIEW)
    return DrainedBatch.objects.filter(tenant_id=actor.tenant_id, set_aside__gt=0).first()


def visible_replays(*, actor: Actor, project_id: UUID | None = None) -> QuerySet[Replay]:
    rows = Replay.objects.select_related("deployment", "training_set", "project")
    return access.visible(rows, actor, Permission.MONITOR_VIEW, project_id=project_id)


def get_replay(*, actor: Actor, replay_id: UUID) -> Replay:
    replay = visible_replays(actor=actor).filter(pk=replay_id).first()
    if replay is None:
        raise NotFound(_("There is no such replay here."))
    return replay


def visible_alerts(*, actor: Actor, project_id: UUID | None = None) -> QuerySet[Alert]:
    rows = Alert.objects.select_related("monitor__deployment", "acknowledged_by", "project")
    return access.visible(rows, actor, Permission.MONITOR_VIEW, project_id=project_id)


def get_alert(*, actor: Actor, alert_id: UUID) -> Alert:
    alert = visible_alerts(actor=actor).filter(pk=alert_id).first()
    if alert is None:
        raise NotFound(_("There is no such alert here."))
    return alert


def traffic(*, actor: Actor, deployment_id: UUID, since: datetime) -> QuerySet[TrafficMinute]:
    deployments.get_deployment(actor=actor, deployment_id=deployment_id)
    rows = TrafficMinute.objects.filter(tenant_id=actor.tenant_id, deployment_id=deployment_id, minute__gte=since)
    return rows.order_by("minute")


def replay_of(*, actor: Actor, deployment_id: UUID) -> Replay | None:
    """The replay of a deployment that was started last."""
    return visible_replays(actor=actor).filter(deployment_id=deployment_id).order_by("-created_at").first()


def sets_to_replay(*, actor: Actor, project_id: UUID) -> QuerySet[Any]:
    """Training sets whose rows have an order to be played in."""
    rows = features.visible_training_sets(actor=actor, project_id=project_id)
    return rows.filter(state=BuildState.READY).exclude(event_time="")
