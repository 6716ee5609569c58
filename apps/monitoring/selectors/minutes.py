"""Traffic of a whole project at once, for pages that show many deployments."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from uuid import UUID

from apps.deployments import selectors as deployments
from apps.monitoring.models import TrafficMinute
from foundation import access
from foundation.access import Permission
from foundation.identity import Actor


def traffic_of_project(*, actor: Actor, project_id: UUID, since: datetime) -> dict[UUID, list[TrafficMinute]]:
    """The minutes since then of every deployment of the project that the actor may see, oldest first."""
    access.require(actor, Permission.MONITOR_VIEW, access.Inside(project_id))
    seen = deployments.visible_deployments(actor=actor, project_id=project_id).values("pk")
    rows = TrafficMinute.objects.filter(tenant_id=actor.tenant_id, deployment_id__in=seen, minute__gte=since)
    found: dict[UUID, list[TrafficMinute]] = defaultdict(list)
    for row in rows.order_by("minute"):
        found[row.deployment_id].append(row)
    return found
