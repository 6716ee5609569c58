"""A person in several projects: one look, one word, and an erasure of its own in each."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.compliance.forms import AcrossForm, EraseAcrossForm
from apps.compliance.views import presentation
from apps.datasets import selectors as datasets
from apps.datasets import services
from apps.datasets.choices import InProjectState
from foundation import access
from foundation.access import Permission
from foundation.web import render_page
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest


@access.page(Permission.DATASET_DESTROY)
@access.fresh
@never_cache
@require_http_methods(["GET", "POST"])
def erasures_across(request: PortalRequest, tenant: str) -> HttpResponse:
    """The form; sent, it says where the person is; sent once more with the confirmation, what was begun where."""
    offered = list(datasets.erasable_projects(actor=request.actor))
    choices = [(str(row.pk), row.name) for row in offered]
    if "confirmation" in request.POST:
        return _erase(request, offered, choices)
    form, answers = AcrossForm(request.POST or None, projects=choices), None
    if request.method == "POST" and form.is_valid():
        with refusals_on(form):
            chosen = _chosen(offered, form.chosen)
            answers = services.find_in_projects(actor=request.actor, **_words(form), projects=chosen)
    erase = _once_more(form, answers or [], InProjectState.FOUND, choices)
    return _page(request, offered, form, answers=answers, erase=erase)


def _erase(request: PortalRequest, offered: list[Any], choices: list[tuple[str, str]]) -> HttpResponse:
    form, answers = EraseAcrossForm(request.POST, projects=choices), None
    if form.is_valid():
        given = form.cleaned_data
        with refusals_on(form):
            answers = services.erase_in_projects(
                actor=request.actor,
                **_words(form),
                projects=_chosen(offered, given["projects"]),
                break_chain=given["break_chain"],
            )
    # What refused may begin later, or with the chain let break: the same form, for these projects alone.
    erase = form if answers is None else _once_more(form, answers, InProjectState.REFUSED, choices)
    return _page(request, offered, AcrossForm(projects=choices), answers=answers, erase=erase)


def _once_more(
    form: Any, answers: list[services.InProject], state: InProjectState, choices: list[tuple[str, str]]
) -> EraseAcrossForm | None:
    ids = [str(one.project.pk) for one in answers if one.state is state]
    return EraseAcrossForm(initial={**_words(form), "projects": ids}, projects=choices) if ids else None


def _page(request: PortalRequest, offered: list[Any], form: AcrossForm, *, answers: Any, erase: Any) -> HttpResponse:
    rows = presentation.in_projects(request.tenant.slug, answers or [])
    context = {
        "form": form,
        "answers": rows,
        "counts": presentation.counted_reach(each for one in answers or [] for each in one.found),
        "begun": [row for row in rows if row["state"] == InProjectState.BEGUN],
        "nowhere": "" if answers is None else services.nowhere_at_all(answers),
        "columns": _columns(request, offered),
        "erase": erase,
        "offered": offered,
    }
    wrong = form.errors or (erase is not None and erase.errors)
    return render_page(request, "compliance/erasures_across.html", status=422 if wrong else 200, **context)


def _columns(request: PortalRequest, offered: list[Any]) -> list[tuple[str, str]]:
    there = datasets.columns_by_project(actor=request.actor)
    return [(name, row.name) for row in offered for name in there.get(row.pk, [])]


def _chosen(offered: list[Any], ids: list[str] | None) -> list[Any]:
    return [row for row in offered if ids is None or str(row.pk) in ids]


def _words(form: Any) -> dict[str, str]:
    return {name: form.cleaned_data[name] for name in ("column", "value")}
