"""The report on the rows of a training set that was built."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from apps.features.choices import ColumnRole
from apps.features.models import TrainingSet
from apps.features.services.relations.measuring import AT_ONCE, measured
from foundation.lake.ports import Lake, TableAt
from foundation.quoting import identifier

if TYPE_CHECKING:
    import pyarrow as pa

# What is missing and what is always the same is counted in all rows; relations are measured on so many of them.
MOST_ROWS = 200_000


def report_on(tables: Lake, training_set: TrainingSet, at: TableAt, rows: int) -> dict[str, Any]:
    """See `measured`; rows that are looked at are spread over the table."""
    sample = f" USING SAMPLE reservoir({MOST_ROWS} ROWS) REPEATABLE (7)" if rows > MOST_ROWS else ""

    def read(names: Sequence[str]) -> pa.Table:
        listed = ", ".join(identifier(name) for name in dict.fromkeys(names))
        return tables.query(f"SELECT {listed} FROM rows{sample}", {"rows": at}).read_all()  # noqa: S608

    return measured(training_set.columns, training_set.label, read, _counts(tables, training_set, at, rows), rows)


def _counts(tables: Lake, training_set: TrainingSet, at: TableAt, rows: int) -> dict[str, tuple[float, bool]]:
    names = [column["name"] for column in training_set.columns if column["role"] == ColumnRole.FEATURE]
    found: dict[str, tuple[float, bool]] = {}
    for start in range(0, len(names), AT_ONCE):
        some = names[start : start + AT_ONCE]
        quoted = [(i, identifier(name)) for i, name in enumerate(some)]
        asked = ", ".join(
            f"count({name}) AS n{i}, min({name}) IS NOT DISTINCT FROM max({name}) AS s{i}" for i, name in quoted
        )
        (row,) = tables.query(f"SELECT {asked} FROM rows", {"rows": at}).read_all().to_pylist()  # noqa: S608
        found |= {name: (1 - row[f"n{i}"] / max(1, rows), bool(row[f"s{i}"])) for i, name in enumerate(some)}
    return found
