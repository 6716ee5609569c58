"""Rows that are in no version, as whoever sees masks may see them: no scanner has looked at them yet.

What is known of their columns was found in other rows. Rows that were set aside, that block a version or that came by a
stream just now are often wrong because a value stands in the wrong column. So each text is looked at by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from apps.datasets import selectors
from apps.datasets.choices import Confidence
from apps.datasets.models import Dataset
from apps.datasets.services.scanning import Sampled, scan
from foundation.clock import now
from foundation.identity import Actor

if TYPE_CHECKING:
    import pyarrow as pa


def unseen_rows(*, actor: Actor, dataset: Dataset, rows: pa.Table) -> pa.Table:
    """The rows with covered columns masked, and in columns that nobody has classified each text that looks personal."""
    if selectors.may_see_clear(actor, dataset):
        return rows
    newest = selectors.latest_ready(dataset)
    said = unsaid(newest.schema if newest else [], rows.column_names)
    return without_personal(selectors.masked_rows(actor, dataset, rows), said)


def unsaid(schema: Sequence[Mapping[str, Any]], names: Collection[str]) -> list[str]:
    """Which of these columns nobody has classified."""
    classified = {column["name"] for column in schema if column.get("class") and not column.get("warning")}
    return [name for name in names if name not in classified]


def without_personal(rows: pa.Table, names: Collection[str]) -> pa.Table:
    """The rows with dots in the place of each text of these columns that a scanner takes for personal."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for place, field in enumerate(rows.schema):
        if field.name not in names or not (pa.types.is_string(field.type) or pa.types.is_large_string(field.type)):
            continue
        column = rows.column(place)
        found = [value for value in pc.unique(column).to_pylist() if value is not None and _is_personal(value)]
        if found:
            among = pc.is_in(column, value_set=pa.array(found, field.type))
            rows = rows.set_column(place, field, pc.if_else(among, pa.scalar(selectors.HIDDEN, field.type), column))
    return rows


def _is_personal(text: str) -> bool:
    found = scan([Sampled("", "VARCHAR", [text])], today=now().date()).get("")
    return found is not None and found.confidence is not Confidence.LOW
