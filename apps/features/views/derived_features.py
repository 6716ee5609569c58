"""The page of a feature that is computed when it is asked for: its expression, what it is made of, what it gave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from apps.features import policies, selectors
from apps.features.choices import BuildState, FeatureKind
from apps.features.selectors import likeness
from apps.features.views import feature_snippets
from apps.features.views.drifting import drift_part
from apps.features.views.presentation import alike_in_words
from apps.features.views.things import activity, address, tabs
from foundation import access
from foundation.web import render_page
from foundation.web.chain import chain_of
from foundation.web.requests import PortalRequest

Part = dict[str, Any]


def page(request: PortalRequest, feature: Any) -> HttpResponse:
    tab = asked if (asked := request.GET.get("tab", "")) in _PARTS else "values"
    view = feature.on_demand
    named = [
        ("values", _("Values"), None),
        ("versions", _("Versions and drift"), None),
        ("use", _("Use and cost"), None),
        ("lineage", _("Where it comes from"), None),
        ("similar", _("Similar features"), None),
        ("programs", _("In programs"), None),
        ("activity", _("Activity"), None),
    ]
    context: Part = {
        "feature": feature,
        "view": view,
        "kind": FeatureKind(feature.kind).label,
        "written": selectors.expression_of(view, feature.name),
        "owner": selectors.owner_of(view),
        "about": selectors.about(feature),
        "chain": chain_of(request.actor, "on_demand_view", view.pk),
        "may_define": access.ask(policies.check_can_define, request.actor, request.project),
        "tab": tab,
        "tabs": tabs(address(request, "feature_detail", feature.pk), tab, named),
        **_PARTS[tab](request, feature),
    }
    return render_page(request, "features/derived_feature_detail.html", **context)


def _values(request: PortalRequest, feature: Any) -> Part:
    learned, stored = selectors.learned_with(request.actor, feature), _stored(request, feature)
    if learned is None:
        return {"learned": None, "stored": stored}
    column = selectors.column_of(request.actor, feature)
    quantiles = column.get("quantiles") or {}
    told = [
        (_("Mean"), column.get("mean")),
        (_("Standard deviation"), column.get("std")),
        (_("Smallest"), column.get("min")),
        (_("Largest"), column.get("max")),
        (_("A quarter below"), quantiles.get("0.25")),
        (_("Half below"), quantiles.get("0.5")),
        (_("Three quarters below"), quantiles.get("0.75")),
    ]
    return {
        "learned": learned,
        "stored": stored,
        "set_url": address(request, "training_set_detail", learned.training_set.pk),
        "column": column,
        "missing": column["nulls"] / column["rows"] if column["rows"] else None,
        "figures": [(term, value) for term, value in told if value is not None],
    }


def _stored(request: PortalRequest, feature: Any) -> list[Any]:
    """The views of which the expression names a feature: what is served of these is compared."""
    view = feature.on_demand
    named = set(selectors.expression_of(view, feature.name)["from"])
    taken = {part["view"] for part in view.uses if named & set(part["features"])}
    return [one for one in selectors.views_used(actor=request.actor, view=view) if str(one.pk) in taken]


def _versions(request: PortalRequest, feature: Any) -> Part:
    rows = selectors.versions_with(actor=request.actor, feature=feature)
    told = [(one, one.on_demand) for one in rows if one.on_demand is not None]
    editions = [{"feature": one, **selectors.expression_of(view, one.name)} for one, view in told]
    return {"editions": editions, **drift_part(request, feature)}


def _use(request: PortalRequest, feature: Any) -> Part:
    return {"users": selectors.users_of_feature(actor=request.actor, feature=feature)}


def _lineage(request: PortalRequest, feature: Any) -> Part:
    """Each value of the request and each feature that the expression names."""
    view = feature.on_demand
    home = {name: one for one in selectors.views_used(actor=request.actor, view=view) for name in one.feature_names}
    taken = {name: part["view"] for part in view.uses for name in part["features"]}
    made_of = []
    for name in selectors.expression_of(view, feature.name)["from"]:
        said: Part = {"name": name, "declared": view.request.get(name, "")}
        if name in taken and (one := home.get(name)) is not None and str(one.pk) == taken[name]:
            pk, there = selectors.feature_ids(one)[name], one.state != BuildState.BINNED
            said |= {"view": str(one), "url": address(request, "feature_detail", pk) if there else ""}
        made_of.append(said)
    return {"made_of": made_of}


def _similar(request: PortalRequest, feature: Any) -> Part:
    return {"similar": alike_in_words(request, likeness.like_feature(actor=request.actor, feature=feature))}


def _programs(request: PortalRequest, feature: Any) -> Part:
    return {"snippets": feature_snippets.of_derived(request, feature)}


def _activity(request: PortalRequest, feature: Any) -> Part:
    return activity(request, "on_demand_view", feature.on_demand)


_PARTS: dict[str, Callable[[PortalRequest, Any], Part]] = {
    "values": _values,
    "versions": _versions,
    "use": _use,
    "lineage": _lineage,
    "similar": _similar,
    "programs": _programs,
    "activity": _activity,
}
