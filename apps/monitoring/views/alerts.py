from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from apps.monitoring import policies, selectors, services
from apps.monitoring.forms import NoteForm, NoteOfManyForm
from apps.monitoring.views import presentation
from apps.registry import selectors as registry
from foundation import access
from foundation.access import Permission
from foundation.clock import now
from foundation.errors import Invalid
from foundation.web import redirect, render_page
from foundation.web.chain import chain_of
from foundation.web.requests import PortalRequest, in_project


@access.page(Permission.MONITOR_VIEW)
@require_GET
def alert_detail(request: PortalRequest, tenant: str, project: str, alert_id: UUID) -> HttpResponse:
    actor = request.actor
    alert = _alert(request, alert_id)
    context: dict[str, Any] = {
        "alert": alert,
        "monitor": alert.monitor,
        "sentence": selectors.cause(alert.feature, alert.window, alert.figures),
        "name": selectors.name_of(alert.feature),
        "month": selectors.month(alert.window),
        "chart_url": _chart_url(request, alert),
        "version": registry.get_model_version(actor=actor, version_id=alert.model_version_id),
        "chain": chain_of(actor, "monitor", alert.monitor_id),
        "note_form": NoteForm(),
        "may_acknowledge": access.ask(policies.check_can_acknowledge, actor, alert),
        "may_resolve": access.ask(policies.check_can_resolve, actor, alert),
        "history": presentation.history(actor, ("alert", alert.pk)),
    }
    context["rank"] = presentation.rank_of(context["version"], alert.feature)
    return render_page(request, "monitoring/alert_detail.html", **context)


@access.page(Permission.MONITOR_CHANGE)
@require_POST
def alert_acknowledge(request: PortalRequest, tenant: str, project: str, alert_id: UUID) -> HttpResponse:
    alert, form = _alert(request, alert_id), NoteForm(request.POST)
    note = form.cleaned_data["note"] if form.is_valid() else ""
    services.acknowledge_alert(actor=request.actor, alert=alert, note=note, now=now())
    messages.success(request, _("Acknowledged; it no longer waits."))
    return _back(request, alert_id)


@access.page(Permission.MONITOR_CHANGE)
@require_POST
def alerts_acknowledge(request: PortalRequest, tenant: str, project: str, monitor_id: UUID) -> HttpResponse:
    """All that are open, of the month that was chosen or of all."""
    monitor = in_project(request, selectors.get_monitor(actor=request.actor, monitor_id=monitor_id))
    form = NoteOfManyForm(request.POST)
    if not form.is_valid():
        raise Invalid(_("That is no month; choose one in the list of alerts."))
    said = {"window": form.cleaned_data["month"], "note": form.cleaned_data["note"]}
    count = services.acknowledge_alerts(actor=request.actor, monitor=monitor, now=now(), **said)
    told = ngettext("%(count)d alert acknowledged.", "%(count)d alerts acknowledged.", count)
    messages.success(request, told % {"count": count})
    return redirect(request, reverse("monitoring:monitor_detail", args=[tenant, project, monitor_id]) + "?tab=alerts")


@access.page(Permission.MONITOR_CHANGE)
@require_POST
def alert_resolve(request: PortalRequest, tenant: str, project: str, alert_id: UUID) -> HttpResponse:
    alert = _alert(request, alert_id)
    services.resolve_alert(actor=request.actor, alert=alert)
    messages.success(request, _("Resolved. The same cause raises no second alert."))
    return _back(request, alert_id)


def _alert(request: PortalRequest, alert_id: UUID) -> Any:
    return in_project(request, selectors.get_alert(actor=request.actor, alert_id=alert_id))


def _back(request: PortalRequest, alert_id: UUID) -> HttpResponse:
    place = [request.tenant.slug, request.project.slug, alert_id]
    return redirect(request, reverse("monitoring:alert_detail", args=place))


def _chart_url(request: PortalRequest, alert: Any) -> str:
    place = [request.tenant.slug, request.project.slug, alert.monitor_id]
    asked = {"feature": alert.feature, "window": f"{alert.window:%Y-%m}", "version": alert.model_version_id}
    return f"{reverse('monitoring:distribution_chart', args=place)}?{urlencode(asked)}"
