"""Traffic and distributions as Plotly takes them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise
from math import inf
from typing import Any

from django.utils.translation import gettext as _

from apps.monitoring.selectors import DriftCell, cause, month, name_of
from apps.monitoring.services.counting import LATENCY_EDGES_MS, percentile_ms
from foundation.web.templatetags.sanad_format import duration, number, percent

_LINE = {"type": "scatter", "mode": "lines"}
_MOST_BARS = 30


def requests_chart(rows: Iterable[Any]) -> dict[str, Any]:
    """Requests and errors of each minute, all revisions together."""
    minutes = _by_minute(rows)
    if not minutes:
        return {"data": [], "layout": {}, "said": _("Nobody has asked in the last hours.")}
    moments = [moment.isoformat() for moment in minutes]
    asked, failed = [sum(r.requests for r in found) for found in minutes.values()], _errors(minutes)
    data: list[dict[str, Any]] = [{**_LINE, "name": _("Requests"), "x": moments, "y": asked}]
    if sum(failed):
        data.append({**_LINE, "name": _("Errors"), "x": moments, "y": failed})
    said = _("%(asked)s requests, of which %(failed)s failed.") % {
        "asked": number(sum(asked)),
        "failed": number(sum(failed)),
    }
    layout = {"xaxis": {"type": "date"}, "yaxis": {"title": {"text": _("A minute")}, "rangemode": "tozero"}}
    return {"data": data, "layout": layout, "said": said}


def latency_chart(rows: Iterable[Any]) -> dict[str, Any]:
    """p50, p95 and p99 of each minute in milliseconds, read from the bins."""
    minutes = _by_minute(rows)
    if not minutes:
        return {"data": [], "layout": {}, "said": _("Nobody has asked in the last hours.")}
    summed = [[sum(bins) for bins in zip(*(r.latencies for r in found), strict=True)] for found in minutes.values()]
    moments = [moment.isoformat() for moment in minutes]
    data: list[dict[str, Any]] = []
    for name, share in {"p50": 0.5, "p95": 0.95, "p99": 0.99}.items():
        data += _percentile_traces(name, moments, [percentile_ms(bins, share) for bins in summed])
    whole = [sum(bins) for bins in zip(*summed, strict=True)]
    layout = {"xaxis": {"type": "date"}, "yaxis": {"title": {"text": _("Milliseconds")}, "type": "log"}}
    return {"data": data, "layout": layout, "said": _latency_sentence(percentile_ms(whole, 0.95))}


def _percentile_traces(name: str, moments: list[str], reached: list[float | None]) -> list[dict[str, Any]]:
    """A line where the value is known; marks on the last edge for minutes beyond it, by how much nobody counted."""
    known = [None if value == inf else value for value in reached]
    beyond = [moment for moment, value in zip(moments, reached, strict=True) if value == inf]
    line = {**_LINE, "name": name, "x": moments, "y": known}
    if not beyond:
        return [line]
    label = _("%(name)s: more than %(edge)s") % {"name": name, "edge": duration(LATENCY_EDGES_MS[-1] / 1000)}
    marks = {"mode": "markers", "marker": {"symbol": "triangle-up", "size": 9}}
    return [line, {"type": "scatter", **marks, "name": label, "x": beyond, "y": [LATENCY_EDGES_MS[-1]] * len(beyond)}]


def _latency_sentence(p95: float | None) -> str:
    if p95 == inf:
        return _("Of 100 answers, more than 5 took more than %(edge)s.") % {
            "edge": duration(LATENCY_EDGES_MS[-1] / 1000)
        }
    return _("95 of 100 answers took less than %(p95)s ms.") % {"p95": number(p95)}


def _by_minute(rows: Iterable[Any]) -> dict[datetime, list[Any]]:
    minutes: dict[datetime, list[Any]] = {}
    for row in rows:
        minutes.setdefault(row.minute, []).append(row)
    return minutes


def _errors(minutes: dict[datetime, list[Any]]) -> list[int]:
    return [sum(row.errors for row in found) for found in minutes.values()]


def distribution_chart(cell: DriftCell | None) -> dict[str, Any]:
    """Shares of the bins then (in training) and now (in the month)."""
    if cell is None:
        return {"data": [], "layout": {}, "said": _("No rows of this feature were seen yet.")}
    labels, then, now = _bars(cell)
    data = [
        {"type": "bar", "name": _("In training"), "x": labels, "y": then},
        {"type": "bar", "name": month(cell.window), "x": labels, "y": now},
    ]
    layout = {
        "barmode": "group",
        "bargap": 0.15,
        "xaxis": {"type": "category", "title": {"text": name_of(cell.feature)}, "nticks": 10},
        "yaxis": {"title": {"text": _("Share of the rows")}, "tickformat": ".0%"},
    }
    return {"data": data, "layout": layout, "said": cause(cell.feature, cell.window, cell.figures) + "."}


def _bars(cell: DriftCell) -> tuple[list[str], list[float], list[float]]:
    """Labels and shares; unknown and missing values only where there are any."""
    labels = [*_labels(cell.described), _("not known in training"), _("missing")]
    sums = sum(cell.expected) or 1, sum(cell.counts) or 1
    bars = [
        (label, then / sums[0], now / sums[1])
        for place, (label, then, now) in enumerate(zip(labels, cell.expected, cell.counts, strict=True))
        if then or now or place < len(labels) - 2
    ][-_MOST_BARS:]
    return [bar[0] for bar in bars], [bar[1] for bar in bars], [bar[2] for bar in bars]


def _labels(described: dict[str, Any]) -> list[str]:
    if "categories" in described:
        return [str(name) for name in described["categories"]]
    return [f"{number(low)} – {number(high)}" for low, high in pairwise(described.get("edges", []))]


def prediction_chart(cells: list[DriftCell]) -> dict[str, Any]:
    """What the model says on average, month by month, against the held-out rows."""
    known = [cell for cell in cells if not cell.feature and cell.figures.get("window_mean") is not None]
    if not known:
        return {"data": [], "layout": {}, "said": _("No predictions were seen yet.")}
    months = [cell.window.isoformat() for cell in known]
    then = known[0].figures["reference_mean"]
    is_share = known[0].described.get("kind") == "probability"
    said = _("%(now)s in %(month)s against %(then)s on held-out rows.") % {
        "now": _amount(known[-1].figures["window_mean"], is_share),
        "then": _amount(then, is_share),
        "month": month(known[-1].window),
    }
    data = [
        {
            **_LINE,
            "mode": "lines+markers",
            "name": _("Mean"),
            "x": months,
            "y": [c.figures["window_mean"] for c in known],
        },
        {**_LINE, "name": _("On held-out rows"), "x": months, "y": [then] * len(months), "line": {"dash": "dot"}},
    ]
    layout = {
        "xaxis": {"type": "date", "tickformat": "%b %Y", "dtick": "M1"},
        "yaxis": {"rangemode": "tozero", **({"tickformat": ".0%"} if is_share else {})},
    }
    return {"data": data, "layout": layout, "said": said}


def _amount(value: float, is_share: bool) -> str:
    return percent(value) if is_share else number(value)
