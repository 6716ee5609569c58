"""The rows of one period of a feature, for whoever may see what moved there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.datasets import selectors as datasets
from apps.features import policies, selectors
from apps.features.models import FeatureView
from foundation import lake
from foundation.identity import Actor
from foundation.quoting import identifier

if TYPE_CHECKING:
    import pyarrow as pa

# The marks that joins keep beside the columns begin so.
_OURS = "__"


def rows_of_slice(*, actor: Actor, found: selectors.Slice, limit: int) -> pa.Table:
    """The earliest rows of the period, keys, times and the feature first; other columns as the reader sees them."""
    import pyarrow as pa

    where, thing = found.where, found.where.thing
    policies.check_may_see_slice(actor, thing, where.feature, where.masked)
    tables = lake.for_tenant(thing.tenant_id)
    names = [column.name for column in tables.schema(where.at) if not column.name.startswith(_OURS)]
    first = [*thing.entity.join_keys, where.time, thing.created_column] if isinstance(thing, FeatureView) else []
    ordered = dict.fromkeys(name for name in (*first, where.time, where.feature, *names) if name in names)
    columns = ", ".join(map(identifier, ordered))
    sql = f"SELECT {columns} FROM rows WHERE {where.lies_in(found.moved.period)}"  # noqa: S608 - names are quoted
    rows = tables.query(f"{sql} ORDER BY {identifier(where.time)} LIMIT {int(limit)}", {"rows": where.at}).read_all()
    shown = [datasets.masked_batch(batch, where.masks) if where.masks else batch for batch in rows.to_batches()]
    return pa.Table.from_batches(shown) if shown else rows
