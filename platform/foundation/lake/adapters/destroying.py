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
_NEVER_THERE = "UPDATE {s}.ducklake_table SET end_snapshot = begin_snapshot WHERE table_name = ANY (%(tables)s::text[])"


def destroy_keys(place: LakePlace, tables: Sequence[str], make_key: Callable[[], None]) -> int:
    """Drop the rows of every file that tables of these names ever had; how many other files' keys were sealed anew.

    To be called under the lake's lock. `make_key` makes the lake's next key; once the ones before it are destroyed,
    nothing opens what PostgreSQL still holds of the dropped rows in dead tuples, its write-ahead log or backups.
    """
    make_key()
    words, given = catalogue.connection_string(place), {"tables": list(tables)}
    with catalogue.connected(place, words) as connection, connection.transaction():
        for table in _FORGOTTEN:
            statement = f"DELETE FROM {{s}}.{table} WHERE {_OF_TABLES}"
            connection.execute(statement.replace("{s}", place.schema).encode(), given)
        connection.execute(_NEVER_THERE.replace("{s}", place.schema).encode(), given)
        return catalogue.seal_anew(connection, place)
