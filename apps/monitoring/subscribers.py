"""What monitoring hears, who may listen to it, and how monitors stand in a chain."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.datasets import services as datasets
from apps.deployments import selectors as deployments
from apps.monitoring import selectors, services
from apps.monitoring.choices import AlertState, ReplayState
from apps.projects import selectors as projects
from apps.projects import services as project_services
from apps.tenants import services as tenants
from foundation import ledger, live
from foundation.errors import NotFound
from foundation.figures import number
from foundation.identity import Actor
from foundation.ledger import RecordedEvent
from foundation.web import chain


def register() -> None:
    datasets.register_reach(services.LogReach())
    tenants.register_kept("inference logs", services.logs_measured)
    ledger.subscribe("revision.ready", name="monitoring.watch", handler=watch_when_ready)
    projects.register_work("replay", _work)
    project_services.register_farewell("monitoring", services.LogFarewell())
    for counted in ("monitoring.TrafficMinute", "monitoring.DriftWindow"):
        project_services.register_pointer(counted, "deployment_id")
    live.register_topic("monitor", check=lambda actor, pk: selectors.get_monitor(actor=actor, monitor_id=pk))
    live.register_topic("alert", check=lambda actor, pk: selectors.get_alert(actor=actor, alert_id=pk))
    chain.register("monitor", _monitor_link)
    chain.register_upwards("revision", _made_of_revision)


def _work(actor: Actor, project_id: UUID) -> list[projects.AtWork]:
    rows = selectors.visible_replays(actor=actor, project_id=project_id).filter(state=ReplayState.PLAYING)
    return [projects.AtWork("deployment", row.deployment_id, str(row.deployment), _("a replay plays")) for row in rows]


def watch_when_ready(event: RecordedEvent) -> None:
    services.ensure_monitor(actor=event.system("monitor"), deployment_id=UUID(event.payload["deployment_id"]))


def _monitor_link(actor: Actor, monitor_id: UUID) -> chain.Link | None:
    try:
        monitor = selectors.get_monitor(actor=actor, monitor_id=monitor_id)
    except NotFound:
        return None
    open_alerts = monitor.alerts.filter(state=AlertState.OPEN).count()
    said = ngettext("One open alert", "%(shown)s open alerts", open_alerts)
    node = chain.ChainNode(
        kind="monitor",
        name=str(monitor),
        state="alert" if open_alerts else "steady",
        state_label=said % {"shown": number(open_alerts)} if open_alerts else "",
        at=monitor.created_at,
        url=reverse("monitoring:monitor_detail", args=[actor.tenant.slug, monitor.project.slug, monitor.pk]),
    )
    serving = deployments.serving_revisions(monitor.deployment)
    return chain.Link(node, made_from=tuple(("revision", revision.pk) for revision in serving[:1]))


def _made_of_revision(actor: Actor, revision_id: UUID) -> Iterable[chain.Reference]:
    revision = deployments.get_revision(actor=actor, revision_id=revision_id)
    monitor = selectors.monitor_of(actor=actor, deployment_id=revision.deployment_id)
    return [("monitor", monitor.pk)] if monitor else []
