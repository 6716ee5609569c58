"""One feature: its values now and before, what uses it, where it comes from, what it costs, what is like it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from apps.datasets import selectors as datasets
from apps.datasets.choices import ColumnClass
from apps.features import charts, forms, policies, selectors, services
from apps.features.choices import BuildState, FeatureKind
from apps.features.selectors import likeness
from apps.features.views import derived_features, drifting, feature_snippets
from apps.features.views.feature_views import progress_of
from apps.features.views.presentation import alike_in_words
from apps.features.views.things import activity, address, feature_of, tabs, version_address
from foundation import access
from foundation.access import Permission
from foundation.clock import now
from foundation.web import redirect, render_page
from foundation.web.chain import chain_of
from foundation.web.editing import alone
from foundation.web.pages import offer_undo, unchanged
from foundation.web.requests import PortalRequest

Part = dict[str, Any]


@access.page(Permission.FEATURE_VIEW)
@require_GET
def feature_detail(request: PortalRequest, tenant: str, project: str, feature_id: UUID) -> HttpResponse:
    feature = feature_of(request, feature_id)
    if feature.on_demand is not None:
        return derived_features.page(request, feature)
    progress = progress_of(feature.view)
    if nothing_new := unchanged(request, progress):
        return nothing_new
    asked = request.GET.get("tab", "")
    tab = asked if asked in _PARTS else "values"
    column = selectors.column_of(request.actor, feature)
    context: Part = {
        "feature": feature,
        "view": feature.view,
        "column": column,
        "kind": FeatureKind(feature.kind).label,
        "progress": progress,
        "topic": f"feature_view:{feature.view_id}",
        "ready": feature.view.state == BuildState.READY,
        "expired": selectors.is_expired(feature, now()),
        "owner": selectors.owner_of(feature.view),
        "chain": chain_of(request.actor, "feature_view", feature.view_id),
        "may_define": access.ask(policies.check_can_define, request.actor, request.project),
        "tab": tab,
        "tabs": tabs(address(request, "feature_detail", feature.pk), tab, _names()),
        **_PARTS[tab](request, feature, column),
    }
    return render_page(request, "features/feature_detail.html", **context)


@access.page(Permission.FEATURE_VIEW)
@require_GET
def feature_spread(request: PortalRequest, tenant: str, project: str, feature_id: UUID) -> HttpResponse:
    feature = feature_of(request, feature_id)
    return JsonResponse(charts.spread(selectors.spread(request.actor, feature)))


@access.page(Permission.FEATURE_VIEW)
@require_GET
def feature_time(request: PortalRequest, tenant: str, project: str, feature_id: UUID) -> HttpResponse:
    feature = feature_of(request, feature_id)
    if feature.view is None:
        return JsonResponse(charts.over_time(selectors.learned_over_time(feature, actor=request.actor)))
    return JsonResponse(charts.over_time(selectors.over_time(feature.view, feature.name, actor=request.actor)))


@access.page(Permission.FEATURE_DEFINE)
def feature_describe(request: PortalRequest, tenant: str, project: str, feature_id: UUID) -> HttpResponse:
    alone(request)
    feature = feature_of(request, feature_id)
    before = {"description": feature.description}
    form = forms.FeatureForm(request.POST or None, initial=before)
    if request.method == "POST" and form.is_valid():
        after = services.describe_feature(actor=request.actor, feature=feature, **form.cleaned_data).description
        said = _("The description of %(name)s is saved.") % {"name": feature.name}
        if after == before["description"]:
            messages.success(request, said)
        else:
            again = forms.FeatureForm.begun_with({"description": after})
            offer_undo(request, said, request.path, **before, **again)
        return redirect(request, address(request, "feature_detail", feature.pk))
    status = 422 if form.errors else 200
    return render_page(request, "features/feature_describe.html", status=status, form=form, feature=feature)


def _names() -> list[tuple[str, Any, Any]]:
    return [
        ("values", _("Values"), None),
        ("versions", _("Versions and drift"), None),
        ("use", _("Use and cost"), None),
        ("lineage", _("Where it comes from"), None),
        ("similar", _("Similar features"), None),
        ("programs", _("In programs"), None),
        ("activity", _("Activity"), None),
    ]


def _values(request: PortalRequest, feature: Any, column: Part) -> Part:
    told = [
        (_("Standard deviation"), column.get("std")),
        (_("Smallest"), column.get("min")),
        (_("Largest"), column.get("max")),
    ]
    quantiles = column.get("quantiles") or {}
    told += [(_("Half below"), quantiles.get("0.5")), (_("A quarter below"), quantiles.get("0.25"))]
    told += [(_("Three quarters below"), quantiles.get("0.75"))]
    figures = [(term, value) for term, value in told if value is not None]
    unreal = next((one.get("unreal", 0) for one in feature.view.features if one["name"] == feature.name), 0)
    skew = selectors.skew_of_feature(actor=request.actor, feature=feature)
    return {"figures": figures, "unreal": unreal, "skew": skew}


def _versions(request: PortalRequest, feature: Any, column: Part) -> Part:
    return {
        "editions": selectors.editions(actor=request.actor, feature=feature, view=feature.view),
        **drifting.drift_part(request, feature),
    }


def _use(request: PortalRequest, feature: Any, column: Part) -> Part:
    return {
        "users": selectors.users_of_feature(actor=request.actor, feature=feature),
        "cost": selectors.cost_of(actor=request.actor, feature=feature, view=feature.view),
    }


def _lineage(request: PortalRequest, feature: Any, column: Part) -> Part:
    view = feature.view
    told = next((one.get("from") for one in view.features if one["name"] == feature.name), None)
    keys = [{"name": key, "from": _columns(request, view, view.named_by.get(key))} for key in _keys(view)]
    return {"told": told is not None, "sources": _columns(request, view, told), "keys": keys}


def _keys(view: Any) -> list[str]:
    return [name for name in (*view.entity.join_keys, view.event_time, view.created_column) if name]


def _columns(request: PortalRequest, view: Any, told: Iterable[tuple[str, str]] | None) -> list[Part]:
    """Columns of dataset versions with their classes; of a version that is not to be seen the alias alone."""
    ids = set(view.inputs.values())
    seen = {str(v.pk): v for v in datasets.visible_versions(actor=request.actor).filter(pk__in=ids)}
    found = []
    for alias, column in told or ():
        version = seen.get(view.inputs.get(alias, ""))
        described: Part = next((c for c in version.schema if c["name"] == column), {}) if version else {}
        found.append(
            {
                "version": version or alias,
                "url": version_address(request, version.pk) if version else "",
                "column": column,
                "type": described.get("type", "").lower(),
                "class": _class(described),
            }
        )
    return found


def _class(column: Part) -> Any:
    """What kind of data the column holds, as people said or as is suspected; empty where nobody did."""
    if said := column.get("class"):
        return ColumnClass(said).label
    return _("Probably personal") if column and datasets.is_covered(column) else ""


def _similar(request: PortalRequest, feature: Any, column: Part) -> Part:
    found = likeness.like_feature(actor=request.actor, feature=feature)
    return {"similar": alike_in_words(request, found)}


def _programs(request: PortalRequest, feature: Any, column: Part) -> Part:
    return {"snippets": feature_snippets.of_feature(request, feature)}


def _activity(request: PortalRequest, feature: Any, column: Part) -> Part:
    return activity(request, "feature_view", feature.view)


_PARTS: dict[str, Callable[[PortalRequest, Any, Part], Part]] = {
    "values": _values,
    "versions": _versions,
    "use": _use,
    "lineage": _lineage,
    "similar": _similar,
    "programs": _programs,
    "activity": _activity,
}
