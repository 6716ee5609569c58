"""Reads of the datasets app, each limited to what the actor may see."""

from apps.datasets.selectors.comparing import ColumnChange, RowChange, changed_rows, compare
from apps.datasets.selectors.keeping import tables_named, version_ids, versions_over
from apps.datasets.selectors.naming import (
    columns_by_project,
    columns_there,
    has_ready_versions,
    inputs_by_name,
    ready_versions,
    sql_name,
)
from apps.datasets.selectors.reading import (
    class_counts,
    erasable_projects,
    freshness,
    get_dataset,
    get_erasure,
    get_upload,
    get_version,
    latest_ready,
    made_from,
    project_slug,
    summary,
    table_at,
    upload_of,
    versions_made_from,
    visible_datasets,
    visible_erasures,
    visible_versions,
)
from apps.datasets.selectors.sizes import bytes_coming_in
from apps.datasets.selectors.taking import versions_to_take

__all__ = [
    "ColumnChange",
    "RowChange",
    "bytes_coming_in",
    "changed_rows",
    "class_counts",
    "columns_by_project",
    "columns_there",
    "compare",
    "erasable_projects",
    "freshness",
    "get_dataset",
    "get_erasure",
    "get_upload",
    "get_version",
    "has_ready_versions",
    "inputs_by_name",
    "latest_ready",
    "made_from",
    "project_slug",
    "ready_versions",
    "sql_name",
    "summary",
    "table_at",
    "tables_named",
    "upload_of",
    "version_ids",
    "versions_made_from",
    "versions_over",
    "versions_to_take",
    "visible_datasets",
    "visible_erasures",
    "visible_versions",
]
