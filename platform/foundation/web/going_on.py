"""Where somebody wanted to go who was held up on the way to set up a second factor."""

from __future__ import annotations

from django.http import HttpRequest

_KEPT = "sanad_going_on"


def remember(request: HttpRequest) -> None:
    """Keep the page that was asked for; parts of pages and what was sent are not gone on to."""
    if request.method == "GET" and "HX-Request" not in request.headers:
        request.session[_KEPT] = request.get_full_path()


def take(request: HttpRequest) -> str:
    """The page that was asked for, once; empty where there is none."""
    kept = request.session.pop(_KEPT, "")
    return kept if isinstance(kept, str) and kept.startswith("/t/") else ""


__all__ = ["remember", "take"]
