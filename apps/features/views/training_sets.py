"""One training set: its proof, columns, missing values, rows; and the form that defines one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.features import policies, selectors, services
from apps.features.choices import BuildState, ColumnRole
from apps.features.views.binned import bin_part, said_in_bin
from apps.features.views.missing import missing_shown
from apps.features.views.relations import perfect, relations_tab
from apps.features.views.things import activity, address, tabs, training_set_of, version_address
from apps.tenants.choices import BinKind
from foundation import access
from foundation.access import Permission
from foundation.web import redirect, render_page
from foundation.web.chain import chain_of, users_of
from foundation.web.jobs_pages import newest_job
from foundation.web.lake_tables import rows_table
from foundation.web.pages import unchanged
from foundation.web.requests import PortalRequest

Part = dict[str, Any]
ENGINES = {"duckdb": "DuckDB", "spark": "Spark"}


@access.page(Permission.FEATURE_VIEW)
@require_GET
def training_set_detail(request: PortalRequest, tenant: str, project: str, training_set_id: UUID) -> HttpResponse:
    row = training_set_of(request, training_set_id)
    if nothing_new := unchanged(request, row.state):
        return nothing_new
    context: Part = {
        "set": row,
        "destroyed": selectors.destroyed_in_words(row),
        **bin_part(request, BinKind.TRAINING_SET, row),
        "chain": chain_of(request.actor, "training_set", row.pk),
        "topic": f"training_set:{row.pk}",
        "may_start": access.can(request.actor, Permission.RUN_START, row),
        "may_clear": access.ask(policies.check_can_clear, request.actor, row),
        "may_define": access.ask(policies.check_can_define, request.actor, request.project),
        **_tabbed(request, row),
    }
    return render_page(request, "features/training_set_detail.html", **context)


@access.page(Permission.DATASET_DESTROY)
@access.fresh
@require_POST
def training_set_remove(request: PortalRequest, tenant: str, project: str, training_set_id: UUID) -> HttpResponse:
    row = training_set_of(request, training_set_id)
    services.ask_to_remove_training_set(actor=request.actor, training_set=row)
    said_in_bin(request, BinKind.TRAINING_SET, row)
    return redirect(request, f"{address(request, 'feature_list')}?show=sets")


def _tabbed(request: PortalRequest, row: Any) -> Part:
    """The tabs that the set has in its state, and what the chosen one needs."""
    ready, asked = row.state == BuildState.READY, request.GET.get("tab", "")
    tab = asked if asked in _PARTS and (ready or asked in _ALWAYS) else ("proof" if ready else "columns")
    names = {
        "proof": (_("Leakage proof"), None),
        "columns": (_("Columns"), sum(column["role"] != ColumnRole.PROOF for column in row.columns)),
        "label": (_("Features and label"), None),
        "missing": (_("Missing values"), None),
        "rows": (_("Rows"), None),
        "lineage": (_("Lineage and use"), None),
        "activity": (_("Activity"), None),
    }
    named = [(key, *words) for key, words in names.items() if ready or key in _ALWAYS]
    return {
        "ready": ready,
        "tab": tab,
        "tabs": tabs(address(request, "training_set_detail", row.pk), tab, named),
        "perfect": perfect(selectors.report_of(request.actor, row)) if ready else 0,
        "job": None if ready else newest_job(request, ("training_set", row.pk)),
        **_PARTS[tab](request, row),
    }


def _proof(request: PortalRequest, row: Any) -> Part:
    views = {str(view.pk): view for view in selectors.views_of(actor=request.actor, training_set=row)}
    counts = [
        {
            **count,
            "url": address(request, "view_detail", count["view_id"]),
            "deprecated": selectors.deprecated_in_words(views[count["view_id"]]) if count["view_id"] in views else "",
            "ttl": views[count["view_id"]].ttl_seconds if count["view_id"] in views else None,
            "oldest": selectors.oldest_of(count),
            "ahead": services.ahead_in_words(count),
            "looked": services.looked_in_words(count),
        }
        for count in row.leakage_proof.get("views", [])
    ]
    engine = ENGINES.get(row.leakage_proof.get("engine", ""), "")
    early = selectors.early_in_words(row)
    proof = {**row.leakage_proof, "derived": _derived(request, row)}
    return {"proof": proof, "counts": counts, "early": early, "engine": engine}


def _derived(request: PortalRequest, row: Any) -> list[dict[str, Any]]:
    """What was counted of on-demand features, and which of these should not be chosen any more."""
    found = selectors.on_demand_of(actor=request.actor, training_set=row)
    said = {str(one.pk): selectors.deprecated_in_words(one) for one in found}
    counts = row.leakage_proof.get("derived", [])
    return [{**count, "deprecated": said.get(count.get("on_demand_id", ""), "")} for count in counts]


def _columns(request: PortalRequest, row: Any) -> Part:
    shown = [column for column in row.columns if column["role"] != ColumnRole.PROOF]
    return {"columns": [{**c, "role_label": ColumnRole(c["role"]).label} for c in shown]}


def _missing(request: PortalRequest, row: Any) -> Part:
    return missing_shown(selectors.missing_map(row, actor=request.actor).as_json())


def _rows(request: PortalRequest, row: Any) -> Part:
    title = _("Rows of %(name)s") % {"name": row}
    shown = [column for column in row.columns if column["role"] != ColumnRole.PROOF]
    at, masks = selectors.training_table(row), selectors.masks_of_set(request.actor, row)
    return {"table": rows_table(request, at, shown, row.row_count or 0, title=title, masks=masks)}


def _lineage(request: PortalRequest, row: Any) -> Part:
    views = selectors.views_of(actor=request.actor, training_set=row)
    return {
        "users": users_of(request.actor, "training_set", row.pk),
        "digest": selectors.digest_for(request.actor, row),
        "base_url": version_address(request, row.base_version_id),
        "derived_from": [
            (one, address(request, "on_demand_detail", one.pk))
            for one in selectors.on_demand_of(actor=request.actor, training_set=row)
        ],
        "made_of": [(view, address(request, "view_detail", view.pk)) for view in views],
    }


def _activity(request: PortalRequest, row: Any) -> Part:
    return activity(request, "training_set", row)


_ALWAYS = frozenset({"columns", "lineage", "activity"})
_PARTS: dict[str, Callable[[PortalRequest, Any], Part]] = {
    "proof": _proof,
    "columns": _columns,
    "label": relations_tab,
    "missing": _missing,
    "rows": _rows,
    "lineage": _lineage,
    "activity": _activity,
}
