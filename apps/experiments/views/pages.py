from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.experiments import policies, selectors, services
from apps.experiments.forms import BasisForm, RunForm, initial_of
from apps.experiments.views import detail, presentation
from apps.experiments.views.tables import RunFilter, run_table
from apps.features import selectors as features
from apps.features.choices import BuildState
from foundation import access
from foundation.access import Permission
from foundation.web import redirect, render_page
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest
from foundation.web.tables import build_table
from runtime.recipes.catalogue import CATALOGUE


@require_safe
@access.page(Permission.RUN_VIEW)
def run_list(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    actor, project_id = request.actor, request.project.pk
    metrics = selectors.key_metrics(actor=actor, project_id=project_id)
    best = selectors.best_run(actor=actor, project_id=project_id, metric=metrics[0]) if metrics else None
    counts = selectors.summary(actor=actor, project_id=project_id)
    rows = selectors.visible_runs(actor=actor, project_id=project_id)
    context: dict[str, Any] = {
        "table": build_table(request, run_table(metrics), rows, filterset_class=RunFilter),
        "topic": f"project:{project_id}",
        "tabs": presentation.list_tabs(tenant, project, tracked=False),
        "count": rows.count(),
        "headline": presentation.list_headline(counts, best, metrics[0] if metrics else ""),
        "may_start": access.ask(policies.check_can_start, actor, request.project),
        "snippets": presentation.mlflow_snippets(tenant, project),
    }
    return render_page(request, "experiments/run_list.html", **context)


@access.page(Permission.RUN_VIEW)
def run_new(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    """Rows and recipe come from the query string: they decide what else is asked."""
    basis = _Basis(request)
    form = basis.form(request.POST or None) if basis.training_set else None
    if request.method == "POST" and form and form.is_valid():
        with refusals_on(form):
            run = services.start_run(actor=request.actor, project=request.project, **form.asked())
            messages.success(request, _("%(run)s waits for a worker.") % {"run": run})
            return redirect(request, _run_url(tenant, project, run))
    may = access.ask(policies.check_can_start, request.actor, request.project)
    context: dict[str, Any] = {"basis": basis, "form": form, "may_start": may, **basis.shown(request)}
    return render_page(request, "experiments/run_new.html", status=422 if form and form.errors else 200, **context)


@require_safe
@access.page(Permission.RUN_VIEW)
def run_detail(request: PortalRequest, tenant: str, project: str, run_id: UUID) -> HttpResponse:
    run = detail.run_of(request, run_id)
    return render_page(request, "experiments/run_detail.html", **detail.context(request, run))


@require_POST
@access.page(Permission.RUN_START)
def run_cancel(request: PortalRequest, tenant: str, project: str, run_id: UUID) -> HttpResponse:
    run = services.cancel_run(actor=request.actor, run=detail.run_of(request, run_id))
    said = _("%(run)s is told to stop.") if run.is_active else _("%(run)s is cancelled.")
    messages.success(request, said % {"run": run})
    return redirect(request, _run_url(tenant, project, run))


@require_POST
@access.page(Permission.RUN_START)
def run_repeat(request: PortalRequest, tenant: str, project: str, run_id: UUID) -> HttpResponse:
    run = services.repeat_run(actor=request.actor, run=detail.run_of(request, run_id))
    said = _("%(run)s repeats %(first)s; when it ends, its figures are compared.")
    messages.success(request, said % {"run": run, "first": run.repeated_from})
    return redirect(request, _run_url(tenant, project, run))


def _run_url(tenant: str, project: str, run: Any) -> str:
    return reverse("experiments:run_detail", args=[tenant, project, run.pk])


class _Basis:
    """What a new run is to learn from and by, out of the query string; `like` names a run to begin from."""

    def __init__(self, request: PortalRequest) -> None:
        actor, project = request.actor, request.project
        rows = features.visible_training_sets(actor=actor, project_id=project.pk)
        self.training_sets = list(rows.filter(state=BuildState.READY.value))
        self.like = _run_like(request, request.GET.get("like", ""))
        wanted = request.GET.get("training_set") or (str(self.like.training_set_id) if self.like else "")
        recipe = request.GET.get("recipe") or (self.like.recipe if self.like else "")
        self.recipe = recipe if recipe in CATALOGUE else next(iter(CATALOGUE))
        chosen = [training_set for training_set in self.training_sets if str(training_set.pk) == wanted]
        self.training_set = next(iter(chosen or self.training_sets), None)
        self.typed = request.GET.dict()
        self.choice = BasisForm(initial=self._initial(), training_sets=self.training_sets)

    def _initial(self) -> dict[str, Any]:
        return {"training_set": str(self.training_set.pk) if self.training_set else "", "recipe": self.recipe}

    def form(self, data: Any) -> RunForm:
        like = self.like if self.like and self.like.recipe == self.recipe else None
        split = services.suggested_split(self.training_set) if data is None and like is None else {}
        initial = initial_of(self.training_set, split, like)
        if self.like and like is None:
            # Another recipe has other parameters, but what is to be learned stays the same.
            initial |= {"experiment": self.like.experiment.name, "purpose": self.like.purpose}
        return RunForm(data, initial=initial, training_set=self.training_set, recipe=self.recipe, typed=self.typed)

    def shown(self, request: PortalRequest) -> dict[str, Any]:
        if self.training_set is None:
            return {}
        project, usage = request.project.slug, presentation.usage(self.training_set)
        estimates = presentation.estimates(request, self.training_set, self.recipe)
        return {
            "usage": usage,
            "estimates": estimates,
            "snippets": presentation.start_snippets(project, self.training_set.pk, self.recipe),
        }


def _run_like(request: PortalRequest, run_id: str) -> Any:
    try:
        return detail.run_of(request, UUID(run_id)) if run_id else None
    except ValueError:
        return None
