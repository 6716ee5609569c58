"""What a view reads of a request: from where it came, and where it wants to go on to."""

from __future__ import annotations

from ipaddress import ip_address

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

_DOORS = ("/accounts/login/", "/accounts/logout/")


def address_of(request: HttpRequest) -> str:
    """The caller's address. Only the front door speaks through the Unix socket, and it says whom it speaks for."""
    peer = request.META.get("REMOTE_ADDR", "")
    return peer if _is_address(peer) else _named(request.headers.get("X-Forwarded-For", ""))


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
