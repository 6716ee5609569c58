"""What other rooms tell these pages: that somebody has opened the page of a thing."""

from __future__ import annotations

from django.http import HttpRequest

from apps.dashboards import services
from foundation.clock import now
from foundation.web import pages

# The page of a thing by its route's name: which kind, and which part of the address is its id.
_PAGES = {
    "datasets:dataset_detail": ("dataset", "dataset_id"),
    "datasets:version_detail": ("dataset_version", "version_id"),
    "features:view_detail": ("feature_view", "view_id"),
    "features:training_set_detail": ("training_set", "training_set_id"),
    "experiments:run_detail": ("run", "run_id"),
    "registry:model_detail": ("model", "model_id"),
    "registry:version_detail": ("model_version", "version_id"),
    "deployments:deployment_detail": ("deployment", "deployment_id"),
    "monitoring:monitor_detail": ("monitor", "monitor_id"),
    "approvals:case_detail": ("approval_case", "case_id"),
    "compliance:report_detail": ("report", "report_id"),
}


def register() -> None:
    pages.on_shown(note_visit)


def note_visit(request: HttpRequest) -> None:
    actor, match = getattr(request, "actor", None), request.resolver_match
    if actor is None or actor.user is None or match is None:
        return
    if match.view_name == "dashboards:overview":
        services.note_visit(actor=actor, kind="project", object_id=request.project.pk, now=now())  # type: ignore[attr-defined]
    elif match.view_name in _PAGES:
        kind, name = _PAGES[match.view_name]
        services.note_visit(actor=actor, kind=kind, object_id=match.kwargs[name], now=now())
