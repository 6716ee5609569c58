"""Charts of a dataset version, as Plotly takes them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from foundation.web.templatetags.sanad_format import number


def column_chart(column: dict[str, Any], row_count: int) -> dict[str, Any]:
    """How the values of one profiled column are spread: bins of numbers and times, else the most frequent values."""
    histogram = column.get("histogram") or {}
    counts = histogram.get("counts") or []
    if counts and len(counts) > 1:
        return _binned(column, histogram["edges"], counts, row_count)
    return _frequent(column, row_count)


def _binned(column: dict[str, Any], edges: list[Any], counts: list[int], row_count: int) -> dict[str, Any]:
    names = [f"{_edge(low)} – {_edge(high)}" for low, high in pairwise(edges)]
    middle = number(column["quantiles"]["0.5"]) if column["kind"] == "number" else str(column["quantiles"]["0.5"])[:10]
    said = _("Half of the values are below %(middle)s; %(missing)s of %(rows)s are missing.")
    return {
        "data": [{"type": "bar", "name": _("Rows"), "x": names, "y": counts}],
        "layout": {"bargap": 0.05, "xaxis": {"type": "category", "nticks": 8}, "yaxis": {"title": {"text": _("Rows")}}},
        "said": said % {"middle": middle, "missing": number(column["nulls"]), "rows": number(row_count)},
    }


def _frequent(column: dict[str, Any], row_count: int) -> dict[str, Any]:
    top = column.get("top") or []
    said = _("About %(distinct)s different values; %(missing)s of %(rows)s are missing.")
    counted = {
        "distinct": number(column.get("distinct")),
        "missing": number(column["nulls"]),
        "rows": number(row_count),
    }
    bars = {"type": "bar", "orientation": "h", "name": _("Rows")}
    values, counts = [str(t["value"])[:40] for t in top][::-1], [t["count"] for t in top][::-1]
    layout = {"yaxis": {"type": "category", "automargin": True}, "xaxis": {"title": {"text": _("Rows")}}}
    return {"data": [{**bars, "x": counts, "y": values}] if top else [], "layout": layout, "said": said % counted}


def _edge(value: Any) -> str:
    return number(value) if isinstance(value, int | float) else str(value)[:16].replace("T", " ")
