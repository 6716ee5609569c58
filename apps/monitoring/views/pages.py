from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.monitoring import policies, selectors, services
from apps.monitoring.choices import AlertState
from apps.monitoring.forms import NoteOfManyForm, ReplayForm, SpeedForm, ThresholdForm
from apps.monitoring.views import presentation
from apps.monitoring.views.tables import AlertFilter, AlertTable, MonitorTable
from foundation import access
from foundation.access import Permission
from foundation.web import redirect, render_page
from foundation.web.chain import chain_of
from foundation.web.refusals import refusals_on
from foundation.web.requests import PortalRequest, in_project
from foundation.web.tables import build_table

_TABS = ("drift", "alerts", "settings", "activity")


@access.page(Permission.MONITOR_VIEW)
@require_GET
def monitor_list(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    actor, project_id = request.actor, request.project.pk
    rows = selectors.visible_monitors(actor=actor, project_id=project_id)
    groups = presentation.groups_at_work(request, selectors.open_alert_groups(actor=actor, project_id=project_id))
    context: dict[str, Any] = {
        "table": build_table(request, MonitorTable, rows),
        "count": rows.count(),
        "groups": groups,
        "set_aside": selectors.set_aside(actor=actor),
        "topic": f"project:{project_id}",
    }
    return render_page(request, "monitoring/monitor_list.html", **context)


@access.page(Permission.MONITOR_VIEW)
@require_GET
def monitor_detail(request: PortalRequest, tenant: str, project: str, monitor_id: UUID) -> HttpResponse:
    monitor = monitor_of(request, monitor_id)
    chosen = request.GET.get("tab", "")
    return render_monitor(request, monitor, chosen if chosen in _TABS else _TABS[0])


@access.page(Permission.MONITOR_CHANGE)
@require_POST
def monitor_configure(request: PortalRequest, tenant: str, project: str, monitor_id: UUID) -> HttpResponse:
    monitor = monitor_of(request, monitor_id)
    form = ThresholdForm(request.POST)
    if form.is_valid():
        with refusals_on(form):
            services.configure_monitor(actor=request.actor, monitor=monitor, **form.cleaned_data)
            messages.success(request, _("The thresholds hold from now on, also for what was counted before."))
            return redirect(request, here(request, monitor_id) + "?tab=settings")
    return render_monitor(request, monitor, "settings", status=422, thresholds=form)


def monitor_of(request: PortalRequest, monitor_id: UUID) -> Any:
    return in_project(request, selectors.get_monitor(actor=request.actor, monitor_id=monitor_id))


def here(request: PortalRequest, monitor_id: UUID) -> str:
    return reverse("monitoring:monitor_detail", args=[request.tenant.slug, request.project.slug, monitor_id])


def render_monitor(request: PortalRequest, monitor: Any, tab: str, status: int = 200, **forms: Any) -> HttpResponse:
    """The page with one of its tabs; also after a form of it was refused."""
    actor = request.actor
    shown = presentation.shown_cells(actor, monitor, request.GET.get("version", ""))
    context: dict[str, Any] = {
        "monitor": monitor,
        "tab": tab,
        "tabs": presentation.tabs(here(request, monitor.pk), tab, monitor.open_alerts),
        "chain": chain_of(actor, "monitor", monitor.pk),
        "shown": shown,
        "standing": presentation.standing(shown),
        "may_change": access.ask(policies.check_can_configure, actor, monitor),
        "topic": f"deployment:{monitor.deployment_id}",
        **_of(request, monitor, shown, tab, forms),
    }
    return render_page(request, "monitoring/monitor_detail.html", status=status, **context)


def _of(request: PortalRequest, monitor: Any, shown: Any, tab: str, forms: dict[str, Any]) -> dict[str, Any]:
    """What the tab needs, and nothing of the others."""
    actor = request.actor
    alerts = selectors.visible_alerts(actor=actor).filter(monitor=monitor)
    if tab == "alerts":
        return {
            "table": build_table(request, AlertTable, alerts, filterset_class=AlertFilter),
            "note_form": NoteOfManyForm(initial={"month": request.GET.get("month", "")}),
            "open": _open(alerts, request.GET.get("month", "")),
        }
    if tab == "settings":
        kept = {name: getattr(monitor, name) for name in ("moved_at", "drifted_at", "fewest_rows", "fewest_days")}
        return {"thresholds": forms.get("thresholds") or ThresholdForm(initial=kept)}
    if tab == "activity":
        subjects = [("alert", alert.pk) for alert in alerts[:30]]
        watched = ("monitor", monitor.pk), ("deployment", monitor.deployment_id)
        return {"history": presentation.history(actor, *watched, *subjects)}
    cell = presentation.chosen_cell(shown, request.GET.get("feature"), request.GET.get("window", ""))
    return {
        "heat": presentation.heat_map(shown, here(request, monitor.pk)),
        "charts": _charts(request, monitor, shown, cell),
        "alerts": presentation.alert_rows(alerts.filter(state=AlertState.OPEN)[:5]),
        **_replay(request, monitor, forms),
    }


def _open(alerts: Any, month: str) -> int:
    """How many the button acknowledges: those of the month that the list is filtered by, else all."""
    rows = alerts.filter(state=AlertState.OPEN)
    return sum(1 for window in rows.values_list("window", flat=True) if month in {"", f"{window:%Y-%m}"})


def _charts(request: PortalRequest, monitor: Any, shown: Any, cell: Any) -> dict[str, str]:
    """Addresses of the charts; they name what was chosen, so that the page shows the same to everybody."""
    place = [request.tenant.slug, request.project.slug, monitor.pk]
    version = {"version": shown.version.pk} if shown.version else {}
    asked = {"feature": cell.feature, "window": f"{cell.window:%Y-%m}", **version} if cell else {}
    return {
        "distribution": f"{reverse('monitoring:distribution_chart', args=place)}?{urlencode(asked)}",
        "predictions": f"{reverse('monitoring:prediction_chart', args=place)}?{urlencode(version)}",
        "title": presentation.cell_title(cell),
    }


def _replay(request: PortalRequest, monitor: Any, forms: dict[str, Any]) -> dict[str, Any]:
    actor = request.actor
    replay = selectors.replay_of(actor=actor, deployment_id=monitor.deployment_id)
    sets = selectors.sets_to_replay(actor=actor, project_id=monitor.project_id)
    choices = [(str(one.pk), str(one)) for one in sets[:200]]
    return {
        "replay": replay,
        "speed_form": forms.get("speed") or (SpeedForm(initial={"per_second": replay.per_second}) if replay else None),
        "replay_form": forms.get("replay") or ReplayForm(sets=choices, auto_id="replay_%s"),
        "may_replay": access.ask(policies.check_can_replay, actor, monitor.deployment),
    }
