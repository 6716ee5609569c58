"""How values are shown to whoever may not see them in clear; each mask has a word, so that a plan can say which.

A mask keeps what people need to tell values apart by their shape (`a•••@•••.ae`, the last four signs of a card).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Mask = Callable[[Any], Any]
HIDDEN = "•••"
_SIGN = re.compile(r"[^\W_]")


def hidden(value: Any) -> str | None:
    """That there is a value, and nothing of it."""
    return None if value is None else HIDDEN


def _email(value: Any) -> str | None:
    """`a•••@•••.ae`: the first sign and the last part of the domain."""
    if value is None:
        return None
    name, at, domain = str(value).rpartition("@")
    if not at or not name or "@" in name or any(sign.isspace() for sign in str(value)):
        return HIDDEN
    ending = domain.rpartition(".")[2]
    return f"{name[0]}{HIDDEN}@{HIDDEN}.{ending}" if ending.isalpha() and len(ending) <= 12 else HIDDEN


def _tail(kept: int) -> Mask:
    """Every letter and digit covered but the last ones; what parts them stays. Longer text is hidden as a whole."""

    def mask(value: Any) -> str | None:
        if value is None:
            return None
        text = str(value)
        signs = len(_SIGN.findall(text))
        # Short ones would be given away by what stays; free text may hold more than its kind.
        if signs <= kept * 2 or len(text) > 40:
            return HIDDEN
        seen = 0

        def cover(found: re.Match[str]) -> str:
            nonlocal seen
            seen += 1
            return found.group() if seen > signs - kept else "•"

        return _SIGN.sub(cover, text)

    return mask


MASKS: dict[str, Mask] = {
    "hidden": hidden,
    "email": _email,
    "last-4": _tail(4),
    "last-2": _tail(2),
    "covered": _tail(0),
}
_WORDS = {mask: word for word, mask in MASKS.items()}


def word_of(mask: Mask) -> str:
    """The word of one of these masks; of any other "hidden", which shows nothing."""
    return _WORDS.get(mask, "hidden")
