"""What a view reads of a request: from where it came, and where it wants to go on to."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme

_KNOWN, _KNOWN_FOR = "sanad_known", timedelta(days=90)
_DOORS = ("/accounts/login/", "/accounts/logout/")


def address_of(request: HttpRequest) -> str:
    """The caller's address. Only the front door speaks through the Unix socket, and it says whom it speaks for."""
    peer = request.META.get("REMOTE_ADDR", "")
    return peer if _is_address(peer) else _named(request.headers.get("X-Forwarded-For", ""))


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


def _named(forwarded: str) -> str:
    last = forwarded.rpartition(",")[2].strip()
    return last if _is_address(last) else ""


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
