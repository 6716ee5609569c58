"""Data comes in from a connection: what lies there is looked at, then read into a version."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _

from apps.connections import selectors as connected
from apps.datasets import forms, selectors, services
from apps.datasets.views.things import address, as_id, columns_there, dataset_of
from foundation import access
from foundation.access import Permission
from foundation.web import redirect, render_page
from foundation.web.lake_tables import sample_rows
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest


@access.page(Permission.DATASET_CREATE)
def dataset_pull(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    """?connection= and ?place= say what is read; the form, into which dataset and how."""
    connection = connected.get_connection(
        actor=request.actor,
        connection_id=as_id(request.GET.get("connection", "")),
        project_id=request.project.pk,
    )
    place = request.GET.get("place", "")[:2000]
    rows = selectors.visible_datasets(actor=request.actor, project_id=request.project.pk)
    form = forms.PullForm(
        request.POST or None,
        datasets=[(str(dataset.pk), dataset.name) for dataset in rows],
        place=place,
        files=connection.holds_files,
        dataset=request.GET.get("dataset", ""),
    )
    form.offer_columns(columns_there(request, str(form["dataset"].value() or "")))
    act = request.POST.get("act", "")
    where: dict[str, Any] = {"connection_id": connection.pk, "place": place}
    expected = services.expect_pull(actor=request.actor, project_id=request.project.pk, **where)
    context: dict[str, Any] = {"form": form, "connection": connection, "place": place, "expected": expected}
    if request.method == "POST" and act != "modes" and form.is_valid() and (act == "preview" or form.check_target()):
        with refusals_on(form):
            if act == "preview":
                context["sample"] = _sample(request, form, connection.pk, place)
            else:
                version = _begin(request, form, connection.pk, place)
                messages.success(request, _("It is being read. You look at its rows before they are committed."))
                return redirect(request, address(request, "version_detail", version.pk))
    status = 422 if act != "modes" and form.errors else 200
    return render_page(request, "datasets/dataset_pull.html", status=status, **context)


def _sample(request: PortalRequest, form: forms.PullForm, connection_id: UUID, place: str) -> dict[str, Any]:
    pattern = form.cleaned_data.get("pattern", "")
    where = {"connection_id": connection_id, "place": place, "pattern": pattern, "options": form.options()}
    return sample_rows(services.sample_of(actor=request.actor, project=request.project, **where))


@transaction.atomic
def _begin(request: PortalRequest, form: forms.PullForm, connection_id: UUID, place: str) -> Any:
    actor, chosen = request.actor, form.cleaned_data
    if chosen["dataset"]:
        dataset = dataset_of(request, UUID(chosen["dataset"]))
    else:
        dataset = services.create_dataset(actor=actor, project=request.project, name=chosen["name"])
    return services.pull_version(
        actor=actor,
        dataset=dataset,
        connection_id=connection_id,
        place=place,
        pattern=chosen.get("pattern", ""),
        options=form.options(),
        **form.rows_said(),
    )
