"""One expectation: what a suite keeps of it, and what is refused before it is kept."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.datasets.choices import TABLE_KINDS, ExpectationKind, Severity, ShiftMeasure, ValueFamily
from foundation import lake
from foundation.errors import Invalid

MOST_EXPECTATIONS, _MOST_VALUES, _LONGEST_TEXT, _LONGEST_SQL = 500, 2000, 500, 20_000
Kind = ExpectationKind
_COLUMNS = {
    Kind.UNIQUE: (1, 16),
    Kind.FOREIGN_KEY: (1, 16),
    Kind.ROW_COUNT: (0, 0),
    Kind.SQL_CONDITION: (0, 0),
    Kind.SQL_ROWS: (0, 0),
}


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """What is expected of one column, several, or the table; `id` stays the same from suite to suite."""

    id: str
    kind: ExpectationKind
    severity: Severity
    columns: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    description: str = ""

    @property
    def column(self) -> str:
        return self.columns[0]

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "kind": self.kind.value,
            "severity": self.severity.value,
            "columns": list(self.columns),
            "parameters": dict(self.parameters),
            "description": self.description,
        }


def read(kept: Sequence[Mapping[str, Any]]) -> list[Expectation]:
    """The expectations of a suite, as they were checked when it was saved."""
    return [
        Expectation(
            id=one["id"],
            kind=Kind(one["kind"]),
            severity=Severity(one["severity"]),
            columns=tuple(one["columns"]),
            parameters=one["parameters"],
            description=one["description"],
        )
        for one in kept
    ]


def checked(given: object, *, kept: Sequence[Expectation] = ()) -> list[Expectation]:
    """The expectations out of what somebody sent; Invalid says which one lacks what.

    One that is sent without an id and asks what one of `kept` asks is that one: a program that says all of them anew
    changes what it changes, and nothing else.
    """
    if not isinstance(given, list | tuple) or len(given) > MOST_EXPECTATIONS:
        sentence = _("Send a list of at most %(most)d expectations.") % {"most": MOST_EXPECTATIONS}
        raise Invalid(sentence, fields={"expectations": [sentence]})
    found: list[Expectation] = []
    free = _free(given, kept)
    for place, raw in enumerate(given, start=1):
        try:
            one = checked_one(raw)
        except Invalid as refusal:
            sentence = _("Expectation %(place)d: %(why)s") % {"place": place, "why": refusal.sentence}
            raise Invalid(sentence, fields={"expectations": [sentence]}) from refusal
        if not (isinstance(raw, Mapping) and raw.get("id")) and (same := free.pop(_asked(one), None)):
            one = replace(one, id=same)
        while one.id in {other.id for other in found}:
            one = replace(one, id=_new_id())
        found.append(one)
    return found


def _free(given: Sequence[object], kept: Sequence[Expectation]) -> dict[str, str]:
    """The ids of `kept` that nobody names, by what they ask."""
    named = {str(raw.get("id")) for raw in given if isinstance(raw, Mapping)}
    return {_asked(one): one.id for one in reversed(kept) if one.id not in named}


def _asked(one: Expectation) -> str:
    return json.dumps([one.kind, one.columns, one.parameters], sort_keys=True)


def sound(given: Sequence[object]) -> list[Expectation]:
    """Those of a draft that could be saved; the others are left out."""
    found = []
    for raw in given:
        with suppress(Invalid):
            found.append(checked_one(raw))
    return found


def checked_one(raw: object) -> Expectation:
    """One expectation; Invalid names the field in the way."""
    if not isinstance(raw, Mapping):
        raise _lacking("expectations", _("An expectation is an object with kind, columns, parameters and severity."))
    kind = _choice(raw, "kind", Kind)
    severity = _choice(raw, "severity", Severity)
    if kind in TABLE_KINDS and severity is Severity.QUARANTINE:
        sentence = _("“%(kind)s” judges the table as a whole: no row is at fault that could go into quarantine.")
        raise _lacking("severity", sentence % {"kind": kind.label} + " " + _("Choose to warn or to block."))
    known = str(raw.get("id") or "")
    return Expectation(
        id=known if re.fullmatch(r"[a-z0-9]{8,32}", known) else _new_id(),
        kind=kind,
        severity=severity,
        columns=_columns(raw.get("columns") or (), kind),
        parameters=_parameters(raw.get("parameters") or {}, kind),
        description=_text(raw.get("description") or "", "description", most=_LONGEST_TEXT),
    )


def _new_id() -> str:
    return secrets.token_hex(6)


def _lacking(name: str, sentence: str) -> Invalid:
    return Invalid(sentence, fields={name: [sentence]})


def _choice(raw: Mapping[str, Any], name: str, choices: Any) -> Any:
    given = raw.get(name)
    if given not in choices.values:
        sentence = _("“%(given)s” is no %(name)s of an expectation. There are: %(known)s.")
        shown = {"given": str(given)[:80], "name": name, "known": ", ".join(choices.values)}
        raise _lacking(name, sentence % shown)
    return choices(given)


def _columns(given: Any, kind: Kind) -> tuple[str, ...]:
    if not isinstance(given, list | tuple) or not all(isinstance(one, str) and 0 < len(one) <= 255 for one in given):
        raise _lacking("columns", _("Name the columns as a list of texts."))
    fewest, most = _COLUMNS.get(kind, (1, 1))
    if not fewest <= len(given) <= most:
        sentence = _("“%(kind)s” takes no column.") if not most else _("“%(kind)s” takes one column.")
        if most > 1:
            sentence = _("“%(kind)s” takes from one to %(most)d columns.")
        raise _lacking("columns", sentence % {"kind": kind.label, "most": most})
    if len({one.lower() for one in given}) < len(given):
        raise _lacking("columns", _("Name each column once."))
    return tuple(given)


def _parameters(given: Any, kind: Kind) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise _lacking("parameters", _("Parameters are an object of names and values."))
    given = {name: value for name, value in given.items() if value not in (None, "")}
    readers = _READERS.get(kind, {})
    if unknown := sorted(set(given) - set(readers)):
        sentence = _("“%(kind)s” has no parameter “%(name)s”. It has: %(known)s.")
        known = ", ".join(readers) or "–"
        raise _lacking("parameters", sentence % {"kind": kind.label, "name": unknown[0][:80], "known": known})
    found = {name: reader(given[name], name) for name, reader in readers.items() if name in given}
    _check_together(found, kind)
    return found


def _check_together(found: dict[str, Any], kind: Kind) -> None:
    lacking = [name for name in _NEEDED.get(kind, ()) if name not in found]
    if lacking:
        raise _lacking(lacking[0], _("Say “%(name)s”: it is missing.") % {"name": lacking[0]})
    if (any_of := _ANY_OF.get(kind)) and not any(name in found for name in any_of):
        raise _lacking(any_of[0], _("Say at least one of: %(names)s.") % {"names": ", ".join(any_of)})
    low, high = found.get("min"), found.get("max")
    if low is None or high is None:
        return
    if isinstance(low, str) != isinstance(high, str):
        raise _lacking("max", _("Give two numbers or two dates, not one of each."))
    if _ordered(low) > _ordered(high):
        raise _lacking("max", _("The greatest lies below the least; exchange the two."))


def _ordered(bound: Any) -> Any:
    if not isinstance(bound, str):
        return bound
    moment = datetime.fromisoformat(bound)
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _text(value: Any, name: str, *, most: int = _LONGEST_TEXT) -> str:
    if not isinstance(value, str) or len(value) > most or "\0" in value:
        raise _lacking(name, _("“%(name)s” is a text of at most %(most)d signs.") % {"name": name, "most": most})
    return value.strip()


def _number(value: Any, name: str) -> int | float:
    if isinstance(value, str):
        try:
            value = int(value) if re.fullmatch(r"\s*[+-]?\d{1,38}\s*", value) else float(value)
        except ValueError:
            value = None
    if isinstance(value, bool) or not isinstance(value, int | float) or (value != value):
        raise _lacking(name, _("“%(name)s” has to be a number.") % {"name": name})
    if abs(value) >= 1e38:
        raise _lacking(name, _("“%(name)s” is larger than any number of a column.") % {"name": name})
    return value


def _count(value: Any, name: str) -> int:
    number = _number(value, name)
    if number < 0 or number != int(number) or number >= 2**62:
        raise _lacking(name, _("“%(name)s” is a whole number from 0 on.") % {"name": name})
    return int(number)


def _share(value: Any, name: str) -> float:
    number = float(_number(value, name))
    if not 0 <= number <= 1:
        raise _lacking(name, _("“%(name)s” is a share from 0 to 1; 0.05 is one of twenty.") % {"name": name})
    return number


def _positive(value: Any, name: str) -> float:
    number = float(_number(value, name))
    if number <= 0:
        raise _lacking(name, _("“%(name)s” is a number above 0.") % {"name": name})
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
        raise _lacking(name, sentence % {"name": name, "most": _MOST_VALUES})
    if any(isinstance(one, str) and ("\0" in one or len(one) > _LONGEST_TEXT) for one in value):
        raise _lacking(name, _("“%(name)s” holds a text that is too long, or a zero byte.") % {"name": name})
    return list(dict.fromkeys(one if isinstance(one, str | bool) else _number(one, name) for one in value))


def _pattern(value: Any, name: str) -> str:
    text = value if isinstance(value, str) else ""
    if not text or len(text) > _LONGEST_TEXT or "\0" in text or not lake.is_pattern(text):
        sentence = _(
            "This is not a regular expression that can be used here (RE2, at most %(most)d signs; it knows no "
            "look-ahead and no references back)."
        )
        raise _lacking(name, sentence % {"most": _LONGEST_TEXT})
    return text


def _one_of(choices: Any) -> Callable[[Any, str], str]:
    def reader(value: Any, name: str) -> str:
        return str(_choice({name: value}, name, choices).value)

    return reader


def _dataset(value: Any, name: str) -> str:
    try:
        return str(UUID(str(value)))
    except ValueError:
        raise _lacking(name, _("“%(name)s” is the id of a dataset.") % {"name": name}) from None


def _names(value: Any, name: str) -> list[str]:
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) and 0 < len(one) <= 255 for one in value):
        raise _lacking(name, _("Name the columns as a list of texts."))
    return list(value)


def _sql(value: Any, name: str) -> str:
    return _text(value, name, most=_LONGEST_SQL)


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
