"""What each tab of a version or dataset needs, read only when it is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from apps.datasets import policies, selectors
from apps.datasets.choices import ColumnClass, VersionState
from apps.datasets.views import presentation
from apps.datasets.views.ingestion_tables import IngestionTable
from apps.datasets.views.tables import VersionTable
from foundation import access
from foundation.web.chain import users_of
from foundation.web.lake_tables import rows_table
from foundation.web.requests import PortalRequest
from foundation.web.tables import build_table

Part = dict[str, Any]


def preview(request: PortalRequest, version: Any) -> Part:
    at = selectors.table_at(version)
    table = rows_table(request, at, version.schema, version.row_count or 0, title=_("Rows of %(v)s") % {"v": version})
    return {"table": table}


def profile(request: PortalRequest, version: Any) -> Part:
    columns = presentation.columns_of(version)
    asked = request.GET.get("column", "")
    chosen = next((c for c in columns if str(c["index"]) == asked), None)
    return {"columns": columns, "chosen": chosen, **classes(request, version)}


def classes(request: PortalRequest, version: Any) -> Part:
    may = access.ask(policies.check_can_classify, request.actor, version)
    return {"may_classify": may, "class_choices": ColumnClass.choices}


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
    changes = selectors.compare(before, after)
    moved = [change for change in changes if change.change != "same"]
    found |= {"before": before, "after": after, "changes": moved, "same_count": len(changes) - len(moved)}
    if "before" in request.GET:
        found["row_change"] = selectors.changed_rows(actor=request.actor, before=before, after=after)
        found["asked_rows"] = True
    return found


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
    "lineage": lineage,
    "activity": activity,
}
