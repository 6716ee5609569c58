"""Words and shapes of the monitor's pages: what moved, whether it matters, the heat map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from babel.dates import format_date
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.deployments import selectors as deployments
from apps.monitoring import selectors
from apps.monitoring.choices import AlertState, DriftLevel
from apps.registry import selectors as registry
from apps.tenants import selectors as tenants
from foundation.errors import NotFound
from foundation.identity import Actor
from foundation.web.history import history as history_of
from foundation.web.requests import PortalRequest
from foundation.web.templatetags.sanad_format import locale, number

_STEPS = {DriftLevel.STEADY: 0, DriftLevel.MOVED: 2, DriftLevel.DRIFTED: 3, DriftLevel.UNKNOWN: None}


@dataclass(frozen=True)
class Shown:
    """The cells of the one version that a page is about, and the others that there are."""

    version: Any | None
    cells: list[selectors.DriftCell]
    others: list[Any]


def shown_cells(actor: Actor, monitor: Any, asked: str) -> Shown:
    """The version that was asked for, else the one that serves, else the one that answered last."""
    cells = selectors.drift_cells(actor=actor, monitor=monitor)
    known = {cell.model_version_id: None for cell in sorted(cells, key=lambda cell: cell.window)}
    if not known:
        return Shown(None, [], [])
    wanted = [asked, str(_serving_version(actor, monitor)), *map(str, reversed(known))]
    chosen = next(UUID(pk) for pk in wanted if pk in set(map(str, known)))
    versions = {pk: registry.get_model_version(actor=actor, version_id=pk) for pk in known}
    others = sorted(versions.values(), key=lambda version: version.number)
    return Shown(versions[chosen], [c for c in cells if c.model_version_id == chosen], others)


def _serving_version(actor: Actor, monitor: Any) -> UUID | None:
    deployment = deployments.get_deployment(actor=actor, deployment_id=monitor.deployment_id)
    try:
        return UUID(str(deployments.version_to_show(deployment).pk))
    except NotFound:
        return None


def chosen_cell(shown: Shown, feature: str | None, window: str) -> selectors.DriftCell | None:
    """The cell that was asked for; without a word the one that moved most in the newest month."""
    if feature is not None:
        found = [c for c in shown.cells if c.feature == feature and (not window or f"{c.window:%Y-%m}" == window)]
        return max(found, key=lambda cell: cell.window, default=None)
    newest = max((cell.window for cell in shown.cells), default=None)
    return max((c for c in shown.cells if c.window == newest), key=lambda cell: cell.psi, default=None)


def importance(version: Any | None) -> list[str]:
    """Names of the features, those that the model leans on most first."""
    ranked = (
        [entry["name"] for entry in version.evaluation.get("importance", {}).get("features", [])] if version else []
    )
    names = [feature["name"] for feature in version.input_schema.get("features", [])] if version else []
    return [*ranked, *(name for name in names if name not in ranked)]


def heat_map(shown: Shown, here: str) -> dict[str, Any]:
    """Prediction first, then features by how much the model leans on them; a month a column."""
    months = sorted({cell.window for cell in shown.cells})
    known = {(cell.feature, cell.window): cell for cell in shown.cells}
    seen = {cell.feature for cell in shown.cells}
    names = [name for name in ("", *importance(shown.version)) if name in seen]
    return {
        "columns": [format_date(window, "LLL y", locale=locale()) for window in months],
        "rows": [
            {"label": selectors.name_of(name), "cells": [_heat(known.get((name, window)), here) for window in months]}
            for name in names
        ],
        "key": [
            {"step": 0, "label": _("steady")},
            {"step": 2, "label": _("moved")},
            {"step": 3, "label": _("drifted")},
            {"step": 4, "label": _("drifted far")},
        ],
    }


def _heat(cell: selectors.DriftCell | None, here: str) -> dict[str, Any]:
    if cell is None:
        return {"text": "", "step": None}
    far = cell.level == DriftLevel.DRIFTED and cell.psi >= 1
    said = _("%(cause)s. Index %(psi)s over %(rows)s rows, %(level)s.") % {
        "cause": selectors.cause(cell.feature, cell.window, cell.figures),
        "psi": number(round(cell.psi, 2), 2),
        "rows": number(cell.rows),
        "level": cell.level.label,
    }
    asked = urlencode({"feature": cell.feature, "window": f"{cell.window:%Y-%m}"})
    step = 4 if far else _STEPS[cell.level]
    return {"text": number(round(cell.psi, 2), 2), "step": step, "title": said, "url": f"{here}?{asked}#distribution"}


def standing(shown: Shown) -> dict[str, Any]:
    """What moved in the newest month that can be judged, and whether the predictions did too."""
    now = selectors.judged_last(shown.cells)
    ranks = {name: place for place, name in enumerate(importance(shown.version))}
    drifted = sorted(
        (c for c in now if c.feature and c.level == DriftLevel.DRIFTED), key=lambda c: ranks.get(c.feature, len(ranks))
    )
    prediction = next((cell for cell in now if not cell.feature), None)
    return {
        "month": selectors.month(now[0].window) if now else "",
        "names": ", ".join(cell.feature for cell in drifted[:3]),
        "more": max(len(drifted) - 3, 0),
        "drifted": len(drifted),
        "features": len([cell for cell in now if cell.feature]),
        "prediction": prediction.level.value if prediction else "",
        "seen": bool(shown.cells),
    }


def groups_at_work(request: PortalRequest, rows: Any) -> list[dict[str, Any]]:
    """Months with open alerts, each with where to look: the one alert, or the list of that month's."""
    place = [request.tenant.slug, request.project.slug]
    found = []
    for group in (selectors.AlertGroup(**row) for row in rows):
        asked = urlencode({"tab": "alerts", "state": AlertState.OPEN.value, "month": f"{group.window:%Y-%m}"})
        all_of_it = f"{reverse('monitoring:monitor_detail', args=[*place, group.monitor_id])}?{asked}"
        one = reverse("monitoring:alert_detail", args=[*place, group.alone]) if group.alone else ""
        found.append({"group": group, "url": one or all_of_it})
    return found


def alert_rows(alerts: Any) -> list[dict[str, Any]]:
    return [
        {"alert": alert, "sentence": selectors.cause(alert.feature, alert.window, alert.figures)} for alert in alerts
    ]


def tabs(here: str, chosen: str, open_alerts: int) -> list[dict[str, Any]]:
    labels = {"drift": _("Drift"), "alerts": _("Alerts"), "settings": _("Thresholds"), "activity": _("Activity")}
    return [
        {
            "label": label,
            "url": f"{here}?tab={key}",
            "current": key == chosen,
            "count": open_alerts if key == "alerts" and open_alerts else None,
        }
        for key, label in labels.items()
    ]


def history(actor: Actor, *subjects: tuple[str, UUID]) -> list[dict[str, Any]]:
    return history_of(actor, *subjects, names=tenants.names_of)


def rank_of(version: Any, feature: str) -> int | None:
    """The place of a feature among those that the model leans on, from 1; None for the prediction."""
    ranked = importance(version)
    return ranked.index(feature) + 1 if feature in ranked else None


def cell_title(cell: selectors.DriftCell | None) -> str:
    if cell is None:
        return _("Then and now")
    said = {"name": selectors.name_of(cell.feature), "month": selectors.month(cell.window)}
    return _("%(name)s: %(month)s and training") % said
