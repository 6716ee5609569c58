"""Transformations: what there is and in which order it runs, one with what became of it, set up and changed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.datasets import forms, policies, selectors, services
from apps.datasets.views.lineage import line_of
from apps.datasets.views.things import address, dataset_of, first_sql
from apps.datasets.views.transformation_tables import PassTable, TransformationFilter, TransformationTable
from apps.tenants import selectors as tenants
from foundation import access
from foundation.access import Permission
from foundation.clock import now
from foundation.web import redirect, render_page
from foundation.web.calendars import day_in_words
from foundation.web.editing import alone
from foundation.web.history import history
from foundation.web.lake_tables import sample_rows
from foundation.web.lineage import place
from foundation.web.pages import offer_undo
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest, in_project
from foundation.web.tables import build_table

_MARGIN = 8


@access.page(Permission.DATASET_VIEW)
@require_GET
def transformation_list(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    rows: QuerySet[Any] = selectors.visible_transformations(actor=request.actor, project_id=request.project.pk)
    context: dict[str, Any] = {
        "table": build_table(request, TransformationTable, rows, filterset_class=TransformationFilter),
        "count": rows.count(),
        "failed": rows.filter(last_state="failed").count(),
        "picture": _order(request),
        "may_add": access.ask(policies.check_can_add, request.actor, request.project),
        "topic": f"project:{request.project.pk}",
    }
    return render_page(request, "datasets/transformation_list.html", **context)


@access.page(Permission.DATASET_VIEW)
@require_GET
def transformation_detail(request: PortalRequest, tenant: str, project: str, transformation_id: UUID) -> HttpResponse:
    transformation = _transformation_of(request, transformation_id)
    passes = selectors.passes_of(actor=request.actor, transformation=transformation)
    definition = selectors.definition_of(transformation)
    names = selectors.names_of_datasets([UUID(pk) for pk in definition.inputs.values()])
    context: dict[str, Any] = {
        "transformation": transformation,
        "definition": definition,
        "inputs": [
            {"alias": alias, "name": names.get(UUID(pk), ""), "url": address(request, "dataset_detail", UUID(pk))}
            for alias, pk in definition.inputs.items()
        ],
        "definitions": transformation.definitions.select_related("created_by"),
        "last": passes.first(),
        "table": build_table(request, PassTable, passes),
        "may_change": access.ask(policies.check_can_change_transformation, request.actor, transformation),
        "expected": services.expect_transformation(actor=request.actor, transformation=transformation),
        "history": history(request.actor, ("transformation", transformation.pk), names=tenants.names_of),
        "topic": f"project:{request.project.pk}",
    }
    return render_page(request, "datasets/transformation_detail.html", **context)


@access.page(Permission.DATASET_CREATE)
def transformation_new(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    return _form_page(request, None)


@access.page(Permission.DATASET_CREATE)
def transformation_edit(request: PortalRequest, tenant: str, project: str, transformation_id: UUID) -> HttpResponse:
    alone(request)
    return _form_page(request, _transformation_of(request, transformation_id))


@access.page(Permission.DATASET_CREATE)
@require_POST
def transformation_act(request: PortalRequest, tenant: str, project: str, transformation_id: UUID) -> HttpResponse:
    """Run it, with all below it where asked, pause or resume it."""
    transformation = _transformation_of(request, transformation_id)
    act = request.POST.get("act", "")
    if act in {"run", "below"}:
        services.run_transformation_now(actor=request.actor, transformation=transformation, below=act == "below")
        messages.success(request, _("It runs."))
    elif act == "pause":
        services.pause_transformation(actor=request.actor, transformation=transformation)
        offer_undo(request, _("Paused."), request.path, act="resume")
    elif act == "resume":
        services.resume_transformation(actor=request.actor, transformation=transformation, now=now())
        messages.success(request, _("It runs again when it is due."))
    return redirect(request, address(request, "transformation_detail", transformation.pk))


@access.page(Permission.DATASET_CREATE)
@require_POST
def transformation_delete(request: PortalRequest, tenant: str, project: str, transformation_id: UUID) -> HttpResponse:
    transformation = _transformation_of(request, transformation_id)
    binned = services.delete_transformation(actor=request.actor, transformation=transformation)
    said = _("The transformation “%(name)s” is in the bin until %(day)s. Its dataset stays.")
    words = {"name": binned.name, "day": day_in_words(binned.kept_until)}
    offer_undo(request, said % words, reverse("tenants:project_bin_restore", args=[tenant, project, binned.pk]))
    return redirect(request, address(request, "transformation_list"))


def _form_page(request: PortalRequest, transformation: Any) -> HttpResponse:
    act = request.POST.get("act", "preview") if request.method == "POST" else ""
    form = _form(request, act, transformation)
    context: dict[str, Any] = {"form": form, "transformation": transformation}
    if act in {"preview", "create"} and form.is_valid() and (act == "preview" or form.check_target()):
        with refusals_on(form, otherwise="sql"):
            inputs = _inputs(request, form)
            if act == "create":
                return _keep(request, form, inputs, transformation)
            context |= _preview(request, form, inputs)
    status = 422 if act != "add" and form.errors else 200
    return render_page(request, "datasets/transformation_form.html", status=status, **context)


def _form(request: PortalRequest, act: str, transformation: Any) -> forms.TransformationForm:
    rows = selectors.visible_datasets(actor=request.actor, project_id=request.project.pk)
    initial: dict[str, Any] = {"time_zone": get_current_timezone_name(), "sql": first_sql(request)}
    if transformation is not None:
        initial = forms.TransformationForm.initial_of(selectors.definition_of(transformation))
    form = forms.TransformationForm(
        request.POST or None,
        datasets=[(str(dataset.pk), dataset.name) for dataset in rows],
        changes=transformation is not None,
        initial=initial,
        more=int(act == "add"),
    )
    return form.as_typed() if act == "add" else form


def _inputs(request: PortalRequest, form: forms.TransformationForm) -> dict[str, UUID]:
    chosen = form.cleaned_data
    return selectors.datasets_by_name(
        actor=request.actor, project_id=request.project.pk, sql=chosen["sql"], given=chosen["inputs"]
    )


def _preview(request: PortalRequest, form: forms.TransformationForm, inputs: dict[str, UUID]) -> dict[str, Any]:
    versions = selectors.newest_of(actor=request.actor, inputs=inputs)
    found = services.preview_query(
        actor=request.actor,
        project=request.project,
        sql=form.cleaned_data["sql"],
        inputs={alias: version.pk for alias, version in versions.items()},
    )
    guessed = [(alias, str(one)) for alias, one in versions.items() if alias not in form.cleaned_data["inputs"]]
    return {"sample": sample_rows(found), "found": guessed}


@transaction.atomic
def _keep(
    request: PortalRequest, form: forms.TransformationForm, inputs: dict[str, UUID], transformation: Any
) -> HttpResponse:
    words = {**form.words(), "inputs": inputs, "now": now()}
    if transformation is not None:
        services.define_transformation(actor=request.actor, transformation=transformation, **words)
        messages.success(request, _("It is made so from the next time on."))
        return redirect(request, address(request, "transformation_detail", transformation.pk))
    chosen = form.cleaned_data
    if chosen["dataset"]:
        output = dataset_of(request, UUID(chosen["dataset"]))
    else:
        output = services.create_dataset(actor=request.actor, project=request.project, name=chosen["new_dataset"])
    made = services.create_transformation(
        actor=request.actor, project=request.project, name=chosen["name"], output=output, **words
    )
    services.run_transformation_now(actor=request.actor, transformation=made)
    messages.success(request, _("It runs for the first time."))
    return redirect(request, address(request, "transformation_detail", made.pk))


def _transformation_of(request: PortalRequest, transformation_id: UUID) -> Any:
    found = selectors.get_transformation(actor=request.actor, transformation_id=transformation_id)
    return in_project(request, found)


def _order(request: PortalRequest) -> dict[str, Any] | None:
    """The order in which they run, as a picture: datasets, and between them what makes one of others."""
    steps = selectors.steps_of(project_id=request.project.pk)
    if not steps:
        return None
    names = selectors.names_of_datasets({pk for step in steps for pk in (*step.reads, step.makes)})
    nodes: dict[str, dict[str, Any]] = {}
    edges: list[tuple[str, str]] = []
    for step in steps:
        key = f"transformation-{step.transformation.pk}"
        url = address(request, "transformation_detail", step.transformation.pk)
        nodes[key] = {"kind": "transformation", "name": step.transformation.name, "url": url}
        for pk in (*step.reads, step.makes):
            url = address(request, "dataset_detail", pk)
            nodes[f"dataset-{pk}"] = {"kind": "dataset", "name": names.get(pk, ""), "url": url}
        edges += [(f"dataset-{pk}", key) for pk in step.reads] + [(key, f"dataset-{step.makes}")]
    placed = place(list(nodes), edges, rtl=get_language_bidi())
    return {
        "width": placed.width + 2 * _MARGIN,
        "height": placed.height + 2 * _MARGIN,
        "edges": [line_of(route) for route in placed.routes.values()],
        "nodes": [
            {
                **node,
                "key": key,
                "x": placed.corners[key][0] + _MARGIN,
                "y": placed.corners[key][1] + _MARGIN,
                "before": [start for start, end in edges if end == key],
                "behind": [end for start, end in edges if start == key],
            }
            for key, node in sorted(nodes.items(), key=lambda one: (placed.layers[one[0]], placed.corners[one[0]][1]))
        ],
    }
