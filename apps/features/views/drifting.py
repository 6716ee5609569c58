"""How far a feature moved along its event time, and what lies behind one point of that: values, versions and rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from apps.datasets import selectors as datasets
from apps.features import charts, policies, selectors, services
from apps.features.choices import Against, BuildState
from apps.features.errors import TooMuchToCount
from apps.features.views.declared import declared
from apps.features.views.drift_words import figures_of, told_of
from apps.features.views.things import address, feature_of, version_address
from foundation import access
from foundation.access import Permission
from foundation.errors import Invalid
from foundation.web import render_page
from foundation.web.chain import chain_of
from foundation.web.lake_tables import sample_rows
from foundation.web.requests import PortalRequest

Part = dict[str, Any]
_SHOWN = 50


def drift_part(request: PortalRequest, feature: Any) -> Part:
    """The periods of a feature, the newest first, each with the page behind it; what is held against is chosen.

    Where they are too many to be counted now, a sentence says so, and the rest of the page is there.
    """
    if feature.view is not None and feature.view.state != BuildState.READY:
        return {"drift": None, "timed": True}
    against = _against(request)
    try:
        found = services.drift_over_time(actor=request.actor, feature=feature, against=against)
    except (TooMuchToCount, Invalid) as refusal:
        again = f"{address(request, 'feature_detail', feature.pk)}?tab=versions#drift"
        return {"drift": None, "timed": True, "refused": refusal.sentence, "again": again}
    return {
        "drift": found,
        "timed": found is not None,
        "points": [(one, slice_address(request, feature, one)) for one in found.periods[::-1]] if found else [],
        "fewest": selectors.FEWEST,
        "drift_url": f"{address(request, 'drift_chart', feature.pk)}?against={against}",
        "choices": list(_choices(found, against)) if found else [],
    }


def _choices(found: selectors.Drift, against: str) -> Iterator[Part]:
    """What all can be held against, the newest period first."""
    for one in Against:
        here = one == against
        of = f" ({found.reference.label})" if here and one == Against.FIRST and found.reference else ""
        yield {"value": one.value, "label": f"{one.label}{of}", "current": here}
    for period in (one.period for one in found.periods[::-1] if selectors.may_be_held_against(one.counted)):
        yield {"value": str(period), "label": capfirst(period.label), "current": str(period) == against}


def slice_address(request: PortalRequest, feature: Any, one: selectors.Moved) -> str:
    """It names both periods, so that it shows the same to everybody, whatever comes to the view later."""
    here = address(request, "slice_detail", feature.pk, str(one.period))
    return f"{here}?against={one.against}" if one.against else here


@access.page(Permission.FEATURE_VIEW)
@require_GET
def drift_chart(request: PortalRequest, tenant: str, project: str, feature_id: UUID) -> JsonResponse:
    feature = feature_of(request, feature_id)
    found = services.drift_over_time(actor=request.actor, feature=feature, against=_against(request))
    leads = [slice_address(request, feature, one) for one in found.periods] if found else []
    return JsonResponse(charts.drift(found, leads))


@access.page(Permission.FEATURE_VIEW)
@require_GET
def slice_chart(request: PortalRequest, tenant: str, project: str, feature_id: UUID, period: str) -> JsonResponse:
    return JsonResponse(charts.then_and_now(_slice(request, feature_of(request, feature_id), period)))


@access.page(Permission.FEATURE_VIEW)
@require_GET
def slice_detail(request: PortalRequest, tenant: str, project: str, feature_id: UUID, period: str) -> HttpResponse:
    feature = feature_of(request, feature_id)
    found = _slice(request, feature, period)
    kind = "feature_view" if feature.view is not None else "on_demand_view"
    context: Part = {
        "feature": feature,
        "view": feature.home,
        "chain": chain_of(request.actor, kind, feature.home.pk),
        "back": f"{address(request, 'feature_detail', feature.pk)}?tab=versions#drift",
        "name": _label(period),
        "found": found,
    }
    if found is not None:
        context |= _behind(request, feature, found)
    return render_page(request, "features/slice_detail.html", **context)


def _behind(request: PortalRequest, feature: Any, found: selectors.Slice) -> Part:
    where, moved = found.where, found.moved
    asked = (where.thing, where.feature, where.masked)
    may_see = access.ask(policies.check_may_see_slice, request.actor, *asked)
    rows = None
    if may_see and moved.counted.rows:
        rows = sample_rows(services.rows_of_slice(actor=request.actor, found=found, limit=_SHOWN))
    against = f"?against={moved.against}" if moved.against else ""
    return {
        "told": told_of(found),
        "figures": figures_of(found),
        "chart_url": f"{address(request, 'slice_chart', feature.pk, str(moved.period))}{against}",
        "may_see": may_see,
        "rows": rows,
        "versions": list(_versions(request, where.thing)),
        # The one that it is held against stands among them, though it may have too few rows.
        "others": [
            {"value": str(one), "label": capfirst(one.label), "current": one == moved.against}
            for one in sorted({*found.others, *([moved.against] if moved.against else [])}, reverse=True)
        ],
        "nearby": [
            (label, f"{address(request, 'slice_detail', feature.pk, str(one))}{against}", one.label)
            for label, one in ((_("Earlier"), found.earlier), (_("Later"), found.later))
            if one is not None
        ],
    }


def _versions(request: PortalRequest, thing: Any) -> Iterator[Part]:
    """What the rows were made of: the view or training set, and the dataset versions, views or stream below it."""
    if not hasattr(thing, "inputs"):
        yield _thing("training_set", thing, address(request, "training_set_detail", thing.pk))
        for view in selectors.views_of(actor=request.actor, training_set=thing):
            yield _thing("feature_view", view, address(request, "view_detail", view.pk))
        ids = {str(thing.base_version_id)}
    else:
        yield _thing("feature_view", thing, address(request, "view_detail", thing.pk))
        if thing.follows_stream:
            source = declared(request, thing)["source"]
            yield {"kind": "stream", "name": source["label"], "url": source["url"]}
            return
        ids = set(thing.inputs.values())
    seen = datasets.visible_versions(actor=request.actor).filter(pk__in=ids).defer("first_profile")
    found = list(seen.order_by("-created_at"))
    for version in found:
        yield _thing("dataset_version", version, version_address(request, version.pk))
    if hidden := len(ids) - len(found):
        yield {"kind": "dataset_version", "name": _("%(count)d that you do not see") % {"count": hidden}, "url": ""}


def _thing(kind: str, thing: Any, url: str) -> Part:
    state = {"state": thing.state, "state_label": thing.get_state_display()}
    return {"kind": kind, "name": str(thing), "url": url, "rows": thing.row_count, "at": thing.created_at, **state}


def _slice(request: PortalRequest, feature: Any, name: str) -> selectors.Slice | None:
    against = request.GET.get("against", "")
    return services.slice_called(actor=request.actor, feature=feature, name=name, against=against)


def _label(name: str) -> str:
    found = selectors.period_called(name)
    return found.label if found else name


def _against(request: PortalRequest) -> str:
    return request.GET.get("against", "") or Against.FIRST
