"""Tables destroyed for good: the keys of their files are dropped, and the keys of all others sealed anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from foundation.lake.adapters import catalogue
from foundation.lake.place import LakePlace

# The statistics say how many values a file has and how large they are; they go with the table.
_OF_TABLES = "table_id IN (SELECT table_id FROM {s}.ducklake_table WHERE table_name = ANY (%(tables)s::text[]))"
_FORGOTTEN = (
    "ducklake_file_column_stats",
    "ducklake_table_column_stats",
    "ducklake_table_stats",
    "sealed_delete_file",
    "sealed_data_file",
)
# What a table was before: files that are no part of it now. The figures of each file go with it.
_PAST = (
    "DELETE FROM {s}.ducklake_file_column_stats c USING {s}.sealed_data_file f, {s}.ducklake_table t"
    " WHERE c.data_file_id = f.data_file_id AND f.table_id = t.table_id"
    " AND t.table_name = ANY (%(tables)s::text[]) AND (f.end_snapshot IS NOT NULL OR t.end_snapshot IS NOT NULL)",
    *(
        f"DELETE FROM {{s}}.{table} f USING {{s}}.ducklake_table t WHERE f.table_id = t.table_id"
        " AND t.table_name = ANY (%(tables)s::text[]) AND (f.end_snapshot IS NOT NULL OR t.end_snapshot IS NOT NULL)"
        for table in ("sealed_delete_file", "sealed_data_file")
    ),
)
_NEVER_THERE = "UPDATE {s}.ducklake_table SET end_snapshot = begin_snapshot WHERE table_name = ANY (%(tables)s::text[])"

_WHOLE = (*(f"DELETE FROM {{s}}.{table} WHERE {_OF_TABLES}" for table in _FORGOTTEN), _NEVER_THERE)


def destroy_keys(
    place: LakePlace, tables: Sequence[str], make_key: Callable[[], None], *, past_alone: bool = False
) -> int:
    """Drop the rows of every file that tables of these names ever had; how many other files' keys were sealed anew.

    With `past_alone` the files that they have now are among the others.
    To be called under the lake's lock. `make_key` makes the lake's next key; once the ones before it are destroyed,
    nothing opens what PostgreSQL still holds of the dropped rows in dead tuples, its write-ahead log or backups.
    """
    make_key()
    words, given = catalogue.connection_string(place), {"tables": list(tables)}
    with catalogue.connected(place, words) as connection, connection.transaction():
        for statement in _PAST if past_alone else _WHOLE:
            connection.execute(statement.replace("{s}", place.schema).encode(), given)
        return catalogue.seal_anew(connection, place)
