"""Transformations that the clock begins."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from uuid import UUID

from apps.datasets import selectors
from apps.datasets.choices import TransformationState
from apps.datasets.models import Transformation
from apps.datasets.services import passes
from apps.datasets.services.transformations import next_time
from apps.projects.services import lock_project
from foundation.tenancy import for_each, scope, take_turns
from foundation.tenancy.models import Tenant


def run_due_transformations(*, now: datetime) -> int:
    """Begin what the clock asks for, in every tenant; how many."""
    return for_each(lambda tenant: run_due(tenant=tenant, now=now))


def run_due(*, tenant: Tenant, now: datetime) -> int:
    """Plan what the clock asks for; how many. Each project in a transaction of its own: one keeps no other waiting."""
    with scope(tenant.pk):
        due = _due(tenant, now)
    plan_of = partial(_run_due_in, tenant, now)
    return take_turns(due.items(), plan_of, name=lambda one: f"the project {one[0]}")


def _due(tenant: Tenant, now: datetime) -> dict[UUID, list[UUID]]:
    """{project: its transformations that are due}."""
    due = Transformation.objects.filter(tenant=tenant, state=TransformationState.ACTIVE, next_at__lte=now)
    # What is archived stays as it is; once it is brought back, what was due is begun once.
    due = due.filter(project__archived_at=None)
    projects: dict[UUID, list[UUID]] = {}
    for project_id, pk in due.values_list("project_id", "pk"):
        projects.setdefault(project_id, []).append(pk)
    return projects


def _run_due_in(tenant: Tenant, now: datetime, due: tuple[UUID, list[UUID]]) -> int:
    project_id, ids = due
    with scope(tenant.pk):
        lock_project(project_id=project_id)
        steps = [one for one in selectors.steps_of(project_id=project_id) if one.transformation.pk in ids]
        # One may have been paused while this waited for the project.
        steps = [step for step in steps if passes.is_active(step)]
        for step in steps:
            step.transformation.next_at = next_time(step.definition, now=now)
            step.transformation.save(update_fields=["next_at"])
        passes.plan(tenant, steps)
        passes.advance(tenant, project_id)
    return len(ids)
