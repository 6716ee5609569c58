"""What each tab of a version or dataset needs, read only when it is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from apps.datasets import policies, selectors
from apps.datasets.choices import ColumnClass, RowChangeKind, VersionState
from apps.datasets.views import checks, presentation
from apps.datasets.views.ingestion_tables import IngestionTable
from apps.datasets.views.tables import VersionTable
from foundation import access
from foundation.errors import Invalid
from foundation.figures import whole
from foundation.web.chain import users_of
from foundation.web.lake_tables import rows_table
from foundation.web.requests import PortalRequest
from foundation.web.tables import build_table

Part = dict[str, Any]


def preview(request: PortalRequest, version: Any) -> Part:
    at = selectors.table_at(version)
    masks, title = selectors.masks(request.actor, version), _("Rows of %(v)s") % {"v": version}
    table = rows_table(request, at, version.schema, version.row_count or 0, title=title, masks=masks)
    return {"table": table, **covered(request, version)}


def covered(request: PortalRequest, version: Any) -> Part:
    """Which columns this reader sees masked, and what to ask for."""
    names = selectors.masks(request.actor, version)
    return {"masked": list(names), "may_see": access.ask(policies.check_sees_clear, request.actor, version)}


def profile(request: PortalRequest, version: Any) -> Part:
    columns = presentation.columns_of(request, version)
    asked = request.GET.get("column", "")
    chosen = next((c for c in columns if str(c["index"]) == asked), None)
    sampled = version.profile.get("sampled", 0)
    return {
        "columns": columns,
        "chosen": chosen,
        "sampled": sampled,
        **classes(request, version),
        **covered(request, version),
    }


def classes(request: PortalRequest, version: Any) -> Part:
    may = access.ask(policies.check_can_classify, request.actor, version)
    return {
        "may_classify": may,
        "class_choices": ColumnClass.choices,
        "open_count": len(selectors.suggestions(version)),
    }


def lineage(request: PortalRequest, version: Any) -> Part:
    return {
        "users": users_of(request.actor, "dataset_version", version.pk),
        "facts": presentation.facts(request, version),
        "inputs": presentation.sql_inputs(request, version),
        "snippets": presentation.read_snippets(request, version),
    }


def activity(request: PortalRequest, version: Any) -> Part:
    return {"history": presentation.activity(request, version)}


def versions(request: PortalRequest, dataset: Any) -> Part:
    """All versions, and what changed between the two that are chosen: by default the last two."""
    rows = selectors.visible_versions(actor=request.actor, dataset_id=dataset.pk)
    ready = list(rows.filter(state=VersionState.READY).order_by("-number")[:100])
    found: Part = {"versions": build_table(request, VersionTable, rows), "ready": ready}
    if len(ready) < 2:
        return found
    by_number = {str(v.number): v for v in ready}
    before = by_number.get(request.GET.get("before", ""), ready[1])
    after = by_number.get(request.GET.get("after", ""), ready[0])
    changes = selectors.compare(actor=request.actor, before=before, after=after)
    moved = [change for change in changes if change.change != "same"]
    found |= {"same_rows": selectors.same_rows(request.actor, before, after)}
    found |= {"before": before, "after": after, "changes": moved, "same_count": len(changes) - len(moved)}
    choices = selectors.comparable(request.actor, before, after)
    found |= {"key_choices": choices, "key": _key(request, before, after)}
    if "before" in request.GET:
        found["asked_rows"] = True
        found |= _by_rows(request, before, after, found["key"])
    return found


def _key(request: PortalRequest, before: Any, after: Any) -> list[str]:
    return request.GET.getlist("key") or selectors.likely_key(actor=request.actor, before=before, after=after)


def _by_rows(request: PortalRequest, before: Any, after: Any, key: list[str]) -> Part:
    """Rows by key, with examples; without a key those that only one of the versions has."""
    pair: Part = {"actor": request.actor, "before": before, "after": after}
    if not key or selectors.same_rows(**pair):
        return {"row_change": selectors.changed_rows(**pair)}
    kind, offset = request.GET.get("kind", ""), whole(request.GET.get("offset")) or 0
    kind = kind if kind in RowChangeKind.values else ""
    try:
        counts = selectors.diff_rows(**pair, key=key)
    except Invalid as refusal:
        return {"row_refusal": refusal.sentence}
    examples = selectors.diff_examples(**pair, key=key, kind=kind, offset=offset, limit=selectors.EXAMPLES + 1)
    more = len(examples) > selectors.EXAMPLES
    return {
        "rows": counts,
        "examples": examples[: selectors.EXAMPLES],
        "kind": kind,
        "kinds": RowChangeKind.choices,
        "next_url": _example_page(request, offset + selectors.EXAMPLES) if more else "",
        "previous_url": _example_page(request, max(0, offset - selectors.EXAMPLES)) if offset else "",
    }


def _example_page(request: PortalRequest, offset: int) -> str:
    query = request.GET.copy()
    query["offset"] = str(offset)
    return f"?{query.urlencode()}#difference"


def ingestions(request: PortalRequest, dataset: Any) -> Part:
    """What comes into the dataset again and again."""
    rows = selectors.visible_ingestions(actor=request.actor, dataset_id=dataset.pk)
    return {"ingestions": build_table(request, IngestionTable, rows, exclude=("dataset",)), "any": rows.exists()}


def of_dataset(request: PortalRequest, dataset: Any) -> Part:
    rows = selectors.visible_versions(actor=request.actor, dataset_id=dataset.pk)[:20]
    return {"history": presentation.activity(request, *rows, dataset=dataset)}


OF_VERSION: dict[str, Callable[[PortalRequest, Any], Part]] = {
    "preview": preview,
    "profile": profile,
    "checks": checks.report,
    "lineage": lineage,
    "activity": activity,
}
