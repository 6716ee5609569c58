"""One version of a feature view."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from apps.datasets import selectors as datasets
from apps.datasets.choices import ColumnClass
from apps.features import charts, policies, selectors, services
from apps.features.choices import BuildState, ViewKind
from apps.features.views.binned import bin_part
from apps.features.views.declared import declared, following
from apps.features.views.online import online_part
from apps.features.views.skew import skew_part
from apps.features.views.things import activity, address, tabs, version_address, view_of
from apps.tenants.choices import BinKind
from foundation import access
from foundation.access import Permission
from foundation.errors import NotFound
from foundation.figures import whole
from foundation.web import render_page
from foundation.web.chain import chain_of, users_of
from foundation.web.jobs_pages import newest_job
from foundation.web.lake_tables import rows_table
from foundation.web.pages import unchanged
from foundation.web.requests import PortalRequest

Part = dict[str, Any]


@access.page(Permission.FEATURE_VIEW)
@require_GET
def view_detail(request: PortalRequest, tenant: str, project: str, view_id: UUID) -> HttpResponse:
    view = view_of(request, view_id)
    if nothing_new := unchanged(request, progress_of(view)):
        return nothing_new
    return shown(request, view, request.GET.get("tab", ""))


def shown(request: PortalRequest, view: Any, tab: str, *, status: int = 200, **more: Any) -> HttpResponse:
    """The page of a view with this tab; `more` takes the place of what the tab would have, such as a form."""
    context: Part = {
        "view": view,
        "destroyed": selectors.destroyed_in_words(view),
        **bin_part(request, BinKind.FEATURE_VIEW, view),
        "deprecated": selectors.deprecated_in_words(view),
        "may_remove": access.ask(policies.check_can_remove, request.actor, view),
        "progress": progress_of(view),
        "newest": selectors.versions_of_view(actor=request.actor, view=view).first(),
        "chain": chain_of(request.actor, "feature_view", view.pk),
        "topic": f"feature_view:{view.pk}",
        "may_define": access.ask(policies.check_can_define, request.actor, request.project),
        "follows": following(request, view),
        "warnings": services.warnings_of_view(view),
        **_tabbed(request, view, tab),
        **more,
    }
    return render_page(request, "features/view_detail.html", status=status, **context)


def progress_of(view: Any) -> str:
    """What has to change of the view for a page about it to be shown anew."""
    online = view.online_at.isoformat() if view.online_at and not view.follow else view.online_at is not None
    alerts = f"{view.stale_since is not None}-{view.skewed_since is not None}"
    return f"{view.state}-{online}-{alerts}-{view.follow.get('step', '')}"


def _tabbed(request: PortalRequest, view: Any, asked: str) -> Part:
    """The tabs that the view has in its state, and what the chosen one needs."""
    ready = view.state == BuildState.READY
    tab = asked if asked in _PARTS and (ready or asked in _ALWAYS) else ("features" if ready else "definition")
    return {
        "tab": tab,
        "tabs": _tabs(request, view, tab, ready),
        "job": newest_job(request, ("feature_view", view.pk)),
        **_PARTS[tab](request, view),
    }


@access.page(Permission.FEATURE_VIEW)
@require_GET
def feature_chart(request: PortalRequest, tenant: str, project: str, view_id: UUID) -> HttpResponse:
    view, asked = view_of(request, view_id), whole(request.GET.get("feature"))
    if asked is None or asked >= len(view.features):
        raise NotFound(_("There is no such feature in this view."))
    feature = view.feature_names[asked]
    return JsonResponse(charts.over_time(selectors.over_time(view, feature, actor=request.actor)))


def _tabs(request: PortalRequest, view: Any, tab: str, ready: bool) -> list[Part]:
    of_rows = [("features", _("Features"), len(view.features))] if ready else []
    rest = [("rows", _("Rows"), None), ("online", _("Online"), None), ("skew", _("Skew"), None)] if ready else []
    last = [("lineage", _("Lineage and use"), None), ("activity", _("Activity"), None)]
    named = [*of_rows, ("definition", _("Definition"), None), *rest, *last]
    return tabs(address(request, "view_detail", view.pk), tab, named)


def _features(request: PortalRequest, view: Any) -> Part:
    profiles = {column["name"]: column for column in selectors.profile_of_view(request.actor, view).get("columns", [])}
    rows = view.row_count or 0
    shown = [_feature(i, f, profiles.get(f["name"], {}), rows) for i, f in enumerate(view.features)]
    ids, classes = selectors.feature_ids(view), selectors.classes_of_view(view)
    for one in shown:
        said = classes[one["name"]]
        one["class"] = ColumnClass(said).label if said else ""
        one["url"] = address(request, "feature_detail", ids[one["name"]])
    asked = request.GET.get("feature", "")
    masked = len(set(selectors.masks_of_view(request.actor, view)) & set(view.feature_names))
    return {"features": shown, "masked": masked, "chosen": next((f for f in shown if str(f["index"]) == asked), None)}


def _feature(index: int, feature: Part, profile: Part, rows: int) -> Part:
    spread = profile.get("histogram") or {}
    if len(spread.get("counts") or []) < 2:
        top = profile.get("top") or []
        spread = {"categories": [t["value"] for t in top], "counts": [t["count"] for t in top]}
    quantiles = profile.get("quantiles") or {}
    middle = quantiles.get("0.5")
    return {
        "index": index,
        "name": feature["name"],
        "type": feature["type"].lower(),
        "missing": profile.get("nulls", 0),
        "unreal": feature.get("unreal", 0),
        "missing_share": profile.get("nulls", 0) / rows if rows else 0.0,
        "distinct": profile.get("distinct"),
        "middle": middle if isinstance(middle, int | float) else None,
        "mean": profile.get("mean") if isinstance(profile.get("mean"), int | float) else None,
        "histogram": spread,
    }


def _definition(request: PortalRequest, view: Any) -> Part:
    told = declared(request, view)
    return {
        "inputs": _inputs(request, view, told),
        "digest": selectors.digest_for(request.actor, view),
        "written": _written(request, view),
        "looked_at": services.looked_at_in_words(view.hindsight, view.timeless_inputs),
        **told,
    }


def _inputs(request: PortalRequest, view: Any, told: Part) -> list[Part]:
    """What the SQL reads; of a stream that it follows the stream, not the version that speaks for its columns."""
    if view.follows_stream:
        source = told["source"]
        return [{"term": alias, "value": source["label"], "url": source["url"]} for alias in view.inputs]
    seen = datasets.visible_versions(actor=request.actor).filter(pk__in=list(view.inputs.values()))
    named = {str(v.pk): str(v) for v in seen.select_related("dataset")}
    return [
        {"term": alias, "value": named.get(pk, pk), "url": version_address(request, pk) if pk in named else ""}
        for alias, pk in view.inputs.items()
    ]


def _written(request: PortalRequest, view: Any) -> str:
    """As a file holds it, which keeps windows in a section of their own."""
    if view.kind == ViewKind.WINDOWS:
        return services.text_of({"windows": {view.name: services.window_fields(request.actor, view)}})
    return services.text_of({"views": {view.name: services.view_fields(request.actor, view)}})


def _rows(request: PortalRequest, view: Any) -> Part:
    columns = view.profile["columns"]
    title = _("Rows of %(view)s") % {"view": view}
    masks = selectors.masks_of_view(request.actor, view)
    table = rows_table(request, selectors.view_table(view), columns, view.row_count or 0, title=title, masks=masks)
    return {"table": table}


def _lineage(request: PortalRequest, view: Any) -> Part:
    return {
        "users": users_of(request.actor, "feature_view", view.pk),
        "versions": selectors.versions_of_view(actor=request.actor, view=view),
        **_definition(request, view),
    }


def _activity(request: PortalRequest, view: Any) -> Part:
    return activity(request, "feature_view", view)


_ALWAYS = frozenset({"definition", "lineage", "activity"})
_PARTS: dict[str, Callable[[PortalRequest, Any], Part]] = {
    "features": _features,
    "definition": _definition,
    "rows": _rows,
    "online": online_part,
    "skew": skew_part,
    "lineage": _lineage,
    "activity": _activity,
}
