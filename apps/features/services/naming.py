"""Names: what is one for SQL, and in sentences those of columns, of versions, and of what may have been meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from django.utils.translation import get_language_bidi

from apps.features.errors import DefinitionRefused
from foundation.words import kept as _

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
# As many digits as a version's number can have.
_NUMBERED = re.compile(r"(.*?)(?: v|@v?)([0-9]{1,9})", re.DOTALL)


def check_name(name: str) -> None:
    """Refuse what SQL would not take as a name just as it stands."""
    if not _NAME.fullmatch(name):
        raise DefinitionRefused(
            _("“%(name)s” is not a name for SQL: begin with a small letter, go on with small letters, digits and _.")
            % {"name": name},
            fields={"name": [_("Like “weather_at_origin”.")]},
        )


def column_list(names: Iterable[str]) -> str:
    """One after the other, each in quotation marks."""
    return in_one_direction(", ".join(f"“{name}”" for name in names))


def in_one_direction(words: str) -> str:
    """Among words from right to left the parts of a date, of a path or of a list would change places."""
    return f"\u2066{words}\u2069" if words and get_language_bidi() else words


def meant(said: str, known: Iterable[str]) -> str:
    """Which name may have been meant, else which there are; where there is none, nothing."""
    names = sorted(set(known))
    if near := difflib.get_close_matches(said, names, 1):
        return _("Did you mean “%(near)s”?") % {"near": near[0]}
    return _("There are: %(known)s.") % {"known": column_list(names)} if names else _("There is none yet.")


def name_and_number(said: str) -> tuple[str, int | None]:
    """“delays v2”, delays@2 and delays@v2 are number 2 of “delays”; what ends in no number is a name alone.

    There is none with a NUL in it.
    """
    found = _NUMBERED.fullmatch(said)
    name, number = (found[1], int(found[2])) if found else (said, None)
    return name.replace("\x00", "\ufffd"), number
