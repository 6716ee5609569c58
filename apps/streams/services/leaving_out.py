"""Events of people who were erased, and that waited somewhere meanwhile: neither a row nor a quarantine gets them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
            values = [one.get(name) for one in fields]
            until = _until(erased, name, values, tokens if column.get("tokenise") else None)
            found |= {at for at, value in enumerate(values) if times[at] * 1000 <= until.get(_key(value), 0)}
    return found


def _until(
    erased: ErasedPeople, column: str, values: Sequence[Any], tokens: TokenKey | None
) -> dict[str | float | None, int]:
    """Until when what came of a value is left out; each different value is looked up once."""
    forms = {value: _forms(value) for value in set(map(_key, values)) - {None}}
    if tokens:
        # Whom a column of tokens names was erased by the value or by its token, blanks around it or not.
        flat = [(value, form) for value, own in forms.items() for form in own]
        for (value, form), token in zip(flat, tokens.tokens_of([form for _value, form in flat]), strict=True):
            forms[value] |= {form.strip(), token or ""}
    return {value: max(erased.until_of(column, form) for form in own) for value, own in forms.items()}


def _key(value: Any) -> str | float | None:
    """What can name a person, and may be the key of a dictionary."""
    return value if type(value) in (str, int, float) else None


def _forms(value: str | float | None) -> set[str]:
    """A whole number is written down with or without a point, as its column is."""
    whole = isinstance(value, float) and value.is_integer()
    return {str(value), str(int(value))} if whole and value is not None else {str(value)}
