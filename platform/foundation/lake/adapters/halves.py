"""What a write leaves on a disk that is full: DuckDB cannot end its file and leaves it, where room is wanted most."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

import duckdb

from foundation.lake.adapters import catalogue
from foundation.lake.place import LakePlace

NO_ROOM = "No space left on device"
_KNOWN_TO = ("sealed_data_file", "sealed_delete_file", "ducklake_files_scheduled_for_deletion")


@contextmanager
def removed_where_full(place: LakePlace, tables: Collection[str]) -> Iterator[None]:
    """To be held under the tables' locks, round their transaction.

    After any other error the files stay until the lake is maintained: a commit whose answer was lost may still come.
    """
    try:
        yield
    except duckdb.Error as error:
        if NO_ROOM in str(error):
            _remove(place, tables)
        raise


def _remove(place: LakePlace, tables: Collection[str]) -> None:
    """Nobody else writes to these tables now: a file of theirs that the catalogue does not know is half a one."""
    found = {path.name: path for table in tables for path in (place.data / "main" / table).glob("*.parquet")}
    known = " UNION ALL ".join(f"SELECT path FROM {place.schema}.{kind}" for kind in _KNOWN_TO)
    with catalogue.connected(place) as connection:
        sql = f"SELECT DISTINCT regexp_replace(path, '^.*/', '') FROM ({known}) f"
        names = {name for (name,) in connection.execute(sql.encode())}
    for name in found.keys() - names:
        found[name].unlink(missing_ok=True)
