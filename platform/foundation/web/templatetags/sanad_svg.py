"""Small drawings inside text: sparkline and histogram as inline SVG, without script or style attributes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from foundation.web.templatetags.sanad_format import number

register = template.Library()


def _finite(values: Sequence[Any] | None) -> list[float | None]:
    return [float(value) if isinstance(value, int | float) and math.isfinite(value) else None for value in values or []]


@register.simple_tag
def sparkline(values: Sequence[Any], label: str = "", width: int = 96, height: int = 24) -> SafeString:
    """A line of the values in order; gaps where a value is missing. `label` is read aloud."""
    points = _finite(values)
    known = [value for value in points if value is not None]
    if len(known) < 2:
        return format_html('<span class="s-faint">{}</span>', "–" if not known else number(known[0]))
    low, high = min(known), max(known)
    span, step = (high - low) or 1.0, width / (len(points) - 1)
    spots = [
        (round(index * step, 1), round(height - 2 - (value - low) / span * (height - 4), 1))
        for index, value in enumerate(points)
        if value is not None
    ]
    line = "M" + "L".join(f"{x} {y}" for x, y in spots)
    area = f"{line}L{spots[-1][0]} {height}L{spots[0][0]} {height}Z"
    return format_html(
        '<svg class="s-spark" width="{w}" height="{h}" viewBox="0 0 {w} {h}" role="img" aria-label="{label}">'
        '<path class="s-spark-area" d="{area}"/><path class="s-spark-line" d="{line}"/>'
        '<circle class="s-spark-dot" cx="{x}" cy="{y}" r="2"/></svg>',
        w=width,
        h=height,
        label=label or " → ".join((number(known[0]), number(known[-1]))),
        area=area,
        line=line,
        x=spots[-1][0],
        y=spots[-1][1],
    )


@register.simple_tag
def mini_histogram(
    histogram: dict[str, Any] | None,
    then: dict[str, Any] | None = None,
    label: str = "",
    width: int = 120,
    height: int = 32,
) -> SafeString:
    """Bars of {edges, counts} (numbers) or {categories, counts}; `then`, of equal edges, is drawn behind them."""
    counts = [value or 0.0 for value in _finite((histogram or {}).get("counts"))]
    if not counts or max(counts) <= 0:
        return format_html('<span class="s-faint">–</span>')
    names = _bar_names(histogram or {}, len(counts))
    behind = [value or 0.0 for value in _finite((then or {}).get("counts"))]
    parts = [_bars(behind, [""] * len(behind), width, height, "s-hist-then")] if behind else []
    parts.append(_bars(counts, names, width, height, "s-hist-now"))
    return format_html(
        '<svg class="s-spark s-hist" width="{}" height="{}" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>',
        width,
        height,
        width,
        height,
        label or f"{names[0]} … {names[-1]}",
        format_html_join("", "{}", ((part,) for part in parts)),
    )


def _bar_names(histogram: dict[str, Any], count: int) -> list[str]:
    if categories := histogram.get("categories"):
        return [str(name) for name in categories][:count]
    edges = histogram.get("edges") or []
    if len(edges) != count + 1:
        return [""] * count
    return [f"{_edge(a)} – {_edge(b)}" for a, b in pairwise(edges)]


def _edge(value: Any) -> str:
    return number(value) if isinstance(value, int | float) else str(value)


def _bars(counts: list[float], names: list[str], width: int, height: int, style: str) -> SafeString:
    top, step = max(counts) or 1.0, width / len(counts)
    gap = 1 if step > 3 else 0
    rows = (
        (
            round(i * step, 2),
            round(height - max(c / top * height, 1 if c else 0), 2),
            round(step - gap, 2),
            round(max(c / top * height, 1 if c else 0), 2),
            f"{names[i]}: {number(int(c))}".strip(": "),
        )
        for i, c in enumerate(counts)
    )
    bars = format_html_join("", '<rect x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>', rows)
    return format_html('<g class="{}">{}</g>', style, bars)
