"""What the gateway counts now, as Plotly takes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from apps.deployments.ports import LiveStats
from foundation.web.templatetags.sanad_format import number

_SECONDS = 120


def live_chart(stats: LiveStats | None) -> dict[str, Any]:
    """Requests of each second of the last two minutes; the present second is still filling and is left out."""
    if stats is None:
        return {"data": [], "layout": {}, "said": _("The gateway does not answer, so nothing is known of now.")}
    counted = {second: (requests, errors) for second, requests, errors in stats.per_second}
    newest = int(stats.at)
    seconds = range(newest - _SECONDS, newest)
    if not any(second in counted for second in seconds):
        return {"data": [], "layout": {}, "said": _("Nobody has asked in the last two minutes.")}
    moments = [(datetime.fromtimestamp(0, UTC) + timedelta(seconds=second)).isoformat() for second in seconds]
    answered = [counted.get(second, (0, 0))[0] for second in seconds]
    failed = [counted.get(second, (0, 0))[1] for second in seconds]
    data = [{"type": "scatter", "mode": "lines", "name": _("Requests"), "x": moments, "y": answered, "fill": "tozeroy"}]
    if any(failed):
        data.append({"type": "scatter", "mode": "lines", "name": _("Errors"), "x": moments, "y": failed})
    said = _("%(rate)s requests a second over the last ten seconds; %(sum)s in two minutes.") % {
        "rate": number(stats.rate(), 1),
        "sum": number(sum(answered)),
    }
    layout = {"yaxis": {"title": {"text": _("Requests a second")}, "rangemode": "tozero"}, "xaxis": {"type": "date"}}
    return {"data": data, "layout": layout, "said": said}
