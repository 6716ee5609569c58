from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from apps.datasets import selectors as datasets
from apps.features import forms, policies, selectors
from apps.features.views import snippets
from apps.features.views.feature_tables import FeatureTable
from apps.features.views.tables import TrainingSetFilter, TrainingSetTable, ViewFilter, ViewTable
from apps.features.views.things import address, client_lines
from foundation import access
from foundation.access import Permission
from foundation.web import render_page
from foundation.web.requests import PortalRequest
from foundation.web.tables import build_table


@access.page(Permission.FEATURE_VIEW)
@require_GET
def feature_list(request: PortalRequest, tenant: str, project: str) -> HttpResponse:
    actor, pk = request.actor, request.project.pk
    asked = request.GET.get("show", "")
    shown = asked if asked in {"views", "sets"} else "features"
    summary = selectors.summary(actor=actor, project_id=pk)
    context: dict[str, Any] = {
        "shown": shown,
        "summary": summary,
        "tabs": _tabs(request, shown, summary),
        "may_define": access.ask(policies.check_can_define, actor, request.project),
        "has_data": datasets.has_ready_versions(actor=actor, project_id=pk),
        "snippets": _snippets(request, shown),
        "topic": f"project:{pk}",
        "table": _table(request, shown),
    }
    return render_page(request, "features/feature_list.html", **context)


def _table(request: PortalRequest, shown: str) -> Any:
    actor, pk = request.actor, request.project.pk
    if shown == "features":
        rows = selectors.visible_features(actor=actor, project_id=pk)
        return build_table(request, FeatureTable, rows, filterset_class=forms.FeatureFilter)
    if shown == "sets":
        sets = selectors.visible_training_sets(actor=actor, project_id=pk)
        return build_table(request, TrainingSetTable, sets, filterset_class=TrainingSetFilter)
    views = selectors.visible_views(actor=actor, project_id=pk, newest_only=True)
    return build_table(request, ViewTable, views, filterset_class=ViewFilter)


def _tabs(request: PortalRequest, shown: str, summary: dict[str, int]) -> list[dict[str, Any]]:
    here = address(request, "feature_list")
    named = [
        ("features", _("Features"), here),
        ("views", _("Feature views"), f"{here}?show=views"),
        ("sets", _("Training sets"), f"{here}?show=sets"),
    ]
    return [
        {"label": label, "url": url, "current": shown == word, "count": summary[word]} for word, label, url in named
    ]


def _snippets(request: PortalRequest, shown: str) -> list[dict[str, str]]:
    return [{"name": "Python", "code": client_lines(request) + snippets.of_page(request, shown)}]
