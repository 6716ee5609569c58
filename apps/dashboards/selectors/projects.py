from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Count, OuterRef
from django.db.models.functions import Coalesce

from apps.monitoring import selectors as monitoring
from apps.monitoring.choices import AlertState
from apps.projects import selectors as projects
from apps.registry import selectors as registry
from apps.registry.choices import Stage
from foundation import access, ledger
from foundation.access import Permission
from foundation.identity import Actor

if TYPE_CHECKING:
    from apps.projects.models import Project

_MOST = 25


@dataclass(frozen=True)
class ProjectAtWork:
    """A project with the time of its last act, and what is in production and unwell in it."""

    project: Project
    last_at: datetime
    in_production: int
    open_alerts: int


def projects_by_activity(*, actor: Actor) -> list[ProjectAtWork]:
    """The projects in which something happened last, first."""
    last = ledger.last_act_in(OuterRef("pk"), tenant_id=actor.tenant_id)
    rows = projects.open_projects(actor=actor).annotate(last_at=Coalesce(last, "created_at"))
    serving, alerts = _in_production(actor), _open_alerts(actor)
    return [
        ProjectAtWork(row, row.last_at, serving.get(row.pk, 0), alerts.get(row.pk, 0))
        for row in rows.order_by("-last_at", "name")[:_MOST]
    ]


def _in_production(actor: Actor) -> dict[Any, int]:
    if not access.can_somewhere(actor, Permission.MODEL_VIEW):
        return {}
    rows = registry.visible_versions(actor=actor).filter(stage=Stage.PRODUCTION).order_by()
    return dict(rows.values_list("project_id").annotate(n=Count("pk")))


def _open_alerts(actor: Actor) -> dict[Any, int]:
    if not access.can_somewhere(actor, Permission.MONITOR_VIEW):
        return {}
    rows = monitoring.visible_alerts(actor=actor).filter(state=AlertState.OPEN).order_by()
    return dict(rows.values_list("project_id").annotate(n=Count("pk")))
