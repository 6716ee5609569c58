"""Rendering: the same view gives the whole page, or the fragment that htmx asked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme

_listeners: list[Callable[[HttpRequest], None]] = []


def on_shown(listener: Callable[[HttpRequest], None]) -> None:
    """Hear of every whole page that somebody has read; a fragment or a refused form is none."""
    if listener not in _listeners:
        _listeners.append(listener)


def render_page(
    request: HttpRequest, template: str, *, part: str | None = None, status: int = 200, **context: Any
) -> HttpResponse:
    """The page, or `part` where htmx asked for a piece (a boosted link and a history restore get the whole page).

    Where the address asks for the page's list as a file, the file. A list without a query goes on to its reader's own.
    """
    # Tables want Django's settings, and the launcher reads this package without any.
    from foundation.web import saved_filters, table_files

    if chosen := saved_filters.default_address(request):
        # The address says what is shown, so that it shows the same in another member's browser.
        return redirect(request, chosen)
    if file := table_files.file_of(request, context):
        # Views promise a page; a file is sent while it is read, and Django asks no more of it than of any answer.
        return cast(HttpResponse, file)
    htmx = getattr(request, "htmx", None)
    piece = part and htmx and not htmx.boosted and not htmx.history_restore_request
    response = render(request, part if part and piece else template, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    if request.method == "GET" and status == 200 and not (htmx and not htmx.boosted):
        for listener in _listeners:
            listener(request)
    return response


def unchanged(request: HttpRequest, state: object) -> HttpResponse | None:
    """204 where components/watch.html asks for the page only if its object is not in this state any more."""
    return HttpResponse(status=204) if request.GET.get("unless") == str(state) else None


def toast(response: HttpResponse, sentence: object, *, level: str = "success", undo_url: str = "") -> HttpResponse:
    """Show a sentence in the page's corner after an htmx request."""
    told = {"toast": {"text": str(sentence), "level": level, "undo": undo_url}}
    response["HX-Trigger"] = json.dumps(told)
    return response


def offer_undo(request: HttpRequest, sentence: object, undo_url: str, **fields: object) -> None:
    """Say on the next page what was done, with a button that posts `fields` to `undo_url`: where nothing is destroyed.

    A field that is None is not sent.
    """
    sent = urlencode({name: str(value) for name, value in fields.items() if value is not None})
    messages.success(request, str(sentence), extra_tags=f"{undo_url}?{sent}" if sent else undo_url)


def came_from(request: HttpRequest) -> str:
    """The page of this portal on which the form was; empty where it was none of ours."""
    page = request.headers.get("Referer", "")
    return page if url_has_allowed_host_and_scheme(page, allowed_hosts={request.get_host()}) else ""


def redirect(request: HttpRequest, url: str) -> HttpResponse:
    """Go on to another page, by htmx's header or by a plain 303."""
    if getattr(request, "htmx", None):
        response = HttpResponse(status=204)
        response["HX-Redirect"] = url
        return response
    response = HttpResponse(status=303)
    response["Location"] = url
    return response
