"""What a view reads of a request: who came last with this browser, and where the request wants to go on to."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme

_KNOWN, _KNOWN_FOR = "sanad_known", timedelta(days=90)
_DOORS = ("/accounts/login/", "/accounts/logout/")


def known_of(request: HttpRequest) -> str:
    """The id of the person who signed in with this browser last, signed by us; empty where it is not known."""
    return request.get_signed_cookie(_KNOWN, default="", salt=_KNOWN, max_age=_KNOWN_FOR) or ""


def make_known(request: HttpRequest, response: HttpResponse, user_id: UUID) -> None:
    """It opens nothing: whoever brings it back is merely not taken for somebody else at a busy address."""
    secure = request.is_secure()
    response.set_signed_cookie(
        _KNOWN, str(user_id), salt=_KNOWN, max_age=_KNOWN_FOR, httponly=True, samesite="Lax", secure=secure
    )


def next_of(request: HttpRequest) -> str:
    """Where to go on to: a page of this portal, or the start."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
    return wanted if safe and not wanted.startswith(_DOORS) else "/"
