"""The parameters of an expectation, each read by its name: bounds, shares, texts, choices."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.datasets.choices import ExpectationKind, ShiftMeasure, ValueFamily
from foundation import lake
from foundation.errors import Invalid

LONGEST_TEXT, _MOST_VALUES, _LONGEST_SQL = 500, 2000, 20_000
Kind = ExpectationKind


def lacking(name: str, sentence: str) -> Invalid:
    """The refusal that names the field in the way."""
    return Invalid(sentence, fields={name: [sentence]})


def choice(raw: Mapping[str, Any], name: str, choices: Any) -> Any:
    """What is chosen under the name, as one of `choices`; Invalid tells what there is."""
    given = raw.get(name)
    if given not in choices.values:
        sentence = _("“%(given)s” is no %(name)s of an expectation. There are: %(known)s.")
        shown = {"given": str(given)[:80], "name": name, "known": ", ".join(choices.values)}
        raise lacking(name, sentence % shown)
    return choices(given)


def parameters_of(given: Any, kind: Kind) -> dict[str, Any]:
    """The parameters as they are kept; Invalid where one is unknown, of another type, or missing."""
    if not isinstance(given, Mapping):
        raise lacking("parameters", _("Parameters are an object of names and values."))
    given = {name: value for name, value in given.items() if value not in (None, "")}
    readers = _READERS.get(kind, {})
    if unknown := sorted(set(given) - set(readers)):
        sentence = _("“%(kind)s” has no parameter “%(name)s”. It has: %(known)s.")
        known = ", ".join(readers) or "–"
        raise lacking("parameters", sentence % {"kind": kind.label, "name": unknown[0][:80], "known": known})
    found = {name: reader(given[name], name) for name, reader in readers.items() if name in given}
    _check_together(found, kind)
    return found


def _check_together(found: dict[str, Any], kind: Kind) -> None:
    without = [name for name in _NEEDED.get(kind, ()) if name not in found]
    if without:
        raise lacking(without[0], _("Say “%(name)s”: it is missing.") % {"name": without[0]})
    if (any_of := _ANY_OF.get(kind)) and not any(name in found for name in any_of):
        raise lacking(any_of[0], _("Say at least one of: %(names)s.") % {"names": ", ".join(any_of)})
    low, high = found.get("min"), found.get("max")
    if low is None or high is None:
        return
    if isinstance(low, str) != isinstance(high, str):
        raise lacking("max", _("Give two numbers or two dates, not one of each."))
    if _ordered(low) > _ordered(high):
        raise lacking("max", _("The greatest lies below the least; exchange the two."))


def _ordered(bound: Any) -> Any:
    if not isinstance(bound, str):
        return bound
    moment = datetime.fromisoformat(bound)
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def text_of(value: Any, name: str, *, most: int = LONGEST_TEXT) -> str:
    """The text without blanks around it; Invalid where it is none, or too long."""
    if not isinstance(value, str) or len(value) > most or "\0" in value:
        raise lacking(name, _("“%(name)s” is a text of at most %(most)d signs.") % {"name": name, "most": most})
    return value.strip()


def _number(value: Any, name: str) -> int | float:
    if isinstance(value, str):
        try:
            value = int(value) if re.fullmatch(r"\s*[+-]?\d{1,38}\s*", value) else float(value)
        except ValueError:
            value = None
    if isinstance(value, bool) or not isinstance(value, int | float) or (value != value):
        raise lacking(name, _("“%(name)s” has to be a number.") % {"name": name})
    if abs(value) >= 1e38:
        raise lacking(name, _("“%(name)s” is larger than any number of a column.") % {"name": name})
    return value


def _count(value: Any, name: str) -> int:
    number = _number(value, name)
    if number < 0 or number != int(number) or number >= 2**62:
        raise lacking(name, _("“%(name)s” is a whole number from 0 on.") % {"name": name})
    return int(number)


def _share(value: Any, name: str) -> float:
    number = float(_number(value, name))
    if not 0 <= number <= 1:
        raise lacking(name, _("“%(name)s” is a share from 0 to 1; 0.05 is one of twenty.") % {"name": name})
    return number


def _positive(value: Any, name: str) -> float:
    number = float(_number(value, name))
    if number <= 0:
        raise lacking(name, _("“%(name)s” is a number above 0.") % {"name": name})
    return number


def _bound(value: Any, name: str) -> int | float | str:
    """A number, or a date or moment in ISO 8601."""
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value.strip())
            _ordered(moment.isoformat())  # also in UTC it is a moment
            return moment.isoformat()
        except (ValueError, OverflowError):
            return _number(value, name)
    return _number(value, name)


def _values(value: Any, name: str) -> list[Any]:
    fits = isinstance(value, list | tuple) and 0 < len(value) <= _MOST_VALUES
    if not fits or not all(isinstance(one, str | int | float | bool) for one in value):
        sentence = _("“%(name)s” is a list of 1 to %(most)d texts or numbers.")
        raise lacking(name, sentence % {"name": name, "most": _MOST_VALUES})
    if any(isinstance(one, str) and ("\0" in one or len(one) > LONGEST_TEXT) for one in value):
        raise lacking(name, _("“%(name)s” holds a text that is too long, or a zero byte.") % {"name": name})
    return list(dict.fromkeys(one if isinstance(one, str | bool) else _number(one, name) for one in value))


def _pattern(value: Any, name: str) -> str:
    text = value if isinstance(value, str) else ""
    if not text or len(text) > LONGEST_TEXT or "\0" in text or not lake.is_pattern(text):
        sentence = _(
            "This is not a regular expression that can be used here (RE2, at most %(most)d signs; it knows no "
            "look-ahead and no references back)."
        )
        raise lacking(name, sentence % {"most": LONGEST_TEXT})
    return text


def _one_of(choices: Any) -> Callable[[Any, str], str]:
    def reader(value: Any, name: str) -> str:
        return str(choice({name: value}, name, choices).value)

    return reader


def _dataset(value: Any, name: str) -> str:
    try:
        return str(UUID(str(value)))
    except ValueError:
        raise lacking(name, _("“%(name)s” is the id of a dataset.") % {"name": name}) from None


def _names(value: Any, name: str) -> list[str]:
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) and 0 < len(one) <= 255 for one in value):
        raise lacking(name, _("Name the columns as a list of texts."))
    return list(value)


def _sql(value: Any, name: str) -> str:
    return text_of(value, name, most=_LONGEST_SQL)


_READERS: dict[Kind, dict[str, Callable[[Any, str], Any]]] = {
    Kind.NOT_NULL: {"share": _share},
    Kind.IN_RANGE: {"min": _bound, "max": _bound},
    Kind.IN_SET: {"values": _values},
    Kind.MATCHES_REGEX: {"pattern": _pattern},
    Kind.LENGTH: {"min": _count, "max": _count},
    Kind.TYPE: {"family": _one_of(ValueFamily)},
    Kind.FOREIGN_KEY: {"dataset": _dataset, "columns": _names},
    Kind.SQL_CONDITION: {"sql": _sql},
    Kind.SQL_ROWS: {"sql": _sql},
    Kind.FRESHNESS: {"hours": _positive},
    Kind.ROW_COUNT: {"min": _count, "max": _count, "change": _positive},
    Kind.DISTRIBUTION: {"measure": _one_of(ShiftMeasure), "threshold": _positive},
}
_NEEDED: dict[Kind, tuple[str, ...]] = {
    Kind.IN_SET: ("values",),
    Kind.MATCHES_REGEX: ("pattern",),
    Kind.TYPE: ("family",),
    Kind.FOREIGN_KEY: ("dataset", "columns"),
    Kind.SQL_CONDITION: ("sql",),
    Kind.SQL_ROWS: ("sql",),
    Kind.FRESHNESS: ("hours",),
    Kind.DISTRIBUTION: ("measure", "threshold"),
}
_ANY_OF: dict[Kind, tuple[str, ...]] = {
    Kind.IN_RANGE: ("min", "max"),
    Kind.LENGTH: ("min", "max"),
    Kind.ROW_COUNT: ("min", "max", "change"),
}
