"""Events of people who were erased, and that waited somewhere meanwhile: neither a row nor a quarantine gets them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from apps.datasets.services import ErasedPeople, TokenKey


def left_out(
    erased: ErasedPeople,
    fields: Sequence[Mapping[str, Any]],
    times: Sequence[int],
    columns: Sequence[Mapping[str, Any]],
    tokens: TokenKey | None,
) -> set[int]:
    """Which of these events are an erased person's and came before the erasure ended; `times` in ms by the broker.

    A stream that is read as it comes asks for nothing here: all of its events are younger than every erasure.
    """
    if not times or min(times) * 1000 > erased.until:
        return set()
    found: set[int] = set()
    for column in columns:
        name = column["name"]
        if name in erased.columns:
            until_of = _asking(erased, name, tokens if column.get("tokenise") else None)
            for at, one in enumerate(fields):
                value = one.get(name)
                if type(value) in (str, int, float) and times[at] * 1000 <= until_of(value):
                    found.add(at)
    return found


def _asking(erased: ErasedPeople, column: str, tokens: TokenKey | None) -> Callable[[Any], int]:
    """Until when what came of a value is left out; each different value is looked up once."""
    known: dict[str | float, int] = {}

    def until_of(value: Any) -> int:
        if (until := known.get(value)) is not None:
            return until
        # A whole number is written down with or without a point, as its column is.
        forms = {str(value), str(int(value))} if isinstance(value, float) and value.is_integer() else {str(value)}
        if tokens:
            # Whom a column of tokens names was erased by the value or by its token, blanks around it or not.
            forms |= {form.strip() for form in forms} | {tokens.token(form) for form in forms}
        known[value] = max(erased.until_of(column, form) for form in forms)
        return known[value]

    return until_of
