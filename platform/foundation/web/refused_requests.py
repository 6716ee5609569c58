"""From a refused answer to the entry of whoever asked: after the request's own transaction was undone."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, ResolverMatch, resolve

from foundation import refusals
from foundation.identity import Actor
from foundation.identity.models import ApiToken
from foundation.identity.tokens import digest_of
from foundation.refusals import Asked, Heard

# As what input is refused that a form shows once more, with 200.
_FAULTY_INPUT = 422


def record(request: HttpRequest, response: HttpResponse, heard: Heard) -> None:
    """Note the refusal where it is one and the asker is known; an address that is none at all is no refusal."""
    status = response.status_code
    if not heard.noted and not refusals.is_recorded(status, heard.reason):
        return
    match = _match(request)
    if match is None:
        return
    asked = Asked.at(
        match.route,
        method=request.method or "",
        status=status if status >= 400 else _FAULTY_INPUT,
        reason=heard.reason,
        ids=match.kwargs,
    )
    _note(request, match, asked)


def _note(request: HttpRequest, match: ResolverMatch, asked: Asked) -> None:
    request_id: str = request.request_id  # type: ignore[attr-defined]
    # Of a token that is good and is shown at another tenant's address the owner is known, though nobody is let in.
    actor: Actor | None = request.actor or getattr(request, "asker", None)  # type: ignore[attr-defined]
    shown: ApiToken | None = getattr(request, "shown_token", None)
    if actor is not None:
        refusals.note(actor, asked)
    elif shown is not None:
        refusals.note_token(shown, asked, request_id=request_id)
    elif void := getattr(request, "refused_token", ""):
        refusals.note_token_of(digest_of(void), asked, request_id=request_id)
    elif getattr(request.user, "is_authenticated", False):  # REST leaves nobody in place of an anonymous visitor
        _note_person(request, match, asked, request_id)


def _note_person(request: HttpRequest, match: ResolverMatch, asked: Asked, request_id: str) -> None:
    """Somebody signed in who is let into no tenant here: they named one that is not theirs, or an operator's page."""
    wanted = getattr(request, "wanted_tenant", "")
    if wanted or hasattr(match.func, "operator_for"):
        home = request.session.get("tenant", "")
        refusals.note_elsewhere(request.user, asked, at_home=home, wanted=wanted, request_id=request_id)  # type: ignore[arg-type]


def _match(request: HttpRequest) -> ResolverMatch | None:
    """The route of the address, which is not looked up yet where the asker was refused before that."""
    if request.resolver_match is not None:
        return request.resolver_match
    try:
        return resolve(request.path_info)
    except Resolver404:
        return None
