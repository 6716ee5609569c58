"""Features that are there already, like those of a definition that somebody is about to make."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.datasets import selectors as datasets
from apps.datasets import services as dataset_services
from apps.features import policies, selectors
from apps.features.choices import FeatureKind
from apps.features.models import FeatureView, OnDemandView
from apps.features.selectors.likeness import Alike, Described, described_as_new, like_new
from apps.features.services.following import versions_read
from apps.features.services.naming import column_list
from foundation import lake
from foundation.errors import Unavailable
from foundation.identity import Actor
from foundation.lake import SqlFailed, SqlRefused, SqlTimeout

if TYPE_CHECKING:
    import pyarrow as pa

    from apps.datasets.models import DatasetVersion
    from apps.projects.models import Project

log = logging.getLogger("sanad.features")
# The values are compared by so many rows that the SQL gives of so many of each input, within so many seconds.
_SAMPLE_ROWS, _INPUT_ROWS, _SECONDS = 100_000, 100_000, 5
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_MOST_FREQUENT = 10
# So many of the views that have a feature of one name are named.
_MOST_HOMES = 3


def similar_to_sql(
    *,
    actor: Actor,
    project: Project,
    sql: str,
    inputs: Mapping[str, UUID],
    taken: Sequence[str] = (),
    entity: str = "",
    view_name: str = "",
) -> dict[str, list[Alike]]:
    """By the name of a new feature those that are there; empty where nothing is like any of them.

    `taken` names the columns that are keys and times. Values are compared where nothing in them is personal, and left
    out where the SQL takes longer than a few seconds even on a part of the rows: this is advice, and holds up nobody.
    """
    policies.check_can_define(actor, project)
    versions = versions_read(actor, inputs)
    dataset_services.check_may_query(actor, versions.values())
    tables = {alias: datasets.table_at(version) for alias, version in versions.items()}
    told = dataset_services.column_sources(tables=lake.for_tenant(actor.tenant_id), sql=sql, inputs=tables)
    rows = _sample(actor, sql, tables)
    clear = _clear(rows.column_names, told, versions)
    features = [
        described_as_new(
            name,
            _kind(rows.schema.field(name).type),
            entity=entity,
            sources=_words(told.get(name), versions),
            column=_figures(rows.column(name)) if name in clear else {},
        )
        for name in rows.column_names
        if name not in taken
    ]
    return _found(actor, project, features, view_name)


def similar_by_name(
    *,
    actor: Actor,
    project: Project,
    names: Iterable[str],
    entity: str = "",
    view_name: str = "",
    on_demand_name: str = "",
) -> dict[str, list[Alike]]:
    """The same of features of which the names alone are known yet, as where no SQL gives them."""
    policies.check_can_define(actor, project)
    features = [described_as_new(name, "", entity=entity) for name in dict.fromkeys(names) if name]
    but = {"view_name": view_name, "on_demand_name": on_demand_name}
    return like_new(actor=actor, project_id=project.pk, features=features, **but)


def named_alike(
    *, actor: Actor, project_id: UUID, names: Sequence[str], view_name: str = "", on_demand_name: str = ""
) -> tuple[str, ...]:
    """A sentence for each of the names by which features of something else are found already.

    One statement for all of them, so that a file of many definitions is told as well: nothing but the name is compared.
    """
    rows = selectors.visible_features(actor=actor, project_id=project_id).filter(name__in=names)
    rows = rows.exclude(view__name=view_name) if view_name else rows.exclude(on_demand__name=on_demand_name)
    there: dict[str, list[str]] = {}
    for row in rows.select_related("view", "on_demand").order_by("place", "pk"):
        there.setdefault(row.name, []).append(str(row.home))
    said = _("A feature “%(name)s” is there already, in %(there)s: look whether it is the one you want.")
    return tuple(
        said % {"name": name, "there": column_list(there[name][:_MOST_HOMES])} for name in names if name in there
    )


def there_already(actor: Actor, view: FeatureView | OnDemandView) -> tuple[str, ...]:
    """Which features of a new view are found elsewhere by the same name; of a next version it was said before."""
    if view.number > 1:
        return ()
    home = "view_name" if isinstance(view, FeatureView) else "on_demand_name"
    return named_alike(actor=actor, project_id=view.project_id, names=view.feature_names, **{home: view.name})


def _found(actor: Actor, project: Project, features: Iterable[Described], view_name: str) -> dict[str, list[Alike]]:
    return like_new(actor=actor, project_id=project.pk, features=features, view_name=view_name)


def _sample(actor: Actor, sql: str, tables: Mapping[str, Any]) -> pa.Table:
    """Rows to compare by; where they take too long, the columns alone."""
    import pyarrow as pa

    try:
        found = lake.sandbox.run(
            actor.tenant_id, sql, tables, limit_rows=_SAMPLE_ROWS, sample_rows=_INPUT_ROWS, timeout_s=_SECONDS
        )
        return found.read_all()
    except (SqlTimeout, SqlRefused, SqlFailed, Unavailable) as error:
        log.info("The values of a new view are not compared: %s", error)
    columns = lake.sandbox.describe(actor.tenant_id, sql, tables)
    return pa.table({column.name: pa.array([], _arrow(column.type)) for column in columns})


def _arrow(type_: str) -> pa.DataType:
    import pyarrow as pa

    kind = selectors.kind_of(type_)
    of = {FeatureKind.NUMBER: pa.float64(), FeatureKind.BOOLEAN: pa.bool_(), FeatureKind.TIME: pa.timestamp("us")}
    return of.get(kind, pa.string() if kind == FeatureKind.TEXT else pa.binary())


def _kind(type_: pa.DataType) -> FeatureKind:
    import pyarrow as pa

    tests = (
        (pa.types.is_boolean, FeatureKind.BOOLEAN),
        (pa.types.is_integer, FeatureKind.NUMBER),
        (pa.types.is_floating, FeatureKind.NUMBER),
        (pa.types.is_decimal, FeatureKind.NUMBER),
        (pa.types.is_temporal, FeatureKind.TIME),
        (pa.types.is_string, FeatureKind.TEXT),
        (pa.types.is_large_string, FeatureKind.TEXT),
    )
    return next((kind for test, kind in tests if test(type_)), FeatureKind.OTHER)


def _clear(names: Sequence[str], told: Mapping[str, Any], versions: Mapping[str, DatasetVersion]) -> set[str]:
    """Columns in which nothing is that anybody sees masked: the answer would tell whether a guess is right."""
    covered = {alias: set(datasets.covered_masks(version)) for alias, version in versions.items()}
    if not any(covered.values()):
        return set(names)
    return {
        name
        for name in names
        if told.get(name) is not None and not any(column in covered.get(alias, ()) for alias, column in told[name])
    }


def _words(told: Iterable[Sequence[str]] | None, versions: Mapping[str, DatasetVersion]) -> list[str]:
    return [selectors.source_word(versions[a].dataset_id, column) for a, column in told or () if a in versions]


def _figures(values: pa.ChunkedArray) -> dict[str, Any]:
    """As a profile tells them (`foundation.lake.ports.Inspected`), as far as likeness looks at it."""
    import pyarrow.compute as pc

    if not len(values):
        return {}
    told: dict[str, Any] = {"rows": len(values), "nulls": values.null_count}
    kind = _kind(values.type)
    if kind in {FeatureKind.OTHER, FeatureKind.TIME}:
        return {}
    told["distinct"] = pc.count_distinct(values).as_py()
    if kind == FeatureKind.NUMBER:
        numbers = values.cast("float64").drop_null()
        numbers = numbers.filter(pc.is_finite(numbers))
        found = pc.quantile(numbers, q=list(_QUANTILES)).to_pylist()
        told |= {"quantiles": {str(q): value for q, value in zip(_QUANTILES, found, strict=True)}}
        return {**told, "mean": pc.mean(numbers).as_py(), "std": pc.stddev(numbers).as_py()}
    counted = sorted(pc.value_counts(values.drop_null()).to_pylist(), key=lambda c: -c["counts"])[:_MOST_FREQUENT]
    return {**told, "top": [{"value": c["values"], "count": c["counts"]} for c in counted]}
