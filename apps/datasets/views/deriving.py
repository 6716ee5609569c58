"""A version made by SQL over other versions: looked at on a sample first, then begun."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _

from apps.datasets import forms, selectors, services
from apps.datasets.views.things import address, as_id, columns_there, dataset_of, first_sql, version_of
from foundation import access
from foundation.access import Permission
from foundation.web import redirect, render_page
from foundation.web.lake_tables import sample_rows
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest

# Rounds in which the form only grows: by an input, or by what becomes of the rows that are there.
_ROUNDS = {"add", "modes"}


@access.page(Permission.DATASET_CREATE)
def dataset_derive(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    act = request.POST.get("act", "preview") if request.method == "POST" else ""
    form = _form(request, act)
    context: dict[str, Any] = {"form": form}
    if act in {"preview", "create"} and form.is_valid() and (act == "preview" or form.check_target()):
        with refusals_on(form, otherwise="sql"):
            inputs = _inputs(request, form)
            if act == "create":
                return _create(request, form, inputs)
            context |= _preview(request, form, inputs)
    status = 422 if act not in _ROUNDS and form.errors else 200
    return render_page(request, "datasets/dataset_derive.html", status=status, **context)


def _form(request: PortalRequest, act: str) -> forms.DeriveForm:
    actor, pk = request.actor, request.project.pk
    versions = [(str(v.pk), str(v)) for v in selectors.ready_versions(actor=actor, project_id=pk)]
    datasets = [(str(d.pk), d.name) for d in selectors.visible_datasets(actor=actor, project_id=pk)]
    more = int(act == "add")
    form = forms.DeriveForm(
        request.POST or None, versions=versions, datasets=datasets, initial=_initial(request), more=more
    )
    if act in _ROUNDS:
        form = form.as_typed()
    form.offer_columns(columns_there(request, str(form["dataset"].value() or "")))
    return form


def _initial(request: PortalRequest) -> dict[str, Any]:
    """What to begin with: the SQL of the version named by ?from=, else everything of a dataset."""
    if asked := request.GET.get("from", ""):
        version = version_of(request, as_id(asked))
        source = version.source
        return {"dataset": str(version.dataset_id), "sql": source.get("sql", ""), "inputs": source.get("inputs", {})}
    return {"dataset": request.GET.get("dataset", ""), "sql": first_sql(request)}


def _inputs(request: PortalRequest, form: forms.DeriveForm) -> dict[str, UUID]:
    chosen = form.cleaned_data
    return selectors.inputs_by_name(
        actor=request.actor, project_id=request.project.pk, sql=chosen["sql"], given=chosen["inputs"]
    )


def _preview(request: PortalRequest, form: forms.DeriveForm, inputs: dict[str, UUID]) -> dict[str, Any]:
    found = services.preview_query(
        actor=request.actor, project=request.project, sql=form.cleaned_data["sql"], inputs=inputs
    )
    named = {v.pk: str(v) for v in selectors.ready_versions(actor=request.actor, project_id=request.project.pk)}
    guessed = [(alias, named[pk]) for alias, pk in inputs.items() if alias not in form.cleaned_data["inputs"]]
    expected = services.expect_derivation(
        actor=request.actor, project_id=request.project.pk, sql=form.cleaned_data["sql"]
    )
    return {"sample": sample_rows(found), "found": guessed, "expected": expected}


@transaction.atomic
def _create(request: PortalRequest, form: forms.DeriveForm, inputs: dict[str, UUID]) -> HttpResponse:
    chosen = form.cleaned_data
    if chosen["dataset"]:
        dataset = dataset_of(request, UUID(chosen["dataset"]))
    else:
        dataset = services.create_dataset(actor=request.actor, project=request.project, name=chosen["name"])
    version = services.derive_version(
        actor=request.actor, dataset=dataset, sql=chosen["sql"], inputs=inputs, review=True, **form.rows_said()
    )
    messages.success(request, _("The SQL runs. You look at its rows before they are committed."))
    return redirect(request, address(request, "version_detail", version.pk))
