"""Charts of the feature store, as Plotly takes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.features.selectors import Piece
from foundation.web.templatetags.sanad_format import number, percent


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


def _said(pieces: Sequence[Piece]) -> str:
    if not pieces:
        return _("You see the event time masked, so nothing is shown along it.")
    rows = sum(piece.rows for piece in pieces)
    missing = sum(piece.rows * piece.missing for piece in pieces) / rows if rows else 0.0
    return _("%(rows)s rows; %(missing)s of the values are missing.") % {
        "rows": number(rows),
        "missing": percent(missing),
    }
