"""What experiments give to a tenant's archive, and how MLflow lets go of a tenant that is deleted."""

from __future__ import annotations

from collections.abc import Iterator

from apps.experiments import selectors
from apps.experiments.adapters.tracking import forget_workspace, workspace_of
from apps.experiments.models import Run
from apps.projects import selectors as projects
from apps.tenants import services as tenants
from foundation import engines
from foundation.identity import Actor
from foundation.tenancy import scope
from foundation.tenancy.models import Tenant


def run_part(actor: Actor) -> Iterator[tenants.File]:
    """The runs of each project, a line each: parameters, metrics, manifest."""
    with tenants.in_scope_of(actor):
        mine = list(projects.visible_projects(actor=actor))
    for project in mine:
        with tenants.in_scope_of(actor):
            rows = selectors.visible_runs(actor=actor, project_id=project.pk).order_by("number")
            lines = (tenants.fields_of(row) for row in rows.iterator(chunk_size=500))
            yield f"runs/{project.slug}.jsonl", tenants.as_lines(lines)


def leave_mlflow(tenant: Tenant) -> None:
    """End what still computes, and delete each project's workspace with its experiments, runs, models and files."""
    with scope(tenant.pk):
        mine = projects.ids_of_tenant(tenant_id=tenant.pk)
        begun = Run.objects.filter(tenant=tenant).exclude(engine_name="")
        workloads = list(begun.values_list("engine_name", flat=True))
    for name in workloads:
        engines.current().remove(name)
    for project_id in mine:
        forget_workspace(workspace_of(project_id))
