"""Doors that stay open while a tenant's own key is withdrawn: those by which it is brought again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])
_MARK = "opens_without_keys"


def opens_without_keys(view: View) -> View:
    """The mark of a page that needs no key, above `page`; a REST resource sets `opens_without_keys = True`."""
    setattr(view, _MARK, True)
    return view


def leads_to_keys(view: Any) -> bool:
    """Whether the view, or the resource behind it, carries the mark."""
    return bool(getattr(view, _MARK, False) or getattr(getattr(view, "cls", None), _MARK, False))
