"""Why a distribution counts as moved, in figures and in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from babel.dates import format_date
from django.utils.translation import gettext as _

from apps.datasets import selectors as datasets
from apps.monitoring.models import DriftWindow
from foundation.figures import locale, number, percent


def figures_of(
    described: Mapping[str, Any], window: DriftWindow, expected: Sequence[int], actual: Sequence[int]
) -> dict[str, Any]:
    """{"reference_mean", "window_mean"} of numbers, and the bin that moved most with its shares then and now."""
    known, mean = window.rows - window.missing, described.get("mean")
    now = window.total / known if known and mean is not None else None
    return {"reference_mean": mean, "window_mean": now, "most": _most(described, expected, actual)}


def _most(described: Mapping[str, Any], expected: Sequence[int], actual: Sequence[int]) -> dict[str, Any] | None:
    added = datasets.contributions(expected, actual)
    if not added or max(added) <= 0:
        return None
    place = added.index(max(added))
    kind, label = _bin(described, place, len(expected))
    shares = {"then": expected[place] / sum(expected), "now": actual[place] / sum(actual)}
    return {"kind": kind, "label": label, "part": added[place] / sum(added), **shares}


def _bin(described: Mapping[str, Any], place: int, size: int) -> tuple[str, str]:
    """What a bin holds: the last but one is what training did not know, the last what is missing."""
    if place >= size - 2:
        return ("missing", "") if place == size - 1 else ("unknown", "")
    if "categories" in described:
        return "category", str(described["categories"][place])
    return "range", ""


def month(window: date) -> str:
    """December 2013."""
    return format_date(window, "LLLL y", locale=locale())


def name_of(feature: str) -> str:
    """The feature's name, or the word for what the model answers."""
    return feature or _("the prediction")


def cause(feature: str, window: date, figures: Mapping[str, Any]) -> str:
    """One sentence: which feature, when, and what was seen against what was learned from."""
    most, said = figures.get("most") or {}, {"name": name_of(feature), "month": month(window)}
    shares = {"now": percent(most.get("now")), "then": percent(most.get("then"))}
    if most.get("kind") == "missing":
        return _("%(name)s in %(month)s: missing in %(now)s of the rows against %(then)s in training") % {
            **said,
            **shares,
        }
    if most.get("kind") == "unknown":
        told = _("%(name)s in %(month)s: values that training did not know in %(now)s of the rows against %(then)s")
        return told % {**said, **shares}
    if figures.get("window_mean") is not None and figures.get("reference_mean") is not None:
        means = {"now": number(figures["window_mean"]), "then": number(figures["reference_mean"])}
        return _("%(name)s in %(month)s: mean %(now)s against %(then)s in training") % {**said, **means}
    if most.get("kind") == "category":
        told = _("%(name)s in %(month)s: “%(value)s” in %(now)s of the rows against %(then)s in training")
        return told % {**said, **shares, "value": most["label"]}
    return _("%(name)s in %(month)s: distributed otherwise than in training") % said
