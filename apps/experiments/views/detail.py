"""What the page of one run shows, tab by tab; only the shown tab asks MLflow."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse

from apps.experiments import policies, selectors
from apps.experiments.choices import RunState
from apps.experiments.views import presentation
from apps.experiments.views.tables import figures
from apps.features.services import proof_in_words
from apps.tenants import selectors as tenants
from foundation import access, clock, jobs
from foundation.access import Permission
from foundation.jobs.presentation import job_context
from foundation.web.chain import chain_of
from foundation.web.history import history
from foundation.web.requests import PortalRequest, in_project

TABS = ("", "evidence", "files", "reproduce", "activity")


def run_of(request: PortalRequest, run_id: UUID) -> Any:
    return in_project(request, selectors.get_run(actor=request.actor, run_id=run_id))


def context(request: PortalRequest, run: Any) -> dict[str, Any]:
    actor, tenant, project = request.actor, request.tenant.slug, request.project.slug
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else ""
    shown = {
        "run": run,
        "tab": tab,
        "topic": f"run:{run.pk}",
        "tabs": presentation.tabs(request.path, tab, files=bool(run.mlflow_run_id)),
        "chain": chain_of(actor, "run", run.pk),
        "headline": presentation.run_headline(run),
        "may_cancel": access.ask(policies.check_can_cancel, actor, run),
        "may_repeat": access.ask(policies.check_can_repeat, actor, run),
        "register_url": presentation.register_url(tenant, project, run),
        "may_register": access.ask(access.require, actor, Permission.MODEL_REGISTER, run),
        "waiting": _waiting(request, run),
    }
    return shown | _OF_TAB[tab](request, run)


def _overview(request: PortalRequest, run: Any) -> dict[str, Any]:
    columns, rows = figures(run)
    return {
        "facts": presentation.facts(run, request.tenant.slug, request.project.slug),
        "columns": columns,
        "rows": rows,
        "params": presentation.parameters(run),
        "log_url": f"/api/v1/runs/{run.pk}/log/?tenant={request.tenant.slug}",
        "log_tail": selectors.log_tail(run) if run.state == RunState.FAILED else "",
    }


def _evidence(request: PortalRequest, run: Any) -> dict[str, Any]:
    return {"leakage": proof_in_words(actor=request.actor, training_set_id=run.training_set_id)}


def _files(request: PortalRequest, run: Any) -> dict[str, Any]:
    path = request.GET.get("path", "").strip("/")
    entries = selectors.list_artifacts(
        actor=request.actor, project=request.project, mlflow_run_id=run.mlflow_run_id, path=path
    )
    return {"path": path, "entries": entries, "crumbs": crumbs(path)}


def _reproduce(request: PortalRequest, run: Any) -> dict[str, Any]:
    tenant, project = request.tenant.slug, request.project.slug
    return {
        "items": presentation.manifest_items(run.manifest),
        "packages": sorted(run.manifest.get("packages", {}).items()),
        "estimates": presentation.estimate_again(request, run),
        "snippets": presentation.repeat_snippets(project, run),
        "mlflow_snippets": presentation.mlflow_snippets(tenant, project, run.mlflow_run_id),
    }


def _activity(request: PortalRequest, run: Any) -> dict[str, Any]:
    return {"history": history(request.actor, ("run", run.pk), names=tenants.names_of)}


_OF_TAB = {"": _overview, "evidence": _evidence, "files": _files, "reproduce": _reproduce, "activity": _activity}


def _waiting(request: PortalRequest, run: Any) -> dict[str, Any] | None:
    """The job component of a run that is still going on: why it waits, which step it is at."""
    if not run.is_active:
        return None
    job = jobs.jobs_of(actor=request.actor, subject=("run", run.pk)).first()
    if job is None:
        return None
    url = reverse("web:job_fragment", args=[request.tenant.slug, job.pk])
    return {**job_context(job, actor=request.actor, now=clock.now()), "url": url}


def crumbs(path: str) -> list[dict[str, str]]:
    """The folders on the way to a path."""
    parts = path.split("/") if path else []
    return [{"name": part, "path": "/".join(parts[: n + 1])} for n, part in enumerate(parts)]
