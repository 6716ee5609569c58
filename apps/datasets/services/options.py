"""How a file is read, as somebody says it: looked at once, since pages, jobs and children take it at its word."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation.errors import Invalid

_LONGEST, _MOST = 255, 5_000


def _is_text(said: object, longest: int = _LONGEST) -> bool:
    return isinstance(said, str) and len(said) <= longest and "\0" not in said


def _is_sign(said: object) -> bool:
    return isinstance(said, str) and len(said) <= 1 and said not in {"\n", "\r", "\0"}


def _are_texts(said: object) -> bool:
    return isinstance(said, list | tuple) and len(said) <= _MOST and all(map(_is_text, said))


def _are_types(said: object) -> bool:
    """What is no question of taste is found out: whether digits are a number or a code is one."""
    return (
        isinstance(said, Mapping)
        and len(said) <= _MOST
        and all(map(_is_text, said))
        and all(kind in ("text", "number") for kind in said.values())
    )


def _names_one(said: object) -> bool:
    """A number, or a name."""
    return _is_text(said) or (isinstance(said, int) and not isinstance(said, bool) and 0 <= said < 2**63)


# What is known, whether something is of its kind, and what to write instead.
_KNOWN: dict[str, tuple[Callable[[object], bool], Promise]] = {
    "delimiter": (_is_sign, gettext_lazy("One sign, or empty where it is to be found out.")),
    "quote": (_is_sign, gettext_lazy("One sign, or empty where it is to be found out.")),
    "types": (
        _are_types,
        gettext_lazy("Columns with what they are kept as, “text” or “number”, like {“code”: “text”}."),
    ),
    "missing": (_are_texts, gettext_lazy("A list of words that stand for no value.")),
    "sheet": (_names_one, gettext_lazy("The name of a sheet, or its number.")),
    "version": (_names_one, gettext_lazy("The number of the table's version.")),
    "as_of": (_is_text, gettext_lazy("A day or a moment.")),
    "tokenise": (_are_texts, gettext_lazy("A list of columns.")),
}


def checked_options(options: Mapping[str, Any] | None) -> dict[str, Any]:
    """The options as they were given; Invalid where one is not known, or is not what it should be."""
    given = dict(options or {})
    if unknown := sorted(str(name)[:40] for name in given if name not in _KNOWN):
        sentence = _("Unknown options: %(names)s.") % {"names": ", ".join(unknown[:12])}
        raise Invalid(sentence, fields={"options": [sentence]})
    for name, said in given.items():
        fits, instead = _KNOWN[name]
        if not fits(said):
            sentence = _("The option “%(name)s” cannot be that. %(instead)s") % {"name": name, "instead": instead}
            raise Invalid(sentence, fields={"options": [sentence]})
    return given
