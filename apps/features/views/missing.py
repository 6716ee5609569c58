"""Where values are missing, as a map: for the page of a training set and for its preview."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from foundation.web.templatetags.sanad_format import percent

Part = dict[str, Any]
# A share of missing values above each of these is one step darker.
_LEAST = 0.001
_STEPS = (0.0, 0.01, 0.1, 0.5)
_MOMENT = {"hour": "%d %b %H:00", "day": "%Y-%m-%d", "week": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y"}


def missing_shown(found: Part) -> Part:
    """What `features/partials/missing.html` takes, of a map as JSON (`selectors.MissingMap`)."""
    moments = [_shown(moment, found["unit"]) for moment in found["moments"]]
    rows = [
        {"label": name, "cells": [_cell(name, at, share) for at, share in zip(moments, shares, strict=True)]}
        for name, shares in found["columns"].items()
    ]
    limits = [_("none"), _("up to 1 %"), _("up to 10 %"), _("up to half"), _("more than half")]
    return {
        "moments": moments,
        "map": rows,
        # Of what is not told nobody knows, and of no rows there is nothing to say.
        "complete": bool(moments) and all(share == 0 for shares in found["columns"].values() for share in shares),
        "key": [{"step": step, "label": label} for step, label in enumerate(limits)],
    }


def _shown(moment: str | None, unit: str) -> str:
    if moment:
        return datetime.fromisoformat(moment).strftime(_MOMENT[unit])
    return _("No time") if unit else _("All rows")


def _cell(name: str, moment: str, share: float | None) -> Part:
    if share is None:
        return {"text": "", "step": None, "title": f"{name} · {moment}: {_('masked')}"}
    said = percent(share)
    # In words it is wider than a cell; they stand in the title.
    text = (said if share >= _LEAST / 2 else f"< {percent(_LEAST)}") if share else "0"
    return {"text": text, "step": sum(share > limit for limit in _STEPS), "title": f"{name} · {moment}: {said}"}
