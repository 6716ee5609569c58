from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from apps.datasets import selectors as datasets
from apps.features import forms, policies, selectors
from apps.features.views import snippets
from apps.features.views.feature_tables import FeatureTable
from apps.features.views.history_table import HistoryFilter, HistoryTable
from apps.features.views.on_demand_table import OnDemandFilter, OnDemandTable
from apps.features.views.registry_tables import EntityFilter, EntityTable, ServiceFilter, ServiceTable
from apps.features.views.tables import TrainingSetFilter, TrainingSetTable, ViewFilter, ViewTable
from apps.features.views.things import address, client_lines
from foundation import access
from foundation.access import Permission
from foundation.web import render_page, saved_filters
from foundation.web.requests import PortalRequest
from foundation.web.tables import build_table

_SHOWN = frozenset({"features", "views", "entities", "on_demand", "services", "sets", "history"})
_MOST_SERVICES, _MOST_NAMED = 8, 3


@access.page(Permission.FEATURE_VIEW)
@require_GET
def feature_list(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    actor, pk = request.actor, request.project.pk
    asked = request.GET.get("show", "")
    shown = asked if asked in _SHOWN else "features"
    summary = selectors.summary(actor=actor, project_id=pk)
    has_data = datasets.has_ready_versions(actor=actor, project_id=pk)
    context: dict[str, Any] = {
        "shown": shown,
        "summary": summary,
        **_skewed(request),
        "tabs": _tabs(request, shown, summary),
        "may_define": access.ask(policies.check_can_define, actor, request.project),
        "has_data": has_data,
        "snippets": _snippets(request, _next_step(shown, summary) if has_data else "data"),
        "topic": f"project:{pk}",
        "table": _table(request, shown),
        "services_found": _services_found(request) if shown == "features" else [],
    }
    return render_page(request, "features/feature_list.html", **context)


def _skewed(request: PortalRequest) -> dict[str, Any]:
    """How many skewed views are in use, and the names of the first of them: an older version stands in no list."""
    found = selectors.skewed_in_use(actor=request.actor, project_id=request.project.pk)
    told = [(address(request, "view_detail", view.pk) + "?tab=skew", view) for view in found[:_MOST_NAMED]]
    names = format_html_join(", ", '<a href="{}"><bdi>{}</bdi></a>', told)
    more = "…" if len(found) > _MOST_NAMED else ""
    return {"skewed": len(found), "skewed_names": format_html("{}{}", names, more)}


def _services_found(request: PortalRequest) -> list[dict[str, Any]]:
    """Feature services that the words are found in: whoever looks for a feature may look for the set that has it."""
    words = request.GET.get("q", "").strip()
    if not words:
        return []
    found = selectors.services_matching(actor=request.actor, project_id=request.project.pk, words=words)
    return [
        {"service": one, "url": address(request, "service_detail", one.pk), "features": len(one.feature_names)}
        for one in found[:_MOST_SERVICES]
    ]


def _table(request: PortalRequest, shown: str) -> Any:
    actor, pk = request.actor, request.project.pk
    if shown == "entities":
        entities = selectors.entities_with_views(actor=actor, project_id=pk)
        return build_table(request, EntityTable, entities, filterset_class=EntityFilter)
    if shown == "services":
        services = selectors.visible_services(actor=actor, project_id=pk, newest_only=True)
        return build_table(request, ServiceTable, services, filterset_class=ServiceFilter)
    if shown == "features":
        rows = selectors.visible_features(actor=actor, project_id=pk)
        return build_table(request, FeatureTable, rows, filterset_class=forms.FeatureFilter)
    if shown == "sets":
        sets = selectors.listed_training_sets(actor=actor, project_id=pk)
        return build_table(request, TrainingSetTable, sets, filterset_class=TrainingSetFilter)
    if shown == "history":
        asked = selectors.visible_retrievals(actor=actor, project_id=pk)
        return build_table(request, HistoryTable, asked, filterset_class=HistoryFilter)
    if shown == "on_demand":
        on_demand = selectors.visible_on_demand_views(actor=actor, project_id=pk, newest_only=True)
        return build_table(request, OnDemandTable, on_demand, filterset_class=OnDemandFilter)
    views = selectors.visible_views(actor=actor, project_id=pk, newest_only=True)
    return build_table(request, ViewTable, views, filterset_class=ViewFilter)


def _tabs(request: PortalRequest, shown: str, summary: dict[str, int]) -> list[dict[str, Any]]:
    here = address(request, "feature_list")
    # Whoever has the list opened with a filter of another tab comes back to this one too.
    first = saved_filters.whole_address(request)
    named = {
        "features": _("Features"),
        "views": _("Feature views"),
        "entities": _("Entities"),
        "on_demand": _("On-demand features"),
        "services": _("Services"),
        "sets": _("Training sets"),
        "history": _("Features of the past"),
    }
    return [
        {
            "label": label,
            "url": first if key == "features" else f"{here}?show={key}",
            "current": shown == key,
            "count": summary["catalogued" if key == "features" else key],
        }
        for key, label in named.items()
    ]


def _next_step(shown: str, summary: dict[str, int]) -> str:
    """What an empty list offers to make: where a thing is made of views and none is there, a view."""
    if shown == "services":
        return shown if summary["views"] else "views"
    if shown == "history":
        return shown if summary["views"] or summary["on_demand"] else "views"
    return shown


def _snippets(request: PortalRequest, shown: str) -> list[dict[str, str]]:
    return [{"name": "Python", "code": client_lines(request) + snippets.of_page(request, shown)}]
