"""Making a training set: first the data that carries the label, then what may be known at its time."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _

from apps.datasets import selectors as datasets
from apps.features import forms, selectors, services
from apps.features.choices import BuildState
from apps.features.views import examples
from apps.features.views.missing import missing_shown
from apps.features.views.relations import related
from apps.features.views.things import address
from foundation import access
from foundation.access import Permission
from foundation.web import redirect, render_page
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest


@access.page(Permission.FEATURE_DEFINE)
def training_set_define(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    versions = datasets.ready_versions(actor=request.actor, project_id=request.project.pk)
    base = next((v for v in versions if str(v.pk) == request.GET.get("base", "")), None)
    context: dict[str, Any] = {"versions": versions, "base": base}
    if base is not None:
        context["form"] = form = _form(request, base)
        if request.POST.get("act") == "preview":
            if form.check_for_preview():
                with refusals_on(form):
                    context["preview"] = _preview(request, base, form)
        elif form.is_valid():
            with refusals_on(form):
                return _define(request, base, form)
    if base is not None:
        name = str(form["name"].value() or "").strip()
        where: dict[str, Any] = {"actor": request.actor, "project_id": request.project.pk}
        context["expected"] = services.expect_training_set(**where, base_version_id=base.pk, name=name)
    context["example"] = examples.of_training_set(request, base, _service(request))
    status = 422 if base is not None and form.errors else 200
    return render_page(request, "features/training_set_define.html", status=status, **context)


def _service(request: PortalRequest) -> Any:
    """The service that ?service= names, where it is one of the project."""
    if not (asked := request.GET.get("service", "")):
        return None
    rows = selectors.visible_services(actor=request.actor, project_id=request.project.pk)
    return next((one for one in rows if str(one.pk) == asked), None)


def _form(request: PortalRequest, base: Any) -> forms.TrainingSetForm:
    rows = selectors.visible_views(actor=request.actor, project_id=request.project.pk, newest_only=True)
    services = list(selectors.visible_services(actor=request.actor, project_id=request.project.pk, newest_only=True))
    named = {part["view"] for service in services for part in service.views}
    every = selectors.visible_views(actor=request.actor, project_id=request.project.pk).filter(state=BuildState.READY)
    # Of a service also views of which there is a newer version: it names just these.
    views = {view.pk: view for view in (*rows.filter(state=BuildState.READY), *every.filter(pk__in=named))}
    on_demand = selectors.visible_on_demand_views(actor=request.actor, project_id=request.project.pk, newest_only=True)
    posted = request.POST if request.method == "POST" else None
    known = datasets.profile_for(request.actor, base).get("columns", [])
    unique = {column["name"] for column in known if column.get("unique")}
    name = datasets.sql_name(base.dataset)
    usual = {"name": name if name[0].isalpha() else f"rows_{name}"[:63], "service": request.GET.get("service", "")}
    return forms.TrainingSetForm(
        posted,
        initial=usual,
        columns=base.schema,
        views=list(views.values()),
        on_demand=list(on_demand),
        unique=unique,
        services=services,
    )


def _preview(request: PortalRequest, base: Any, form: forms.TrainingSetForm) -> dict[str, Any]:
    definition = {word: value for word, value in form.definition().items() if word not in {"name", "description"}}
    report = services.preview_training_set(
        actor=request.actor, project=request.project, base_version_id=base.pk, **definition
    )
    return {**related(report), "missing": missing_shown(report["missing_map"])}


def _define(request: PortalRequest, base: Any, form: forms.TrainingSetForm) -> HttpResponse:
    row = services.define_training_set(
        actor=request.actor, project=request.project, base_version_id=base.pk, **form.definition()
    )
    messages.success(request, _("%(name)s is being joined.") % {"name": row})
    return redirect(request, address(request, "training_set_detail", row.pk))
