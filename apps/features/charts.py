"""Charts of the feature store, as Plotly takes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.datasets import selectors as datasets
from apps.features.selectors import Drift, Piece, Slice, Spread
from foundation.web.templatetags.sanad_format import number, percent

_MOST_BARS = 30
MEASURES = {
    "auc": gettext_lazy("AUC"),
    "r2": gettext_lazy("R²"),
    "pearson": gettext_lazy("Pearson"),
    "spearman": gettext_lazy("Spearman"),
    "correlation_ratio": gettext_lazy("Correlation ratio"),
    "cramers_v": gettext_lazy("Cramér's V"),
}


def over_time(pieces: Sequence[Piece]) -> dict[str, Any]:
    """A feature along its event time: the middle half of its values where it is a number, else how many are there."""
    if pieces and all(piece.middle is None and piece.missing is None for piece in pieces):
        return {"data": [], "layout": {}, "said": _said(pieces)}
    x = [piece.moment.isoformat() for piece in pieces]
    axes: dict[str, Any] = {}
    if len(pieces) == 1:
        # An axis of time around one moment has no width: it would be told in microseconds.
        x, axes = [_when(pieces[0])], {"xaxis": {"type": "category"}}
    if not any(piece.middle is not None for piece in pieces):
        counts = [None if p.missing is None else round(p.rows * (1 - p.missing)) for p in pieces]
        trace = {"type": "bar", "name": _("Values"), "x": x, "y": counts, **({"width": 0.2} if axes else {})}
        return {
            "data": [trace] if x else [],
            "layout": {"yaxis": {"title": {"text": _("Values")}}, **axes},
            "said": _said(pieces),
        }
    lines = {"type": "scatter", "mode": "markers" if axes else "lines", "x": x}
    marks: dict[str, Any] = {"marker": {"size": 11}} if axes else {}
    traces = [
        {**lines, "name": _below(0.25), "y": [p.low for p in pieces], "line": {"width": 1, "dash": "dot"}, **marks},
        {**lines, "name": _below(0.5), "y": [p.middle for p in pieces], **marks},
        {**lines, "name": _below(0.75), "y": [p.high for p in pieces], "line": {"width": 1, "dash": "dot"}, **marks},
    ]
    return {"data": traces, "layout": axes, "said": _said(pieces)}


def _when(piece: Piece) -> str:
    """The moment of a piece, in UTC; the day alone where it is midnight."""
    day = piece.moment.strftime("%Y-%m-%d")
    return day if piece.moment.strftime("%H%M%S") == "000000" else piece.moment.strftime("%Y-%m-%d %H:%M UTC")


def foretelling(report: dict[str, Any]) -> dict[str, Any]:
    """How well each feature alone foretells the label, the best on top: AUC from a half on, or R² from nothing on."""
    known = sorted((one for one in report.get("columns", []) if one["alone"]), key=lambda one: one["alone"]["value"])
    shown = known[-_MOST_BARS:]
    if not shown:
        return {"data": [], "layout": {}, "said": _("There is no feature whose relation to the label can be shown.")}
    measure = MEASURES[shown[0]["alone"]["measure"]]
    trace = {
        "type": "bar",
        "orientation": "h",
        "name": str(measure),
        "x": [one["alone"]["value"] for one in shown],
        "y": [one["name"] for one in shown],
    }
    # From chance on: a bar that begins at nothing would make chance look like half of all that can be known.
    least = 0.5 if shown[0]["alone"]["measure"] == "auc" else 0.0
    layout = {"xaxis": {"title": {"text": str(measure)}, "range": [least, 1.0]}, "yaxis": {"automargin": True}}
    best = shown[-1]
    said = _("“%(name)s” foretells the label best by itself: %(measure)s %(value)s.") % {
        "name": best["name"],
        "measure": measure,
        "value": number(best["alone"]["value"]),
    }
    return {"data": [trace], "layout": layout, "said": said}


def _below(share: float) -> str:
    """The name of a quantile, short enough for three of them above a narrow chart."""
    return _("%(share)s below") % {"share": percent(share, 0)}


def _said(pieces: Sequence[Piece]) -> str:
    if not pieces:
        return _("You see the event time masked, so nothing is shown along it.")
    told = [(piece.rows, piece.missing) for piece in pieces if piece.missing is not None]
    if not told:
        return _("You see its values masked; how many of them are missing in a piece of time is not told here.")
    rows = sum(count for count, _share in told)
    words = {"rows": number(rows), "missing": percent(sum(count * share for count, share in told) / rows)}
    if len(told) < len(pieces):
        # The others are told of nowhere: beside them the total would tell of few rows by subtraction.
        said = _(
            "%(rows)s rows; %(missing)s of the values are missing. You see them masked: where rows are few, or would be"
            " told of by the others, nothing is said."
        )
        return said % words
    if len(pieces) == 1:
        sentence = _("All %(rows)s rows are of one time, %(moment)s; %(missing)s of the values are missing.")
        return sentence % {**words, "moment": _when(pieces[0])}
    return _("%(rows)s rows; %(missing)s of the values are missing.") % words


def spread(found: Spread) -> dict[str, Any]:
    """How often which values come: bins of numbers, with the outermost hundredths apart; else the frequent ones."""
    rows = {"missing": number(found.missing), "rows": number(found.rows)}
    if found.masked and not (found.counts or found.frequent):
        return {"data": [], "layout": {}, "said": _("You see its values masked, so how they are spread is not shown.")}
    if found.counts:
        names = [f"{number(low)} – {number(high)}" for low, high in pairwise(found.edges)]
        x = [_("below"), *names, _("above")]
        y = [found.below, *found.counts, found.above]
        axes = {"xaxis": {"type": "category", "nticks": 8}, "yaxis": {"title": {"text": _("Rows")}}}
        said = _(
            "The middle 98 %% of the values, the lowest and the highest 1 %% in a bar each; %(missing)s of %(rows)s "
            "are missing."
        )
        trace = {"type": "bar", "name": _("Rows"), "x": x, "y": y}
        return {"data": [trace], "layout": {"bargap": 0.05, **axes}, "said": said % rows}
    values, counts = [value[:40] for value, _n in found.frequent][::-1], [n for _value, n in found.frequent][::-1]
    bars = {"type": "bar", "orientation": "h", "name": _("Rows"), "x": counts, "y": values}
    layout = {"yaxis": {"type": "category", "automargin": True}, "xaxis": {"title": {"text": _("Rows")}}}
    return {
        "data": [bars] if values else [],
        "layout": layout,
        "said": _("%(missing)s of %(rows)s are missing.") % rows,
    }


def drift(found: Drift | None, leads: Sequence[str]) -> dict[str, Any]:
    """How far each period is from what it is held against; each point leads to what lies behind it."""
    if found is None:
        return {"data": [], "layout": {}, "said": _("There is no event time that you see in clear to go along.")}
    if found.masked:
        return {"data": [], "layout": {}, "said": _("You see its values masked, so how far they moved is not shown.")}
    known = [one.index for one in found.periods if one.index is not None]
    if not known:
        return {"data": [], "layout": {}, "said": _("No period has rows enough to be held against another.")}
    trace = {
        "type": "scatter",
        "mode": "lines+markers",
        "name": _("Index"),
        "x": [_short(one.period.start) for one in found.periods],
        "y": [None if one.index is None else round(one.index, 4) for one in found.periods],
        "customdata": list(leads),
        "marker": {"size": 9},
        "line": {"width": 1},
    }
    top = max([*known, datasets.FAR]) * 1.1
    lines = [_threshold(datasets.STEADY), _threshold(datasets.FAR)]
    layout = {
        "xaxis": {"type": "date"},
        "yaxis": {"range": [0, top]},
        "shapes": lines,
        "showlegend": False,
        "hoverdistance": -1,
    }
    return {"data": [trace], "layout": layout, "said": _moved_in_words(found, known)}


def _short(moment: datetime) -> str:
    """The day alone where a period begins with one."""
    return moment.isoformat(sep=" ", timespec="minutes").removesuffix(" 00:00")


def _threshold(value: float) -> dict[str, Any]:
    line = {"color": "rgba(128, 128, 128, 0.8)", "width": 1, "dash": "dot"}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": value, "y1": value, "line": line}


def _moved_in_words(found: Drift, known: Sequence[float]) -> str:
    far = sum(index >= datasets.FAR for index in known)
    words = {"far": number(far), "compared": number(len(known))}
    reference = found.reference
    if reference is None:
        said = _("Far from the one before: %(far)s of %(compared)s periods. The lines stand at 0.1 and 0.25.")
        return said % words
    said = _("Far from %(against)s: %(far)s of %(compared)s periods. The lines stand at 0.1 and 0.25.")
    return said % {**words, "against": reference.label}


def then_and_now(found: Slice | None) -> dict[str, Any]:
    """Shares of the rows by bin, of a period and of the one that it is held against."""
    if found is None or not found.bins or found.moved.against is None:
        return {"data": [], "layout": {}, "said": _("There are not two distributions to show.")}
    labels = [one.label[:40] for one in found.bins]
    sums = [sum(one.then for one in found.bins) or 1, sum(one.now for one in found.bins) or 1]
    then = {"name": capfirst(found.moved.against.label), "y": [one.then / sums[0] for one in found.bins]}
    now = {"name": capfirst(found.moved.period.label), "y": [one.now / sums[1] for one in found.bins]}
    layout = {
        "barmode": "group",
        "bargap": 0.15,
        # Tenths and what is missing are each named; of frequent values every second one, where there are as many.
        "xaxis": {"type": "category", "nticks": 12},
        "yaxis": {"title": {"text": _("Share of the rows")}, "tickformat": ".0%"},
    }
    told = [then] if found.moved.is_reference else [then, now]
    said = _("Bins of %(against)s; what is missing stands apart.") % {"against": found.moved.against.label}
    return {"data": [{"type": "bar", "x": labels, **one} for one in told], "layout": layout, "said": said}
