"""A person asks to be forgotten: look where their rows are, then have them erased."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.compliance.forms import EraseForm, LookForm
from apps.datasets import selectors as datasets
from apps.datasets import services
from apps.projects import selectors as projects
from foundation import access
from foundation.access import Permission
from foundation.web import redirect, render_page
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest


@access.page(Permission.DATASET_DESTROY)
@access.fresh
@never_cache
@require_http_methods(["GET", "POST"])
def erasure_list(request: PortalRequest, tenant: str) -> HttpResponse:
    """The form; sent, it says where the person is; sent once more with the confirmation, it has them erased."""
    if request.method != "POST":
        return _page(request, LookForm(**_choices(request)))
    if "confirmation" in request.POST:
        return _erase(request)
    form, found = LookForm(request.POST, **_choices(request)), None
    if form.is_valid():
        with refusals_on(form):
            found = services.find_person(actor=request.actor, **_words(request, form.cleaned_data))
    erase = EraseForm(initial=form.cleaned_data, **_choices(request)) if found else None
    return _page(request, form, found=found, erase=erase)


def _erase(request: PortalRequest) -> HttpResponse:
    form = EraseForm(request.POST, **_choices(request))
    if form.is_valid():
        words = _words(request, form.cleaned_data)
        with refusals_on(form):
            services.erase_person(actor=request.actor, break_chain=form.cleaned_data["break_chain"], **words)
            messages.success(request, _("The person's rows are being erased."))
            return redirect(request, reverse("compliance:erasure_list", args=[request.tenant.slug]))
    return _page(request, LookForm(**_choices(request)), erase=form)


def _page(request: PortalRequest, form: Any, *, found: Any = None, erase: Any = None) -> HttpResponse:
    context = {
        "form": form,
        "found": found,
        "erase": erase,
        "rows": datasets.visible_erasures(actor=request.actor)[:50],
    }
    wrong = form.errors or (erase is not None and erase.errors)
    return render_page(request, "compliance/erasures.html", status=422 if wrong else 200, **context)


def _choices(request: PortalRequest) -> dict[str, Any]:
    rows = projects.visible_projects(actor=request.actor)
    known = datasets.visible_datasets(actor=request.actor).select_related("project")
    return {
        "projects": [(row.slug, row.name) for row in rows],
        "datasets": [(str(row.pk), f"{row.project.name} · {row.name}") for row in known],
    }


def _words(request: PortalRequest, given: dict[str, Any]) -> dict[str, Any]:
    project = projects.get_project(actor=request.actor, slug=given["project"])
    named = given["dataset"]
    dataset = datasets.get_dataset(actor=request.actor, dataset_id=named) if named else None
    return {"project": project, "dataset": dataset, "column": given["column"], "value": given["value"]}
