"""Some rows joined to be looked at: kept nowhere, and asserted like those that are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from apps.features.adapters.asof import join_sql, meant_sql, values_sql
from apps.features.ports import JoinedView, Labels, Through
from apps.features.services.meeting import check_whole
from apps.features.services.proving import check_same
from foundation.lake.ports import Lake, TableAt

if TYPE_CHECKING:
    import pyarrow as pa

_ASKED = ("__hash", "__rows", "__sum")


def joined_sample(
    tables: Lake,
    labels: Labels,
    views: Sequence[JoinedView],
    inputs: Mapping[str, TableAt],
    most: int,
    through: Through | None = None,
) -> pa.Table:
    """At most so many of the rows that are meant, always the same ones, with what each view knew.

    `inputs` are `base` and each view under its alias. LeakageFound unless each of the rows is there once;
    DefinitionRefused where it is not sure which key a row has (`check_whole`).
    """
    check_whole(tables, labels, views, inputs)
    sources = {"every_row": inputs["base"], **{view.alias: inputs[view.alias] for view in views}}
    found = tables.query(_sample_sql(labels, views, most), sources).read_all()
    asked, wanted = found.column("__rows")[0].as_py(), found.column("__sum")[0].as_py()
    # Where nothing came out of the join there is one row, with what was asked of it alone.
    joined = found.filter(found.column("__hash").is_valid())
    check_same(asked, wanted, joined.num_rows, str(sum(joined.column("__hash").to_pylist())))
    rows = joined.drop_columns(list(_ASKED))
    return rows if through is None else through(rows.to_reader()).read_all()


def _sample_sql(labels: Labels, views: Sequence[JoinedView], most: int) -> str:
    kept, meant = values_sql(labels), meant_sql(labels)
    some = f"SELECT * FROM every_row WHERE {meant} USING SAMPLE reservoir({most} ROWS) REPEATABLE (7)"  # noqa: S608
    asked = f"SELECT count(*) AS __rows, coalesce(sum(hash({kept})::HUGEINT), 0)::VARCHAR AS __sum FROM base"  # noqa: S608
    joined = f"SELECT *, hash({kept}) AS __hash FROM ({join_sql(labels, views)})"  # noqa: S608 - names are quoted
    return (
        f"WITH base AS MATERIALIZED ({some}) SELECT joined.*, asked.* "  # noqa: S608 - names are quoted
        f"FROM ({asked}) AS asked LEFT JOIN ({joined}) AS joined ON true"
    )
