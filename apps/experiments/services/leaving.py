"""How a project that is deleted lets go of its runs: workloads, logs, and its workspace in MLflow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from apps.experiments import selectors
from apps.experiments.adapters import tracking
from apps.experiments.choices import RunState
from apps.experiments.models import Experiment, Run
from apps.projects import services as projects
from foundation import engines
from foundation.identity import Actor
from foundation.tenancy import scope
from foundation.tenancy.models import Tenant

_DEAD = {RunState.FAILED, RunState.CANCELLED}


class RunFarewell(projects.Farewell):
    def holds(self, actor: Actor, project_id: UUID) -> Iterable[projects.Held]:
        mine = {"tenant_id": actor.tenant_id, "project_id": project_id}
        yield projects.Held(_("Experiments"), Experiment.objects.filter(**mine).count())
        yield projects.Held(_("Runs"), Run.objects.filter(**mine).count())

    def made_elsewhere(self, actor: Actor, project_id: UUID) -> Iterator[projects.Dependant]:
        rows = Run.objects.filter(tenant_id=actor.tenant_id, training_set__project_id=project_id)
        dead = {row.pk for found in self.dead_elsewhere(actor.tenant_id, project_id) for row in found}
        for run in rows.exclude(project_id=project_id).exclude(pk__in=dead).select_related("project"):
            yield projects.Dependant("run", run.pk, f"{run} {run.recipe}", run.project)

    def dead_elsewhere(self, tenant_id: UUID, project_id: UUID) -> Iterator[QuerySet[Run]]:
        rows = Run.objects.filter(tenant_id=tenant_id, training_set__project_id=project_id, state__in=_DEAD)
        yield projects.resting_on_nothing(rows.exclude(project_id=project_id))

    def end(self, tenant: Tenant, project_id: UUID) -> None:
        with scope(tenant.pk):
            begun = Run.objects.filter(tenant=tenant, project_id=project_id).exclude(engine_name="")
            workloads = list(begun.values_list("engine_name", flat=True))
        for name in workloads:
            engines.current().remove(name)

    def outside(self, tenant: Tenant, project_id: UUID) -> projects.Outside:
        runs = list(Run.objects.filter(tenant=tenant, project_id=project_id))
        dead = [run for found in self.dead_elsewhere(tenant.pk, project_id) for run in found]
        return projects.Outside(objects=[selectors.log_key(run) for run in [*runs, *dead]])

    def forget(self, tenant: Tenant, project_id: UUID, things: list[str]) -> None:
        """Experiments, runs, models and files: the workspace is the project's own."""
        tracking.forget_workspace(tracking.workspace_of(project_id))
