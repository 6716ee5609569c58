"""Who was refused what, on the ledger of whoever asked: folded, so that no attack can fill it.

A door says `note` for somebody it knows, `note_token_of` for a token that opens nothing any more, and
`note_elsewhere` for a person who asked for a tenant that is not theirs. Nothing is ever written into the tenant that
was asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from foundation.refusals.hearing import Heard, heard, listening
from foundation.refusals.sayings import NOT_REFUSALS, Asked, is_recorded

if TYPE_CHECKING:
    from foundation.refusals.folding import close_ended_windows
    from foundation.refusals.noting import note, note_about, note_elsewhere, note_token, note_token_of

# What needs the models is imported when it is first asked for: this package is loaded before Django's models are.
_WHERE = {
    "close_ended_windows": "folding",
    "note": "noting",
    "note_about": "noting",
    "note_elsewhere": "noting",
    "note_token": "noting",
    "note_token_of": "noting",
}

__all__ = [
    "NOT_REFUSALS",
    "Asked",
    "Heard",
    "close_ended_windows",
    "heard",
    "is_recorded",
    "listening",
    "note",
    "note_about",
    "note_elsewhere",
    "note_token",
    "note_token_of",
]


def __getattr__(name: str) -> Any:
    module = _WHERE.get(name)
    if module is None:
        raise AttributeError(f"foundation.refusals has no {name}")
    return getattr(import_module(f"foundation.refusals.{module}"), name)
