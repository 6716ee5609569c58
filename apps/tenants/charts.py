"""Costs as Plotly takes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.tenants.choices import CURRENCY
from apps.tenants.selectors.usage import Month, Series
from foundation.web.templatetags.sanad_format import money

_MOST = 8


def cost_chart(found: Sequence[Series], month: Month) -> dict[str, Any]:
    """Costs of each day, one colour for each of the dearest; all others together, so that no bar is cut short."""
    spent = sum((sum(one.days.values(), Decimal(0)) for one in found), Decimal(0))
    if not found:
        return {"data": [], "layout": {}, "said": _("Nothing was used in this month.")}
    days = [month.first + timedelta(days=n) for n in range((month.next.first - month.first).days)]
    shown, rest = list(found[:_MOST]), found[_MOST:]
    if rest:
        shown.append(Series(_("All others"), {day: _sum_of(rest, day) for day in days}))
    data = [
        {"type": "bar", "name": one.name, "x": [day.isoformat() for day in days]}
        | {"y": [round(float(one.days.get(day, 0)), 4) for day in days]}
        for one in shown
    ]
    layout = {
        "barmode": "stack",
        "xaxis": {"type": "date", "tickformat": "%d %b"},
        "yaxis": {"title": {"text": CURRENCY}, "rangemode": "tozero"},
    }
    return {"data": data, "layout": layout, "said": _("%(spent)s in all.") % {"spent": money(spent)}}


def _sum_of(found: Sequence[Series], day: Any) -> Decimal:
    return sum((one.days.get(day, Decimal(0)) for one in found), Decimal(0))
