"""What keeps a lake small, and what makes rows of it unreadable for ever."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from duckdb import DuckDBPyConnection

from foundation.lake.adapters import catalogue, destroying, forgetting, sessions
from foundation.lake.adapters.reading import Params, checked
from foundation.lake.adapters.sessions import name, quoted
from foundation.lake.adapters.writing import Writing
from foundation.lake.errors import TableMissing
from foundation.lake.ports import TableAt
from foundation.words import kept as _

# Longer than most writes take: new writers wait behind it.
_DESTROY_PATIENCE = "2min"
# Small files are merged with small ones, middling ones with their like: so the same rows are not written ever anew.
_SMALL_FILES = (8 * 1024**2, 128 * 1024**2)


class Upkeep(Writing):
    """What is done to tables without a change of their rows as they are now, and the erasure of rows."""

    def compact(self, table: str, *, fewest: int = 2) -> TableAt:
        with catalogue.table_lock(self._place, checked(table)), self._alone() as connection:
            if not self._is_there(table):
                raise TableMissing(_("There is no table “%(table)s” in the lake.") % {"table": table})
            for size in _SMALL_FILES:
                if catalogue.files_below(self._place, table, size) >= fewest:
                    merge = f"ducklake_merge_adjacent_files('lake', {quoted(table)}, max_file_size => {size})"
                    # Rows keep their numbers by their order, for which several threads hold whole groups of rows, of
                    # so many as there are, whatever their size.
                    with sessions.in_order(connection):
                        self._call_alone(connection, merge)
        return self.current(table)

    def expire(
        self, *, keep: Sequence[TableAt] | Callable[[], Sequence[TableAt]], before: datetime | None = None
    ) -> int:
        if not catalogue.is_ready(self._place):
            return 0
        with catalogue.lake_lock(self._place), self._alone() as connection:
            gone = forgetting.let_go(self._place, keep() if callable(keep) else keep, before)
            if gone:
                connection.execute(f"CALL ducklake_expire_snapshots('lake', versions => {gone})").fetchall()
            which = "cleanup_all => true" if before is None else f"older_than => {quoted(before.isoformat())}"
            connection.execute(f"CALL ducklake_cleanup_old_files('lake', {which})").fetchall()
            # Nobody writes now: a file the catalogue does not know is what a killed writer left.
            connection.execute("CALL ducklake_delete_orphaned_files('lake', cleanup_all => true)").fetchall()
            return len(gone)

    def destroy(self, tables: Sequence[str], *, make_key: Callable[[], None]) -> int:
        if not catalogue.is_ready(self._place):
            make_key()
            return 0  # nobody ever wrote here
        for table in set(tables) & set(self.tables()):
            self.drop(table)
        with catalogue.lake_lock(self._place, patience=_DESTROY_PATIENCE):
            count = destroying.destroy_keys(self._place, tables, make_key)
            self._delete_unknown_files()
        return count

    def erase_rows(self, table: str, where: str, params: Params = None) -> int:
        with self._writing(table, deletes=True) as connection:
            if not self._is_there(table):
                return 0
            deleted = f"DELETE FROM lake.main.{name(table)} WHERE {where}"
            row = connection.execute(deleted, params or None).fetchone()
            connection.execute("COMMIT")
        with catalogue.table_lock(self._place, table), self._alone() as connection:
            # Also where an earlier attempt was cut off in between: every file with a deleted row is written anew.
            rewrite = f"ducklake_rewrite_data_files('lake', {quoted(table)}, delete_threshold => 0)"
            self._call_alone(connection, rewrite)
        return int(row[0]) if row else 0

    def forget_past(self, tables: Sequence[str], *, make_key: Callable[[], None]) -> int:
        with catalogue.lake_lock(self._place, patience=_DESTROY_PATIENCE):
            count = destroying.destroy_keys(self._place, tables, make_key, past_alone=True)
            self._delete_unknown_files()
        return count

    def _delete_unknown_files(self) -> None:
        """To be called where nobody writes: what the catalogue does not know is nobody's."""
        with self._alone() as connection:
            connection.execute("CALL ducklake_cleanup_old_files('lake', cleanup_all => true)").fetchall()
            connection.execute("CALL ducklake_delete_orphaned_files('lake', cleanup_all => true)").fetchall()

    def _call_alone(self, connection: DuckDBPyConnection, act: str) -> None:
        """Files written anew, in a transaction of their own."""
        connection.execute("BEGIN")
        connection.execute(f"CALL {act}").fetchall()
        with catalogue.commits(self._place):
            connection.execute("COMMIT")
