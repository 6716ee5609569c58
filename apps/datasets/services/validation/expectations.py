"""One expectation: what a suite keeps of it, and what is refused before it is kept."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _

from apps.datasets.choices import TABLE_KINDS, ExpectationKind, Severity
from apps.datasets.services.validation.parameters import LONGEST_TEXT, choice, lacking, parameters_of, text_of
from foundation.errors import Invalid

MOST_EXPECTATIONS = 500
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
        raise lacking("expectations", _("An expectation is an object with kind, columns, parameters and severity."))
    kind = choice(raw, "kind", Kind)
    severity = choice(raw, "severity", Severity)
    if kind in TABLE_KINDS and severity is Severity.QUARANTINE:
        sentence = _("“%(kind)s” judges the table as a whole: no row is at fault that could go into quarantine.")
        raise lacking("severity", sentence % {"kind": kind.label} + " " + _("Choose to warn or to block."))
    known = str(raw.get("id") or "")
    return Expectation(
        id=known if re.fullmatch(r"[a-z0-9]{8,32}", known) else _new_id(),
        kind=kind,
        severity=severity,
        columns=_columns(raw.get("columns") or (), kind),
        parameters=parameters_of(raw.get("parameters") or {}, kind),
        description=text_of(raw.get("description") or "", "description", most=LONGEST_TEXT),
    )


def _new_id() -> str:
    return secrets.token_hex(6)


def _columns(given: Any, kind: Kind) -> tuple[str, ...]:
    if not isinstance(given, list | tuple) or not all(isinstance(one, str) and 0 < len(one) <= 255 for one in given):
        raise lacking("columns", _("Name the columns as a list of texts."))
    fewest, most = _COLUMNS.get(kind, (1, 1))
    if not fewest <= len(given) <= most:
        sentence = _("“%(kind)s” takes no column.") if not most else _("“%(kind)s” takes one column.")
        if most > 1:
            sentence = _("“%(kind)s” takes from one to %(most)d columns.")
        raise lacking("columns", sentence % {"kind": kind.label, "most": most})
    if len({one.lower() for one in given}) < len(given):
        raise lacking("columns", _("Name each column once."))
    return tuple(given)
