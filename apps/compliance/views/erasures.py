"""A person asks to be forgotten: look where their rows are, have them erased, and see what was erased where."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.compliance.forms import EraseForm, GoOnForm, LookForm
from apps.compliance.services import certificate
from apps.compliance.views import presentation
from apps.datasets import selectors as datasets
from apps.datasets import services
from apps.datasets.choices import LEARNED, LEFT_TO_PEOPLE, MENTIONS, ErasureState
from apps.projects import selectors as projects
from foundation import access
from foundation.access import Permission
from foundation.web import redirect, render_page
from foundation.web.downloads import JSON_LINES, attached, shown
from foundation.web.jobs_pages import newest_job
from foundation.web.pages import unchanged
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


@access.page(Permission.DATASET_DESTROY)
@require_GET
def erasure_detail(request: PortalRequest, tenant: str, erasure_id: UUID) -> HttpResponse:
    erasure = datasets.get_erasure(actor=request.actor, erasure_id=erasure_id)
    if nothing_new := unchanged(request, erasure.state):
        return nothing_new
    return _detail(request, erasure, GoOnForm())


@access.page(Permission.DATASET_DESTROY)
@access.fresh
@never_cache
@require_POST
def erasure_go_on(request: PortalRequest, tenant: str, erasure_id: UUID) -> HttpResponse:
    erasure, form = datasets.get_erasure(actor=request.actor, erasure_id=erasure_id), GoOnForm(request.POST)
    if form.is_valid():
        with refusals_on(form):
            services.go_on_erasing(actor=request.actor, erasure=erasure, value=form.cleaned_data["value"])
            messages.success(request, _("The erasure goes on."))
            return redirect(request, reverse("compliance:erasure_detail", args=[tenant, erasure.pk]))
    return _detail(request, erasure, form)


@access.page(Permission.DATASET_DESTROY)
@access.fresh(reading=True)
@require_GET
def erasure_certificate(request: PortalRequest, tenant: str, erasure_id: UUID, form: str) -> HttpResponse:
    content, name, digest = certificate(actor=request.actor, erasure_id=erasure_id, form=form)
    return shown(content, name=name, digest=digest)


@access.page(Permission.DATASET_DESTROY)
@access.fresh(reading=True)
@require_GET
def erasure_summary(request: PortalRequest, tenant: str, erasure_id: UUID) -> HttpResponseBase:
    erasure = datasets.get_erasure(actor=request.actor, erasure_id=erasure_id)
    return attached(services.summary_lines(erasure), name=f"erasure-{erasure.pk}.jsonl", kind=JSON_LINES)


def _erase(request: PortalRequest) -> HttpResponse:
    form = EraseForm(request.POST, **_choices(request))
    if form.is_valid():
        words = _words(request, form.cleaned_data)
        with refusals_on(form):
            begun = services.erase_person(actor=request.actor, break_chain=form.cleaned_data["break_chain"], **words)
            messages.success(request, _("The person is being erased; this page follows by itself."))
            return redirect(request, reverse("compliance:erasure_detail", args=[request.tenant.slug, begun.pk]))
    return _page(request, LookForm(**_choices(request)), erase=form)


def _page(request: PortalRequest, form: Any, *, found: Any = None, erase: Any = None) -> HttpResponse:
    context = {
        "form": form,
        "found": found,
        "left": [one for one in found or [] if one.kind in LEFT_TO_PEOPLE],
        "learned": any(one.kind in LEARNED for one in found or []),
        "mentioned": any(one.kind in MENTIONS for one in found or []),
        "counts": presentation.counted_reach(found or []),
        "nowhere": "" if found is None else services.nowhere(found),
        "columns": _columns(request),
        "erase": erase,
        "rows": datasets.visible_erasures(actor=request.actor)[:50],
    }
    wrong = form.errors or (erase is not None and erase.errors)
    return render_page(request, "compliance/erasures.html", status=422 if wrong else 200, **context)


def _detail(request: PortalRequest, erasure: Any, form: GoOnForm) -> HttpResponse:
    things = presentation.erased_things(request.tenant.slug, erasure)
    context = {
        "erasure": erasure,
        "topic": f"erasure:{erasure.pk}",
        "job": newest_job(request, ("erasure", erasure.pk)) if erasure.state == ErasureState.ERASING else None,
        "things": [one for one in things if not one["left"]],
        "left": [one for one in things if one["left"] and not one["mention"]],
        "mentions": [one for one in things if one["mention"]],
        "facts": presentation.erasure_facts(erasure),
        "history": presentation.timeline_of(request.actor, "erasure", erasure.pk),
        "form": form if erasure.state == ErasureState.FAILED else None,
    }
    return render_page(request, "compliance/erasure_detail.html", status=422 if form.errors else 200, **context)


def _choices(request: PortalRequest) -> dict[str, Any]:
    rows = projects.visible_projects(actor=request.actor)
    known = datasets.visible_datasets(actor=request.actor).select_related("project")
    return {
        "projects": [(row.slug, row.name) for row in rows],
        "datasets": [(str(row.pk), f"{row.project.name} · {row.name}") for row in known],
    }


def _columns(request: PortalRequest) -> list[tuple[str, str]]:
    """Each column of a project's datasets with the project's name, as the form offers them."""
    there = datasets.columns_by_project(actor=request.actor)
    rows = projects.visible_projects(actor=request.actor)
    return [(name, row.name) for row in rows for name in there.get(row.pk, [])]


def _words(request: PortalRequest, given: dict[str, Any]) -> dict[str, Any]:
    project = projects.get_project(actor=request.actor, slug=given["project"])
    named = given["dataset"]
    dataset = datasets.get_dataset(actor=request.actor, dataset_id=named) if named else None
    return {"project": project, "dataset": dataset, "column": given["column"], "value": given["value"]}
