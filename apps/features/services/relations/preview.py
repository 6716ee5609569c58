"""A training set looked at before it is made: some of its rows joined as of their time; nothing is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apps.datasets import selectors as datasets
from apps.features import selectors
from apps.features.models import TrainingSet
from apps.features.ports import Through
from apps.features.services.building import labels_of
from apps.features.services.joining import seen_as
from apps.features.services.on_demand.columns import derived_of, only_needed, widened
from apps.features.services.relations.measuring import measured
from apps.features.services.sampling import joined_sample
from apps.features.services.training_sets import checked_set
from foundation import lake
from foundation.identity import Actor

if TYPE_CHECKING:
    import pyarrow as pa

    from apps.projects.models import Project

PREVIEW_ROWS = 4_000


def preview_training_set(*, actor: Actor, project: Project, **definition: Any) -> dict[str, Any]:
    """The report (`measured`) on some rows, for the definition of `define_training_set`; a name is not needed.

    `missing_map` says where values are missing in them (`MissingMap.as_json`). Refused like the definition itself.
    Figures of columns that the actor sees masked are left out.
    """
    row = checked_set(actor=actor, project=project, **{"name": "preview", **definition})
    table = _joined(actor, row)
    report = measured(row.columns, row.label, lambda names: table.select(list(dict.fromkeys(names))))
    missing = selectors.missing_map(row, actor=actor, rows=table).as_json()
    return {**selectors.shown_report(report, selectors.masks_of_set(actor, row)), "missing_map": missing}


def _joined(actor: Actor, row: TrainingSet) -> pa.Table:
    base = datasets.table_at(datasets.get_version(actor=actor, version_id=row.base_version_id))
    views = selectors.views_of(actor=actor, training_set=row)
    early = row.ignores_known_since
    parts = enumerate(zip(views, row.views, strict=True))
    specs = [seen_as(index, view, part, early=early) for index, (view, part) in parts]
    sources = {spec.alias: selectors.view_table(view) for spec, view in zip(specs, views, strict=True)}
    derived, tables = derived_of(row), lake.for_tenant(row.tenant_id)
    through: Through | None = (lambda rows: widened(rows, only_needed(row), derived)) if derived else None
    return joined_sample(tables, labels_of(row), specs, {"base": base, **sources}, PREVIEW_ROWS, through)
