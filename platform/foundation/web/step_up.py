"""The question who sits there, asked between a sensitive act and its doing: what was typed goes along and is not lost.

The question is a form that holds the refused request's fields besides its own. Where the proof is good, the answer is
a 307, with which the browser sends the same fields on to where they were meant for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from foundation.identity.ways import Way
from foundation.web.pages import came_from

if TYPE_CHECKING:
    from foundation.access import StepUpRequired

OWN = "proof_"


def ask(request: HttpRequest, error: StepUpRequired) -> HttpResponse:
    """The page with the question, or the dialog of it where htmx asked; both go on without a script."""
    context = {"error": error, **question(request, going_on=request.get_full_path(), method=request.method or "GET")}
    if not getattr(request, "htmx", False):
        return render(request, "errors/step_up.html", context, status=error.status)
    response = render(request, "errors/step_up_dialog.html", context, status=error.status)
    response["HX-Retarget"] = "#toasts"
    response["HX-Reswap"] = "beforeend"
    return response


def question(request: HttpRequest, *, going_on: str, method: str) -> dict[str, object]:
    """What the form of the question takes: where to go on to and how, and the fields that go along; whether an identity
    provider vouches for the person."""
    return {
        "going_on": going_on,
        "method": method,
        "carried": _carried(request),
        "with_files": bool(request.FILES),
        "by_provider": Way.of(request.session).tenant_id is not None,
        "back": _back_of(request),
    }


def asked_again(request: HttpRequest) -> dict[str, object]:
    """The same question once more, out of an answer that was wrong."""
    method = "POST" if request.POST.get("proof_method") == "POST" else "GET"
    return question(request, going_on=_next_of(request), method=method)


def go_on(request: HttpRequest) -> HttpResponse:
    """To where the refused request was meant for, the way it was sent."""
    response = HttpResponseRedirect(_next_of(request))
    response.status_code = 307 if request.POST.get("proof_method") == "POST" else 303
    return response


def _carried(request: HttpRequest) -> list[tuple[str, str]]:
    """The fields of the request that are not the question's own; files cannot go along."""
    fields = request.POST.lists() if request.method == "POST" else ()
    kept = [(name, value) for name, values in fields for value in values]
    return [(name, str(value)) for name, value in kept if name != "csrfmiddlewaretoken" and not name.startswith(OWN)]


def _back_of(request: HttpRequest) -> str:
    """The page on which the person was asked, through wrong answers too; the start where none is known."""
    page = urlsplit(came_from(request))._replace(scheme="", netloc="").geturl()
    return next((path for path in (request.POST.get("proof_back", ""), page) if _is_here(request, path)), "/")


def _next_of(request: HttpRequest) -> str:
    wanted = request.POST.get("proof_next") or request.GET.get("next") or ""
    return wanted if _is_here(request, wanted) else "/accounts/"


def _is_here(request: HttpRequest, path: str) -> bool:
    return path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts={request.get_host()})
