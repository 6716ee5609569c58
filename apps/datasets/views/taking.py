"""A version of another dataset, also of another project, becomes a version of one of this project."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.utils.translation import gettext as _

from apps.datasets import forms, selectors, services
from apps.datasets.views.things import address, dataset_of
from foundation import access
from foundation.access import Permission
from foundation.web import redirect, render_page
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest


@access.page(Permission.DATASET_CREATE)
def dataset_take(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    """?version= chooses one beforehand."""
    rows = selectors.visible_datasets(actor=request.actor, project_id=request.project.pk)
    form = forms.TakeForm(
        request.POST if request.method == "POST" else None,
        versions=_offered(request),
        datasets=[(str(dataset.pk), dataset.name) for dataset in rows],
        version=request.GET.get("version", "")[:36],
    )
    if form.is_valid():
        with refusals_on(form):
            version = _begin(request, form)
            messages.success(request, _("Its rows are taken over. You look at them before they are committed."))
            return redirect(request, address(request, "version_detail", version.pk))
    status = 422 if form.errors else 200
    return render_page(request, "datasets/dataset_take.html", status=status, form=form)


def _offered(request: PortalRequest) -> list[tuple[str, list[tuple[str, str]]]]:
    """The versions by project."""
    found: dict[str, list[tuple[str, str]]] = {}
    for version in selectors.versions_to_take(actor=request.actor):
        found.setdefault(version.project.name, []).append((str(version.pk), str(version)))
    return list(found.items())


@transaction.atomic
def _begin(request: PortalRequest, form: forms.TakeForm) -> Any:
    actor, chosen = request.actor, form.cleaned_data
    if chosen["dataset"]:
        dataset = dataset_of(request, UUID(chosen["dataset"]))
    else:
        dataset = services.create_dataset(actor=actor, project=request.project, name=chosen["name"])
    return services.take_version(actor=actor, dataset=dataset, version_id=UUID(chosen["version"]))
