"""Expectations and what came of them as sentences, in the reader's language; never a value of a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.utils.formats import date_format

from apps.datasets.choices import ExpectationKind, ResultState, ShiftMeasure, ValueFamily
from apps.datasets.services.validation.expectations import Expectation
from foundation.figures import number
from foundation.words import kept as _
from foundation.words import kept_many as ngettext

Kind = ExpectationKind
_SHOWN_VALUES = 5


def sentence(one: Expectation, *, datasets: Mapping[str, str] | None = None) -> str:
    """What is expected, as one reads it aloud; `datasets` names those that foreign keys lead to, by id."""
    words = {"columns": ", ".join(f"“{column}”" for column in one.columns), **_words(one)}
    if one.kind is Kind.FOREIGN_KEY:
        named = (datasets or {}).get(one.parameters["dataset"], "")
        words["other"] = f"“{named}”" if named else _("another dataset")
        words["there"] = ", ".join(f"“{column}”" for column in one.parameters["columns"])
    return _SENTENCES[one.kind](one.parameters) % words


def told(one: Expectation, result: Mapping[str, Any]) -> str:
    """What came of it: how many rows are at fault, or what was found instead, or why nobody knows."""
    if result.get("state") == ResultState.WITHHELD:
        return _("It is about values that you see masked. Whoever sees them in clear reads here what came of it.")
    if problem := result.get("problem"):
        return _problem(problem)
    found, rows = result.get("found") or {}, result.get("failed_rows")
    if one.kind is Kind.FRESHNESS:
        if found.get("newest") is None:
            return _("There is no moment in the column.")
        return _("The newest is of %(moment)s.") % {"moment": _moment(str(found["newest"]))}
    if one.kind is Kind.ROW_COUNT:
        return _("There are %(rows)s rows; the last version has %(last)s.") % {
            "rows": number(found.get("rows", 0)),
            "last": number(found["last"]) if found.get("last") is not None else _("no"),
        }
    if one.kind is Kind.DISTRIBUTION:
        if found.get("shift") is None:
            return _("There is no earlier version to compare with.")
        return _("The values moved by %(shift)s.") % {"shift": _figure(found["shift"])}
    return rows_told(int(rows or 0))


def rows_told(rows: int) -> str:
    if not rows:
        return _("No row fails.")
    return ngettext("%(rows)s row fails.", "%(rows)s rows fail.", rows) % {"rows": number(rows)}


def _figure(value: float) -> str:
    """A number without idle zeros: 5.000 is 5."""
    shown = number(value)
    return shown.rstrip("0").rstrip(".") if "." in shown and "e" not in shown else shown


def _bound(value: Any) -> Any:
    return _figure(value) if isinstance(value, int | float) else value


def _moment(text: str) -> str:
    """A bound in time as people write it, in UTC; text that is none stays as it is."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return text
    if len(text) <= len("2026-01-31"):
        return date_format(found, "j M Y")
    return f"{date_format(found.astimezone(UTC) if found.tzinfo else found, 'j M Y H:i')} UTC"


def _words(one: Expectation) -> dict[str, Any]:
    said = one.parameters
    words = {name: _bound(value) for name, value in said.items()}
    if one.kind is Kind.IN_RANGE:
        words |= {side: _moment(said[side]) for side in ("min", "max") if isinstance(said.get(side), str)}
    if "values" in said:
        shown = [str(value) for value in said["values"][:_SHOWN_VALUES]]
        words["values"] = ", ".join(shown)
    if "share" in said:
        words["share"] = _figure(100 * said["share"])
    if "change" in said:
        words["change"] = _figure(100 * said["change"])
    if "family" in said:
        words["family"] = ValueFamily(said["family"]).label
    if "measure" in said:
        words["measure"] = ShiftMeasure(said["measure"]).label
    return words


def _of_rows(said: Mapping[str, Any]) -> str:
    parts = []
    if "min" in said:
        parts.append(_("at least %(min)s"))
    if "max" in said:
        parts.append(_("at most %(max)s"))
    if "change" in said:
        parts.append(_("within %(change)s %% of the last version"))
    return _("Rows: %(limits)s.").replace("%(limits)s", ", ".join(parts))


def _of_nulls(said: Mapping[str, Any]) -> str:
    if said.get("share"):
        return _("At most %(share)s %% of %(columns)s are missing.")
    return _("%(columns)s is never missing.")


_SENTENCES: dict[Kind, Callable[[Mapping[str, Any]], str]] = {
    Kind.NOT_NULL: _of_nulls,
    Kind.UNIQUE: lambda _said: _("No two rows have the same %(columns)s."),
    Kind.IN_RANGE: lambda said: (
        _("%(columns)s lies between %(min)s and %(max)s.")
        if "min" in said and "max" in said
        else _("%(columns)s is at least %(min)s.")
        if "min" in said
        else _("%(columns)s is at most %(max)s.")
    ),
    Kind.IN_SET: lambda said: (
        _("%(columns)s is one of: %(values)s, …")
        if len(said["values"]) > _SHOWN_VALUES
        else _("%(columns)s is one of: %(values)s.")
    ),
    Kind.MATCHES_REGEX: lambda _said: _("%(columns)s matches %(pattern)s."),
    Kind.LENGTH: lambda said: (
        _("%(columns)s has from %(min)s to %(max)s signs.")
        if "min" in said and "max" in said
        else _("%(columns)s has at least %(min)s signs.")
        if "min" in said
        else _("%(columns)s has at most %(max)s signs.")
    ),
    Kind.TYPE: lambda _said: _("%(columns)s can be read as %(family)s."),
    Kind.FOREIGN_KEY: lambda _said: _("%(columns)s is found in %(other)s, under %(there)s."),
    Kind.SQL_CONDITION: lambda _said: _("Each row meets “%(sql)s”."),
    Kind.SQL_ROWS: lambda _said: _("No row is found by “%(sql)s”."),
    Kind.FRESHNESS: lambda _said: _("The newest %(columns)s is at most %(hours)s hours old."),
    Kind.ROW_COUNT: _of_rows,
    Kind.DISTRIBUTION: lambda _said: _(
        "%(columns)s is spread as in the last version (%(measure)s at most %(threshold)s)."
    ),
}


def _problem(problem: Mapping[str, Any]) -> str:
    words = problem.get("words") or {}
    found: dict[str, Callable[[], str]] = {
        "no_column": lambda: _("There is no column “%(column)s”."),
        "not_comparable": lambda: _(
            "“%(column)s” is of the type %(type)s, which cannot be compared with what is said."
        ),
        "not_a_family": lambda: _("“%(column)s” is of the type %(type)s."),
        "no_dataset": lambda: _("The other dataset has no version that can be read, or you may not see it."),
        "no_column_there": lambda: _("The other dataset has no column “%(column)s”."),
        "other_type_there": lambda: _("“%(column)s” is of another type in the other dataset."),
        "too_many_rows": lambda: _("Too many rows to set aside one by one. Mend them where they come from."),
        "not_these_columns": lambda: _("The query must answer columns of the table, under their own names."),
        "sql": lambda: "%(sentence)s",
    }
    return found[problem["code"]]() % words
