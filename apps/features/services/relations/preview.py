"""A training set looked at before it is made: some of its rows joined as of their time; nothing is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apps.datasets import selectors as datasets
from apps.features import selectors
from apps.features.adapters.asof import join_sql, meant_sql
from apps.features.models import TrainingSet
from apps.features.services.building import labels_of
from apps.features.services.joining import seen_as
from apps.features.services.on_demand.columns import derived_of, only_needed, widened
from apps.features.services.relations.measuring import measured
from apps.features.services.training_sets import checked_set
from foundation import lake
from foundation.identity import Actor

if TYPE_CHECKING:
    import pyarrow as pa

    from apps.projects.models import Project

PREVIEW_ROWS = 4_000


def preview_training_set(*, actor: Actor, project: Project, **definition: Any) -> dict[str, Any]:
    """The report (`measured`) on some rows, for the definition of `define_training_set`; a name is not needed.

    Refused like the definition itself. Figures of columns that the actor sees masked are left out.
    """
    row = checked_set(actor=actor, project=project, **{"name": "preview", **definition})
    table = _joined(actor, row)
    report = measured(row.columns, row.label, lambda names: table.select(list(dict.fromkeys(names))))
    return selectors.shown_report(report, selectors.masks_of_set(actor, row))


def _joined(actor: Actor, row: TrainingSet) -> pa.Table:
    base = datasets.table_at(datasets.get_version(actor=actor, version_id=row.base_version_id))
    views = selectors.views_of(actor=actor, training_set=row)
    early = row.ignores_known_since
    parts = enumerate(zip(views, row.views, strict=True))
    specs = [seen_as(index, view, part, early=early) for index, (view, part) in parts]
    sources = {spec.alias: selectors.view_table(view) for spec, view in zip(specs, views, strict=True)}
    rows = lake.for_tenant(row.tenant_id).query(
        _sampled(row, join_sql(labels_of(row), specs)), {"every_row": base, **sources}
    )
    derived = derived_of(row)
    return (widened(rows, only_needed(row), derived) if derived else rows).read_all()


def _sampled(row: TrainingSet, join: str) -> str:
    """The join over some labelled rows of the window, always the same ones."""
    limits = meant_sql(labels_of(row))
    base = f"SELECT * FROM every_row WHERE {limits} USING SAMPLE reservoir({PREVIEW_ROWS} ROWS) REPEATABLE (7)"  # noqa: S608
    return f"WITH base AS MATERIALIZED ({base}), {join.removeprefix('WITH ')}"
