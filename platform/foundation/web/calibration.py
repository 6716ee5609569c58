"""Whether predictions hold, drawn alike wherever a run or a model version shows it: same colours, names and words."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _


def calibration_chart(document: dict[str, Any]) -> dict[str, Any]:
    """What was predicted against what happened; on the diagonal both are equal."""
    points = document["points"]
    said_values = [point["mean_predicted"] for point in points]
    happened = [point["observed"] for point in points]
    ends = [min([*said_values, *happened], default=0), max([*said_values, *happened], default=1)]
    return {
        "data": [
            {"type": "scatter", "mode": "lines", "name": _("Equal"), "x": ends, "y": ends, "line": {"dash": "dot"}},
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": _("Test rows"),
                "x": said_values,
                "y": happened,
                "customdata": [point["count"] for point in points],
            },
        ],
        "layout": {"xaxis": {"title": {"text": _("Predicted")}}, "yaxis": {"title": {"text": _("Happened")}}},
        "said": _said(points),
    }


def _said(points: list[dict[str, Any]]) -> str:
    total = sum(point["count"] for point in points)
    if not total:
        return ""
    apart = sum(abs(point["mean_predicted"] - point["observed"]) * point["count"] for point in points) / total
    return _("On average the prediction is %(apart)s away from what happened, over %(rows)s test rows.") % {
        "apart": f"{apart:.3g}",
        "rows": total,
    }
