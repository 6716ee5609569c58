"""Which snapshots of a lake nobody needs, and what of its tables no snapshot has to hold on to.

DuckLake's snapshots are of the whole lake: one that is kept for a table holds on to every file that any table had at
that moment, also to those of a table that was dropped since. So before snapshots expire, the periods of dropped and
replaced tables and files in which nobody named them are made empty: then no snapshot covers them, and they go as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import psycopg

from foundation.lake.adapters import catalogue
from foundation.lake.place import LakePlace
from foundation.lake.ports import TableAt

# What was the newest at `before` may still be read by somebody who asked then; all that came later, too.
_FLOOR = """
SELECT coalesce(max(snapshot_id) FILTER (WHERE snapshot_time <= %(before)s::timestamptz), min(snapshot_id))
FROM {s}.ducklake_snapshot
"""
_EMPTY = """
WITH named AS (
  SELECT t.table_id, n.snapshot FROM unnest(%(tables)s::text[], %(snapshots)s::bigint[]) AS n(name, snapshot)
  JOIN {s}.ducklake_table t ON t.table_name = n.name
    AND n.snapshot >= t.begin_snapshot AND (t.end_snapshot IS NULL OR n.snapshot < t.end_snapshot)
)
UPDATE {s}.{rows} r SET end_snapshot = begin_snapshot
WHERE end_snapshot > begin_snapshot AND end_snapshot <= %(floor)s AND NOT EXISTS (
  SELECT FROM named WHERE named.table_id = r.table_id
    AND named.snapshot >= r.begin_snapshot AND named.snapshot < r.end_snapshot)
"""
# The last change of each table that is there is kept: somebody may have made it and not have named it yet. So is what
# each writer's mark came with; of its files nobody has to hold on to any that are over.
_UNNEEDED = """
SELECT snapshot_id FROM {s}.ducklake_snapshot
WHERE snapshot_id < %(floor)s AND snapshot_id <> ALL (%(snapshots)s::bigint[]) AND snapshot_id NOT IN (
  SELECT greatest(t.begin_snapshot, max(f.begin_snapshot)) FROM {s}.ducklake_table t
  LEFT JOIN {s}.sealed_data_file f ON f.table_id = t.table_id
    AND (f.end_snapshot IS NULL OR f.end_snapshot > %(floor)s)
  WHERE t.end_snapshot IS NULL OR t.end_snapshot > %(floor)s GROUP BY t.table_id, t.begin_snapshot)
AND snapshot_id NOT IN (
  SELECT max(c.snapshot_id) FROM {s}.ducklake_snapshot_changes c
  JOIN {s}.ducklake_table t ON t.table_name = split_part(c.author, ' ', 1) AND t.end_snapshot IS NULL
  GROUP BY c.author)
ORDER BY 1
"""


def let_go(place: LakePlace, keep: Sequence[TableAt], before: datetime | None) -> list[int]:
    """Let go of what was over at `before` and is not in `keep`; answers the snapshots that may expire.

    To be called under the lake's lock, and followed by DuckLake's own expiry, which removes what was let go.
    """
    with catalogue.connected(place) as connection, connection.transaction():
        named: dict[str, Any] = {"tables": [at.table for at in keep], "snapshots": [at.snapshot for at in keep]}
        row = _execute(connection, place, _FLOOR, {"before": before or "infinity"}).fetchone()
        named["floor"] = row[0] if row else 0
        for rows in ("sealed_data_file", "sealed_delete_file", "ducklake_table"):
            _execute(connection, place, _EMPTY.replace("{rows}", rows), named)
        return [number for (number,) in _execute(connection, place, _UNNEEDED, named)]


def _execute(
    connection: psycopg.Connection, place: LakePlace, statement: str, given: dict[str, Any]
) -> psycopg.Cursor[Any]:
    return connection.execute(statement.replace("{s}", place.schema).encode(), given)
