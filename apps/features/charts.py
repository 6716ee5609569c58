"""Charts of the feature store, as Plotly takes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.features.selectors import Piece
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
    x = [piece.moment.isoformat() for piece in pieces]
    if not any(piece.middle is not None for piece in pieces):
        counts = [round(piece.rows * (1 - piece.missing)) for piece in pieces]
        trace = {"type": "bar", "name": _("Values"), "x": x, "y": counts}
        return {
            "data": [trace] if x else [],
            "layout": {"yaxis": {"title": {"text": _("Values")}}},
            "said": _said(pieces),
        }
    lines = {"type": "scatter", "mode": "lines", "x": x}
    traces = [
        {**lines, "name": _("Lower quarter below"), "y": [p.low for p in pieces], "line": {"width": 1, "dash": "dot"}},
        {**lines, "name": _("Half below"), "y": [p.middle for p in pieces]},
        {**lines, "name": _("Upper quarter above"), "y": [p.high for p in pieces], "line": {"width": 1, "dash": "dot"}},
    ]
    return {"data": traces, "layout": {}, "said": _said(pieces)}


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


def _said(pieces: Sequence[Piece]) -> str:
    if not pieces:
        return _("You see the event time masked, so nothing is shown along it.")
    rows = sum(piece.rows for piece in pieces)
    missing = sum(piece.rows * piece.missing for piece in pieces) / rows if rows else 0.0
    return _("%(rows)s rows; %(missing)s of the values are missing.") % {
        "rows": number(rows),
        "missing": percent(missing),
    }
