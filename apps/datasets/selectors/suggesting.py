"""Which class a column is proposed as, and why, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from apps.datasets.choices import SUGGESTED, ColumnClass, Confidence, FoundIn, PersonalKind
from apps.datasets.models import DatasetVersion
from foundation.figures import percent


@dataclass(frozen=True)
class Suggestion:
    """A class for a column that nobody has classified; `reason` is a sentence for people."""

    column: str
    column_class: ColumnClass
    reason: str


def suggestions(version: DatasetVersion) -> list[Suggestion]:
    """One for each column without a class, in the order of the table."""
    return [suggestion_for(column) for column in version.schema if not column.get("class")]


def suggestion_for(column: Mapping[str, Any]) -> Suggestion:
    """Internal where nothing personal was found: what is public, only people know."""
    kind = column.get("suspected") or ""
    if not kind:
        reason = _("Nothing personal was found in its name or in the sampled values.")
        return Suggestion(column["name"], ColumnClass.INTERNAL, reason)
    return Suggestion(column["name"], SUGGESTED[kind], reason_for(column))


def reason_for(column: Mapping[str, Any]) -> str:
    """What was found in the column, how often, and how sure that is; empty where nothing was."""
    kind, finding = column.get("suspected") or "", column.get("finding") or {}
    if not kind:
        return ""
    words = {"what": PersonalKind(kind).label, "share": percent(finding.get("share", 0.0))}
    words["sure"] = Confidence(finding.get("confidence", Confidence.LOW)).label
    found_in = finding.get("found_in", FoundIn.NAME)
    if found_in == FoundIn.TEXT:
        return _("%(share)s of the sampled texts contain %(what)s (%(sure)s).") % words
    if found_in == FoundIn.VALUES:
        return _("%(share)s of the sampled values are %(what)s (%(sure)s).") % words
    if found_in == FoundIn.SOURCE:
        return _("It is made of columns that hold personal values, or may be.")
    return _("Only the column's name says so (%(sure)s); its values do not.") % words
