"""Expectations that the newest version would meet, each with why: proposed out of its profile, kept by nobody."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.datasets import policies, selectors
from apps.datasets.choices import ExpectationKind, Severity
from apps.datasets.models import Dataset, DatasetVersion
from apps.datasets.services.validation.expectations import Expectation, checked_one
from apps.datasets.services.validation.suites import expectations_of
from foundation.figures import number
from foundation.identity import Actor

Kind = ExpectationKind
_FEW_VALUES, _FEWEST_ROWS, _SLACK = 12, 20, 0.1


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    expectation: Expectation
    why: str


def suggest(*, actor: Actor, dataset: Dataset) -> list[Suggestion]:
    """What the newest ready version meets and the suite does not say yet; nothing where there is no version."""
    policies.check_can_expect(actor, dataset)
    version = selectors.latest_ready(dataset)
    if version is None:
        return []
    said = {(one.kind, one.columns) for one in expectations_of(selectors.newest_suite(dataset))}
    found = [*_of_rows(version), *(one for column in _columns(actor, version) for one in _of_column(column, version))]
    return [one for one in found if (one.expectation.kind, one.expectation.columns) not in said]


def _columns(actor: Actor, version: DatasetVersion) -> list[dict[str, Any]]:
    """As the actor may know them: that a column is proposed as unique, or no more, would tell a guess from a hit."""
    about = {column["name"]: column for column in version.schema}
    known = selectors.profile_for(actor, version)
    return [{**column, "about": about.get(column["name"], {})} for column in known.get("columns", [])]


def _one(kind: Kind, why: str, *columns: str, severity: Severity = Severity.WARN, **parameters: Any) -> Suggestion:
    raw = {"kind": kind, "columns": list(columns), "parameters": parameters, "severity": severity}
    return Suggestion(expectation=checked_one(raw), why=why)


def _of_rows(version: DatasetVersion) -> Iterator[Suggestion]:
    rows = version.row_count or 0
    if rows >= _FEWEST_ROWS:
        why = _("%(version)s has %(rows)s rows; half of them missing would be worth a look.")
        said = why % {"version": version, "rows": number(rows)}
        yield _one(Kind.ROW_COUNT, said, min=rows // 2, change=0.5)


def _of_column(column: Mapping[str, Any], version: DatasetVersion) -> Iterator[Suggestion]:
    name, rows, kind = column["name"], version.row_count or 0, column.get("kind")
    if not rows or kind == "other":
        return
    if column.get("nulls") == 0:
        said = _("None of %(rows)s values is missing.") % {"rows": number(rows)}
        yield _one(Kind.NOT_NULL, said, name, severity=Severity.QUARANTINE)
    if column.get("unique") and rows >= _FEWEST_ROWS:
        yield _one(Kind.UNIQUE, _("All values differ."), name)
    if selectors.may_be_personal(column["about"]):
        # All else names values: of people's data it would put them into the suite, where everybody reads them.
        return
    if kind in {"number", "time"}:
        yield from of_range(column)
    elif kind == "text":
        yield from _of_text(column, rows)


def of_range(column: Mapping[str, Any]) -> Iterator[Suggestion]:
    """What numbers and times lie between; two neighbouring whole numbers are proposed as the two."""
    low, high = column.get("min"), column.get("max")
    if low is None or high is None or low == high or column.get("unique"):
        return
    said = _("All values lie within this range, widened by a tenth.")
    if column["kind"] == "number":
        if isinstance(low, int) and high == low + 1:
            yield _one(Kind.IN_SET, _only(2), column["name"], values=[low, high])
            return
        low, high = _widened(float(low), float(high), whole=isinstance(low, int) and isinstance(high, int))
        yield _one(Kind.IN_RANGE, said, column["name"], min=low, max=high)
        return
    begins, ends = datetime.fromisoformat(low), datetime.fromisoformat(high)
    first = (begins - (ends - begins) * _SLACK).replace(microsecond=0)
    yield _one(Kind.IN_RANGE, _("The earliest is later than this."), column["name"], min=first.isoformat())


def _only(count: int) -> str:
    said = ngettext("There is only one value.", "There are only %(count)s different values.", count)
    return said % {"count": number(count)}


def _widened(low: float, high: float, *, whole: bool) -> tuple[float, float]:
    """A range with room on both sides, which does not leave the side of zero that all values are on."""
    slack = (high - low) * _SLACK
    least = max(low - slack, 0.0) if low >= 0 else low - slack
    most = min(high + slack, 0.0) if high <= 0 else high + slack
    if whole:
        return math.floor(least), math.ceil(most)
    digits = max(0, 2 - math.floor(math.log10(high - low)))
    return round(least, digits), round(most, digits)


def _of_text(column: Mapping[str, Any], rows: int) -> Iterator[Suggestion]:
    top, distinct = column.get("top") or [], column.get("distinct") or 0
    named = [known["value"] for known in top]
    whole = sum(known["count"] for known in top) + (column.get("nulls") or 0) == rows
    if 0 < distinct <= _FEW_VALUES and whole and rows >= _FEWEST_ROWS and all(named):
        yield _one(Kind.IN_SET, _only(len(named)), column["name"], values=named)
        return
    longest = column.get("max_length")
    if longest:
        said = _("The longest has %(signs)s signs.") % {"signs": number(longest)}
        yield _one(Kind.LENGTH, said, column["name"], max=int(longest * 2))
