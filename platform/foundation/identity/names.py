"""How people may be called: what is read is all there is."""

from __future__ import annotations

import unicodedata

# Signs that turn what follows them around, in this name and in the sentence that it stands in. The two marks of
# direction and the joiners, which Arabic and Persian are written with, stay.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# By their category letters and a sign of writing, and nothing to see: the fillers of Korean and the empty Braille cell.
_EMPTY = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_LEFT_OUT = _TURNING | _EMPTY
_UNSEEN = frozenset({"Cc", "Cs", "Co", "Zl", "Zp"})


def visible(name: str) -> str:
    """The name on one line, without signs that nobody sees or that turn others around; empty where nothing is left."""
    seen = "".join(
        " " if sign.isspace() else sign
        for sign in name
        if sign.isspace() or not (sign in _LEFT_OUT or unicodedata.category(sign) in _UNSEEN)
    )
    # Of letters, digits or signs of writing one at least: a name of joiners alone would be an empty place on the page.
    return " ".join(seen.split()) if any(unicodedata.category(sign)[0] in "LNPS" for sign in seen) else ""


__all__ = ["visible"]
