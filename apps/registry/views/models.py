from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from apps.experiments import selectors as experiments
from apps.experiments.choices import RunState
from apps.registry import selectors, services
from apps.registry.forms import RegisterForm
from apps.registry.views import presentation
from apps.registry.views.tables import ModelFilter, ModelTable
from foundation import access
from foundation.access import Permission
from foundation.web import redirect, render_page
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest, in_project
from foundation.web.tables import build_table


@access.page(Permission.MODEL_VIEW)
@require_GET
def model_list(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    actor, project_id = request.actor, request.project.pk
    rows = selectors.visible_models(actor=actor, project_id=project_id)
    context: dict[str, Any] = {
        "table": build_table(request, ModelTable, rows, filterset_class=ModelFilter),
        "topic": f"project:{project_id}",
        "counts": selectors.summary(actor=actor, project_id=project_id),
        "may_register": presentation.may(actor, Permission.MODEL_REGISTER, request.project),
        "snippets": presentation.register_snippets(project),
    }
    return render_page(request, "registry/model_list.html", **context)


@access.page(Permission.MODEL_VIEW)
@require_GET
def model_detail(request: PortalRequest, tenant: str, project: str, model_id: UUID) -> HttpResponse:
    actor = request.actor
    model = in_project(request, selectors.get_model(actor=actor, model_id=model_id))
    context: dict[str, Any] = {
        "model": model,
        "ladder": presentation.rungs(actor, model_id),
        "serving": selectors.production_version(actor=actor, model_id=model_id),
        "may_register": presentation.may(actor, Permission.MODEL_REGISTER, model),
        "history": presentation.model_history(actor, model_id),
    }
    return render_page(request, "registry/model_detail.html", **context)


@access.page(Permission.MODEL_VIEW)
def version_create(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    form = _form(request)
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            said = form.cleaned_data
            version = services.register_version(
                actor=request.actor, run_id=UUID(said["run"]), name=said["name"], description=said["description"]
            )
            messages.success(request, _("%(version)s is being signed.") % {"version": version})
            return redirect(request, reverse("registry:version_detail", args=[tenant, project, version.pk]))
    may = presentation.may(request.actor, Permission.MODEL_REGISTER, request.project)
    status = 422 if form.errors else 200
    return render_page(request, "registry/version_create.html", status=status, form=form, may_register=may)


def _form(request: PortalRequest) -> RegisterForm:
    actor, project_id = request.actor, request.project.pk
    runs = experiments.visible_runs(actor=actor, project_id=project_id).filter(state=RunState.SUCCEEDED)
    models = selectors.visible_models(actor=actor, project_id=project_id)
    name = request.GET.get("name") or presentation.usual_name(models, request.project)
    return RegisterForm(
        request.POST or None,
        initial={"run": request.GET.get("run", ""), "name": name},
        runs=[(str(run.pk), presentation.run_label(run)) for run in runs[:500]],
        names=[model.name for model in models[:8]],
    )
