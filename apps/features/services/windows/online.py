"""The values of chosen keys, as they are now, into the online store."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from apps.features import selectors
from apps.features.services.online import drop_online, write_rows
from foundation import lake
from foundation.quoting import identifier

if TYPE_CHECKING:
    import pyarrow as pa

    from apps.features.models import FeatureView


def materialise_keys(view: FeatureView, keys: pa.RecordBatch) -> int:
    """Write the newest value of each of these keys (columns named as the join keys); how many there were."""
    return write_rows(view, _newest_of(view, keys))


def drop_all(view: FeatureView) -> None:
    """Forget every value of the view: the rows that they came from were made anew."""
    drop_online(view)


def _newest_of(view: FeatureView, keys: pa.RecordBatch) -> Iterator[dict[str, Any]]:
    names = view.entity.join_keys
    columns = ", ".join(identifier(name) for name in names)
    features = ", ".join(identifier(name) for name in view.feature_names)
    at = f"epoch_us({identifier(view.event_time)})"
    known = f"greatest({at}, epoch_us({identifier(view.created_column)}))" if view.created_column else at
    chosen = ", ".join(f"unnest($k{place}) AS {identifier(name)}" for place, name in enumerate(names))
    sql = (
        f"SELECT {columns}, {features}, {at} AS __at FROM rows SEMI JOIN (SELECT {chosen}) AS chosen "  # noqa: S608
        f"USING ({columns}) WHERE {known} <= $now "
        f"QUALIFY row_number() OVER (PARTITION BY {columns} ORDER BY {at} DESC, {known} DESC) = 1"
    )
    params: dict[str, Any] = {f"k{place}": keys.column(name).to_pylist() for place, name in enumerate(names)}
    now_us = time.time_ns() // 1_000
    rows = {"rows": selectors.view_table(view)}
    for batch in lake.for_tenant(view.tenant_id).query(sql, rows, {**params, "now": now_us}):
        yield from batch.to_pylist()
