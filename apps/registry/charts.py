"""Charts of a model version, as Plotly takes them: what it leans on, and whether its probabilities hold."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from apps.experiments.choices import metric_label
from foundation.web.calibration import calibration_chart as drawn
from foundation.web.templatetags.sanad_format import number

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
    if not calibration.get("points"):
        return {"data": [], "layout": {}, "said": _("The trainer recorded no calibration.")}
    return drawn(calibration)
