"""Names of columns in sentences."""

from __future__ import annotations

import re
from collections.abc import Iterable

# As many digits as a version's number can have.
_NUMBERED = re.compile(r"(.*?) v([0-9]{1,9})", re.DOTALL)


def column_list(names: Iterable[str]) -> str:
    """One after the other, each in quotation marks."""
    return ", ".join(f"“{name}”" for name in names)


def name_and_number(said: str) -> tuple[str, int | None]:
    """“delays v2” is number 2 of “delays”; what ends in no number is a name alone. There is none with a NUL in it."""
    found = _NUMBERED.fullmatch(said)
    name, number = (found[1], int(found[2])) if found else (said, None)
    return name.replace("\x00", "\ufffd"), number
