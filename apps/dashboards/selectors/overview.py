"""One project at a glance: what serves and how, what ran, what moved, what is fresh, and what to do next."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from apps.dashboards.choices import STEP_EVENTS, STEPS, Step
from apps.dashboards.models import Dismissal
from apps.datasets import selectors as datasets
from apps.deployments import selectors as deployments
from apps.deployments.choices import HEALTH_TONES, UNWELL, Health
from apps.experiments import selectors as experiments
from apps.monitoring import selectors as monitoring
from apps.monitoring.choices import AlertState
from foundation import access, jobs, ledger
from foundation.access import Permission
from foundation.identity import Actor
from foundation.jobs.choices import JobState

if TYPE_CHECKING:
    from apps.deployments.models import Deployment
    from apps.projects.models import Project

_MOST = 6
_DEPLOYMENTS = 25
_MINUTES = 60
# From this share of failed answers on a deployment counts as unwell.
_ERRORS_BAD = 0.05


@dataclass(frozen=True)
class ServedDeployment:
    """A deployment with what serves there, whether it answers, and its last hour."""

    deployment: Deployment
    serving: list[Any]
    health: Health
    per_minute: list[int]
    requests: int
    errors: int
    open_alerts: int

    @property
    def tone(self) -> str | None:
        return HEALTH_TONES.get(self.health)

    @property
    def error_share(self) -> float | None:
        return self.errors / self.requests if self.requests else None


@dataclass(frozen=True)
class Overview:
    """`steps` is the getting-started list with what is done, empty when it was put away or all is done; `at_work` are
    the titles of the jobs that are going on.
    """

    served: list[ServedDeployment]
    runs: list[Any]
    alerts: list[monitoring.AlertGroup]
    alert_count: int
    datasets: list[tuple[Any, str]]
    steps: list[tuple[Step, bool]]
    at_work: list[str]

    @property
    def unwell(self) -> list[ServedDeployment]:
        return [row for row in self.served if row.health in UNWELL or (row.error_share or 0) >= _ERRORS_BAD]

    @property
    def next_step(self) -> Step | None:
        return next((step for step, done in self.steps if not done), None)


def overview(*, actor: Actor, project: Project, now: datetime) -> Overview:
    alerts = monitoring.visible_alerts(actor=actor, project_id=project.pk).filter(state=AlertState.OPEN)
    rows = datasets.visible_datasets(actor=actor, project_id=project.pk).order_by("name")[:_MOST]
    opened = Counter(alerts.order_by().values_list("monitor__deployment_id", flat=True))
    groups = monitoring.open_alert_groups(actor=actor, project_id=project.pk)[:_MOST]
    return Overview(
        served=_served(actor, project, now, opened),
        runs=list(experiments.visible_runs(actor=actor, project_id=project.pk)[:_MOST]),
        alerts=[monitoring.AlertGroup(**row) for row in groups],
        alert_count=opened.total(),
        datasets=[(row, datasets.freshness(row, now=now)) for row in rows],
        steps=steps_of(actor=actor, project=project),
        at_work=_at_work(actor, project),
    )


def _at_work(actor: Actor, project: Project) -> list[str]:
    """What is being made here just now, by whomever: a step that it does already need not be done again."""
    active = jobs.visible_jobs(actor=actor).filter(project_id=project.pk, state__in=(JobState.QUEUED, JobState.RUNNING))
    return list(active.order_by("created_at").values_list("title", flat=True)[:_MOST])


def steps_of(*, actor: Actor, project: Project) -> list[tuple[Step, bool]]:
    """The way of a first model, ticked off by what the ledger holds; an archived project goes no way."""
    if project.archived_at is not None:
        return []
    if actor.user and Dismissal.objects.filter(tenant_id=actor.tenant_id, user=actor.user, project=project).exists():
        return []
    kinds = ledger.kinds_seen(tenant_id=actor.tenant_id, project_id=project.pk, among=STEP_EVENTS)
    steps = [(step, not kinds.isdisjoint(step.events)) for step in STEPS]
    return [] if all(done for _step, done in steps) else steps


def _served(actor: Actor, project: Project, now: datetime, alerts: Counter[UUID]) -> list[ServedDeployment]:
    start = now.replace(second=0, microsecond=0) - timedelta(minutes=_MINUTES)
    may_see = access.can(actor, Permission.MONITOR_VIEW, project)
    minutes = monitoring.traffic_of_project(actor=actor, project_id=project.pk, since=start) if may_see else {}
    rows = list(deployments.visible_deployments(actor=actor, project_id=project.pk)[:_DEPLOYMENTS])
    answers = bool(rows) and deployments.live_stats_of_all(actor=actor) is not None
    return [
        _one(row, deployments.health_of(row, gateway_answers=answers), minutes.get(row.pk, []), start, alerts[row.pk])
        for row in rows
    ]


def _one(deployment: Deployment, health: Health, minutes: list[Any], start: datetime, alerts: int) -> ServedDeployment:
    per_minute = [0] * _MINUTES
    for row in minutes:
        at = int((row.minute - start).total_seconds() // 60)
        if 0 <= at < _MINUTES:
            per_minute[at] += row.requests
    return ServedDeployment(
        deployment=deployment,
        serving=deployments.serving_revisions(deployment),
        health=health,
        per_minute=per_minute,
        requests=sum(row.requests for row in minutes),
        errors=sum(row.errors for row in minutes),
        open_alerts=alerts,
    )
