"""Where a page says who can see its thing, and why: one panel in the shell, for every object's page."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest

_addresses: list[Callable[[HttpRequest], str]] = []


def register_panel(address: Callable[[HttpRequest], str]) -> None:
    """How the panel of a request's page is reached; the address is empty for pages of no single thing."""
    _addresses[:] = [address]


def panel_address(request: HttpRequest | None) -> str:
    return _addresses[0](request) if _addresses and request is not None else ""
