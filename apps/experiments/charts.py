"""Charts of runs as Plotly's JSON; the page dresses them in its theme."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from apps.experiments.choices import metric_label
from foundation.web.calibration import calibration_chart as calibration

__all__ = ["calibration", "curves", "importance"]
MOST_POINTS = 800
MOST_FEATURES = 25
Chart = dict[str, Any]


def curves(histories: dict[str, list[dict[str, Any]]]) -> Chart:
    """Each metric over the steps of learning; long ones are drawn by every so many-th point, and that is said."""
    traces, longest = [], 0
    for name, points in sorted(histories.items()):
        longest = max(longest, len(points))
        kept = _every(points)
        traces.append(
            {
                "type": "scatter",
                "mode": "lines" if len(kept) > 1 else "markers",
                "name": _curve_name(name),
                "x": [point["step"] for point in kept],
                "y": [point["value"] for point in kept],
            }
        )
    layout = {"xaxis": {"title": {"text": _("Step")}}, "yaxis": {"title": {"text": _("Loss")}}}
    return {"data": traces, "layout": layout, "said": _curves_said(histories, longest)}


def _curve_name(name: str) -> str:
    known = {"train_loss": _("Training loss"), "validation_loss": _("Validation loss")}
    return known.get(name, name)


def _every(points: list[dict[str, Any]]) -> list[dict[str, Any]]:
    every = -(-len(points) // MOST_POINTS) or 1
    return points[::every] + (points[-1:] if points and (len(points) - 1) % every else [])


def _curves_said(histories: dict[str, list[dict[str, Any]]], longest: int) -> str:
    validation = histories.get("validation_loss") or []
    if not validation:
        return "" if longest else _("No step of learning was logged so far.")
    best = min(validation, key=lambda point: point["value"])
    said = _("The validation loss is lowest at step %(step)s: %(value)s.") % {
        "step": best["step"],
        "value": f"{best['value']:.4g}",
    }
    if longest <= MOST_POINTS:
        return said
    return said + " " + _("Of %(count)s steps, about %(shown)s are drawn.") % {"count": longest, "shown": MOST_POINTS}


def importance(document: dict[str, Any]) -> Chart:
    """How much the main metric suffers when a feature's values are shuffled."""
    features = document["features"][:MOST_FEATURES][::-1]
    trace = {
        "type": "bar",
        "orientation": "h",
        "x": [feature["importance"] for feature in features],
        "y": [feature["name"] for feature in features],
        "error_x": {"type": "data", "array": [feature["std"] for feature in features]},
    }
    layout = {
        "xaxis": {
            "title": {"text": _("Loss of %(metric)s when shuffled") % {"metric": metric_label(document["metric"])}}
        },
        "yaxis": {"automargin": True, "dtick": 1},
        "showlegend": False,
    }
    return {"data": [trace], "layout": layout, "said": _importance_said(document)}


def _importance_said(document: dict[str, Any]) -> str:
    if not document["features"]:
        return ""
    said = _("“%(name)s” matters most. Measured on %(rows)s test rows, each feature shuffled %(repeats)s times.") % {
        "name": document["features"][0]["name"],
        "rows": document["rows"],
        "repeats": document["repeats"],
    }
    hidden = len(document["features"]) - MOST_FEATURES
    return said if hidden <= 0 else said + " " + _("%(count)s less important ones are not drawn.") % {"count": hidden}
