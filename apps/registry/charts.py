"""Charts of a model version, as Plotly takes them: what it leans on, and whether its probabilities hold."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from apps.experiments.choices import metric_label
from foundation.web.templatetags.sanad_format import number, percent

_MOST_FEATURES = 15


def importance_chart(importance: dict[str, Any]) -> dict[str, Any]:
    """How much the deciding metric suffers when one feature's values are shuffled among the test rows."""
    shown = importance.get("features", [])[:_MOST_FEATURES]
    if not shown:
        return {"data": [], "layout": {}, "said": _("The trainer recorded no importance of features.")}
    metric = metric_label(importance["metric"])
    bars = {
        "type": "bar",
        "orientation": "h",
        "name": _("Loss when shuffled"),
        "x": [entry["importance"] for entry in shown][::-1],
        "y": [entry["name"] for entry in shown][::-1],
        "error_x": {"type": "data", "array": [entry["std"] for entry in shown][::-1]},
    }
    said = _("Shuffling %(name)s costs most: %(loss)s of %(metric)s, measured on %(rows)s test rows.") % {
        "name": shown[0]["name"],
        "loss": number(shown[0]["importance"]),
        "metric": metric,
        "rows": number(importance["rows"]),
    }
    title = {"text": _("Loss of %(metric)s") % {"metric": metric}}
    layout = {"xaxis": {"title": title}, "yaxis": {"type": "category", "automargin": True}, "showlegend": False}
    return {"data": [bars], "layout": layout, "said": said}


def calibration_chart(calibration: dict[str, Any]) -> dict[str, Any]:
    """What was said against what happened, in parts of equal size of the test rows."""
    points = calibration.get("points", [])
    if not points:
        return {"data": [], "layout": {}, "said": _("The trainer recorded no calibration.")}
    said, seen = [p["mean_predicted"] for p in points], [p["observed"] for p in points]
    ends = [min(*said, *seen), max(*said, *seen)]
    data = [
        {"type": "scatter", "mode": "lines+markers", "name": _("Observed"), "x": said, "y": seen},
        {"type": "scatter", "mode": "lines", "name": _("Perfect"), "x": ends, "y": ends, "line": {"dash": "dot"}},
    ]
    layout = {"xaxis": {"title": {"text": _("Predicted")}}, "yaxis": {"title": {"text": _("Observed")}}}
    return {"data": data, "layout": layout, "said": _calibration_sentence(calibration, points)}


def _calibration_sentence(calibration: dict[str, Any], points: list[dict[str, Any]]) -> str:
    worst = max(points, key=lambda point: abs(point["mean_predicted"] - point["observed"]))
    if calibration.get("task") == "regression":
        shown = {"said": number(worst["mean_predicted"]), "seen": number(worst["observed"])}
        return _("Farthest off where it says %(said)s on average and %(seen)s was seen.") % shown
    shown = {"said": percent(worst["mean_predicted"]), "seen": percent(worst["observed"])}
    return _("Farthest off where it says %(said)s and %(seen)s was seen.") % shown
