"""The lake on DuckLake: DuckDB, a PostgreSQL catalogue, encrypted Parquet files."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from django.utils.translation import gettext as _
from duckdb import DuckDBPyConnection

from foundation.errors import Invalid
from foundation.lake.adapters import aside as aside_rows
from foundation.lake.adapters import catalogue, conditions, destroying, forgetting, joined, merging, sessions
from foundation.lake.adapters.digest import digest_of
from foundation.lake.adapters.incoming import Incoming
from foundation.lake.adapters.profile import profile_of
from foundation.lake.adapters.sessions import name, quoted
from foundation.lake.errors import LakeFailed, LakeUnavailable, MarkMoved, TableExists, TableMissing
from foundation.lake.place import LakePlace
from foundation.lake.ports import (
    Column,
    Condition,
    FileFormat,
    FileParser,
    LakeFile,
    Marks,
    Mode,
    Span,
    TableAt,
    UserFile,
)

_TABLE = re.compile(r"[a-z][a-z0-9_]{0,62}")
_TYPE = re.compile(r"[A-Z]+( [A-Z]+)*(\(\d+(,\d+)?\))?")
_BATCH = 122_880
# Longer than most writes take: new writers wait behind it.
_DESTROY_PATIENCE = "2min"
# Small files are merged with small ones, middling ones with their like: so the same rows are not written ever anew.
_SMALL_FILES = (8 * 1024**2, 128 * 1024**2)
_LOST = (duckdb.IOException, duckdb.TransactionException, duckdb.FatalException, duckdb.ConnectionException)
Params = Sequence[Any] | Mapping[str, Any] | None


class DuckDBLake:
    """One tenant's tables; see `foundation.lake.ports.Lake` for what each method promises."""

    def __init__(
        self,
        place: LakePlace,
        parse: FileParser,
        change: Callable[[pa.RecordBatch], pa.RecordBatch] | None = None,
    ) -> None:
        self._place, self._parse, self._change = place, parse, change

    def changing(self, change: Callable[[pa.RecordBatch], pa.RecordBatch]) -> DuckDBLake:
        return DuckDBLake(self._place, self._parse, change)

    def write(
        self,
        table: str,
        source: pa.RecordBatchReader | pa.Table,
        *,
        mode: Mode = "create",
        mark: str = "",
        writer: str = "",
        after: str | None = None,
        beside: Mapping[str, pa.Table] | None = None,
        less: Mapping[str, tuple[str, Sequence[Any]]] | None = None,
    ) -> TableAt:
        incoming, name_of_mark = Incoming(source, change=self._change), catalogue.signature(table, writer)
        beside, less = beside or {}, less or {}
        with self._writing(table, incoming, {*beside, *less}, deletes=bool(less)) as connection:
            if after is not None and catalogue.mark_of(self._place, table, writer) != after:
                raise MarkMoved(_("Somebody else wrote to this table in the same name; nothing was written."))

            def write(rows: pa.RecordBatchReader) -> TableAt:
                connection.register("incoming", rows)
                for other, more in beside.items():
                    connection.register("more", more)
                    self._put(connection, other, "more", "append", None)
                for other, (where, params) in less.items():
                    connection.execute(f"DELETE FROM lake.main.{name(other)} WHERE {where}", params)
                self._put(connection, table, "incoming", mode, None)
                return self._committed(connection, table, mark, name_of_mark, deletes=bool(less))

            return incoming.feed(write)

    def write_from_file(
        self,
        table: str,
        path: Path,
        format: FileFormat,
        options: Mapping[str, Any] | None = None,
        *,
        mode: Mode = "create",
        mark: str = "",
        on_rows: Callable[[int], None] | None = None,
    ) -> TableAt:
        with self._parse(path, format, options or {}) as source:
            return self._write(table, Incoming(source, on_rows=on_rows, change=self._change), mode, mark)

    def write_from_files(
        self,
        table: str,
        files: Iterable[UserFile],
        *,
        mode: Mode = "create",
        mark: str = "",
        on_rows: Callable[[int], None] | None = None,
    ) -> TableAt:
        wanted = self.read(self.current(table)).schema if mode == "append" and self.exists(table) else None
        with joined.rows_of(files, self._parse, wanted) as source:
            return self._write(table, Incoming(source, on_rows=on_rows, change=self._change), mode, mark)

    def write_query(
        self, table: str, sql: str, inputs: Mapping[str, TableAt], params: Params = None, mode: Mode = "create"
    ) -> TableAt:
        with self._writing(table) as connection:
            self._show(connection, inputs)
            return self._commit(connection, table, f"({sql}\n)", mode, params)

    def merge(
        self,
        table: str,
        rows: TableAt,
        *,
        base: TableAt,
        after: str,
        mark: str,
        keys: Sequence[str] = (),
        span: Span | None = None,
    ) -> TableAt:
        deletes = base.table == table and bool(keys or span)
        with self._writing(table, deletes=deletes) as connection:
            before, target = self.mark_of(table), f"lake.main.{name(table)}"
            if before == mark:
                return self.current(table)
            if before != (after if base.table == table else ""):
                raise MarkMoved(_("Somebody else wrote to this table meanwhile; nothing was written. Begin again."))
            self._show(connection, {"came": rows, "was": base})
            step = merging.grow if base.table == table else merging.begin
            step(connection, target, keys, span)
            return self._committed(connection, table, mark, deletes=deletes)

    def widen(self, table: str, columns: Mapping[str, str]) -> TableAt:
        with self._writing(table) as connection:
            if not self._exists(connection, table):
                raise TableMissing(_("There is no table “%(table)s” in the lake.") % {"table": table})
            for column, kind in columns.items():
                if not _TYPE.fullmatch(kind):
                    raise ValueError(kind)
                added = f"ADD COLUMN IF NOT EXISTS {name(column)} {kind}"
                connection.execute(f"ALTER TABLE lake.main.{name(table)} {added}")
            self._committed(connection, table, "")
        return self.current(table)

    def set_aside(
        self,
        at: TableAt,
        aside: str,
        failing: Mapping[str, str],
        inputs: Mapping[str, TableAt],
        keys: Mapping[str, pa.Table],
    ) -> tuple[TableAt, Marks]:
        mark = self.mark_of(at.table)
        with catalogue.table_lock(self._place, _checked(aside)), self._writing(at.table, deletes=True) as connection:
            self._show(connection, {**inputs, aside_rows.ROWS: at})
            for alias, table in keys.items():
                connection.register(alias, table)
            columns = [column.name for column in self._columns(connection, at)]
            marks = aside_rows.take_apart(connection, at.table, aside, columns, failing)
            return self._committed(connection, at.table, mark, deletes=True), marks

    def were_set_aside(self, table: str, aside: str) -> bool:
        return catalogue.made_together(self._place, _checked(table), _checked(aside))

    def change_rows(self, table: str, values: Mapping[str, str], where: str, params: Sequence[Any] = ()) -> TableAt:
        with self._writing(table, deletes=True) as connection:
            told = ", ".join(f"{name(column)} = {value}" for column, value in values.items())
            connection.execute(f"UPDATE lake.main.{name(table)} SET {told} WHERE {where}", list(params) or None)
            return self._committed(connection, table, "", deletes=True)

    def query(self, sql: str, inputs: Mapping[str, TableAt], params: Params = None) -> pa.RecordBatchReader:
        connection = sessions.open_cursor(self._place)
        try:
            with self._translated():
                self._show(connection, inputs)
                # The reader keeps the connection alive, and closes it with itself.
                return connection.execute(sql, params or None).to_arrow_reader(_BATCH)
        except Exception:
            connection.close()
            raise

    def schema(self, at: TableAt) -> list[Column]:
        with self._reading() as connection:
            return self._columns(connection, at)

    def count(self, at: TableAt) -> int:
        with self._reading() as connection:
            row = connection.execute(f"SELECT count(*) FROM {self._relation(at)}").fetchone()
        return int(row[0]) if row else 0

    def digest(self, at: TableAt) -> str:
        with self._reading() as connection:
            return digest_of(connection, self._relation(at), self._columns(connection, at))

    def profile(self, at: TableAt) -> dict[str, Any]:
        with self._reading() as connection:
            return profile_of(connection, self._relation(at), self._columns(connection, at))

    def preview(
        self,
        at: TableAt,
        limit: int = 50,
        offset: int = 0,
        order_by: str | None = None,
        descending: bool = False,
        where: Sequence[Condition] = (),
    ) -> pa.Table:
        with self._reading() as connection:
            there = {column.name: column for column in self._columns(connection, at)}
            sql, params = f"SELECT * FROM {self._relation(at)}", list[Any]()
            for joint, condition in zip(["WHERE"] + ["AND"] * len(where), where, strict=False):
                sql += f" {joint} {conditions.as_sql(conditions.known(there, condition.column), condition, params)}"
            if order_by:
                by = name(conditions.known(there, order_by).name)
                sql += f" ORDER BY {by} {'DESC' if descending else 'ASC'} NULLS LAST"
            return connection.execute(f"{sql} LIMIT {int(limit)} OFFSET {int(offset)}", params).to_arrow_table()

    def read(self, at: TableAt, columns: Sequence[str] | None = None) -> pa.RecordBatchReader:
        wanted = ", ".join(map(name, columns)) if columns else "*"
        return self.query(f"SELECT {wanted} FROM {self._relation(at)}", {})

    def added_between(self, since: TableAt, until: TableAt) -> pa.RecordBatchReader | None:
        if since.table != until.table or since.snapshot > until.snapshot or self.schema(since) != self.schema(until):
            return None
        if since.snapshot == until.snapshot:
            return self.query(f"FROM {self._relation(until)} LIMIT 0", {})
        span = f"'lake', 'main', {quoted(since.table)}, {int(since.snapshot) + 1}, {int(until.snapshot)}"
        sql = (
            f"SELECT (SELECT count(*) FROM ducklake_table_deletions({span})), "
            f"(SELECT count(*) FROM ducklake_table_insertions({span}))"
        )
        with self._reading() as connection:
            taken, came = connection.execute(sql).fetchone() or (1, 0)
        # A table that was written anew in between tells of its new rows alone; their number gives it away.
        if taken or self.count(since) + int(came) != self.count(until):
            return None
        return self.query(f"FROM ducklake_table_insertions({span})", {})

    def exists(self, table: str) -> bool:
        with self._reading() as connection:
            return self._exists(connection, _checked(table))

    def current(self, table: str) -> TableAt:
        with self._reading() as connection:
            if not self._exists(connection, _checked(table)):
                raise TableMissing(_("There is no table “%(table)s” in the lake.") % {"table": table})
            row = connection.execute("FROM ducklake_current_snapshot('lake')").fetchone()
        return TableAt(table, int(row[0]) if row else 0)

    def mark_of(self, table: str, writer: str = "") -> str:
        return catalogue.mark_of(self._place, _checked(table), writer)

    def files_of(self, at: TableAt) -> list[LakeFile]:
        self.schema(at)  # says in words where the table or the snapshot is missing
        with self._reading() as connection:
            listed = f"ducklake_list_files('lake', {quoted(at.table)}, snapshot_version => {int(at.snapshot)})"
            columns = "data_file, data_file_encryption_key, delete_file, delete_file_encryption_key"
            found = connection.execute(f"SELECT {columns} FROM {listed}").fetchall()
        return [
            LakeFile(data, _text(key), LakeFile(deletes, _text(delete_key)) if deletes else None)
            for data, key, deletes, delete_key in found
        ]

    def sizes(self, tables: Collection[str] | None = None) -> dict[str, int]:
        return catalogue.sizes(self._place, tables)

    def drop(self, table: str) -> None:
        with self._writing(table) as connection:
            connection.execute(f"DROP TABLE IF EXISTS lake.main.{name(_checked(table))}")
            with catalogue.commits(self._place):
                connection.execute("COMMIT")

    def tables(self) -> list[str]:
        return catalogue.tables(self._place)

    def compact(self, table: str, *, fewest: int = 2) -> TableAt:
        with catalogue.table_lock(self._place, _checked(table)), self._alone() as connection:
            if not self._exists(connection, table):
                raise TableMissing(_("There is no table “%(table)s” in the lake.") % {"table": table})
            for size in _SMALL_FILES:
                if catalogue.files_below(self._place, table, size) >= fewest:
                    merge = f"ducklake_merge_adjacent_files('lake', {quoted(table)}, max_file_size => {size})"
                    self._call_alone(connection, merge)
        return self.current(table)

    def expire(self, *, keep: Sequence[TableAt], before: datetime | None = None) -> int:
        if not catalogue.is_ready(self._place):
            return 0
        with catalogue.lake_lock(self._place), self._alone() as connection:
            gone = forgetting.let_go(self._place, keep, before)
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
            if not self._exists(connection, table):
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

    def _write(self, table: str, incoming: Incoming, mode: Mode, mark: str) -> TableAt:
        with self._writing(table, incoming) as connection:

            def write(rows: pa.RecordBatchReader) -> TableAt:
                connection.register("incoming", rows)
                return self._commit(connection, table, "incoming", mode, None, mark)

            return incoming.feed(write)

    def _commit(
        self,
        connection: DuckDBPyConnection,
        table: str,
        rows: str,
        mode: Mode,
        params: Params,
        mark: str = "",
    ) -> TableAt:
        self._put(connection, table, rows, mode, params)
        return self._committed(connection, table, mark)

    def _put(self, connection: DuckDBPyConnection, table: str, rows: str, mode: Mode, params: Params) -> None:
        target, there = f"lake.main.{name(table)}", self._exists(connection, table)
        if mode == "create" and there:
            raise TableExists(_("There is a table “%(table)s” already; choose another name.") % {"table": table})
        if mode == "append" and there:
            connection.execute(f"INSERT INTO {target} BY NAME SELECT * FROM {rows}", params or None)
        else:
            connection.execute(f"CREATE OR REPLACE TABLE {target} AS SELECT * FROM {rows}", params or None)

    def _call_alone(self, connection: DuckDBPyConnection, act: str) -> None:
        """Files written anew, in a transaction of their own."""
        connection.execute("BEGIN")
        connection.execute(f"CALL {act}").fetchall()
        with catalogue.commits(self._place):
            connection.execute("COMMIT")

    def _committed(
        self, connection: DuckDBPyConnection, table: str, mark: str, signed: str = "", *, deletes: bool = False
    ) -> TableAt:
        if mark:
            connection.execute("CALL ducklake_set_commit_message('lake', ?, ?)", [signed or table, mark])
        with nullcontext() if deletes else catalogue.commits(self._place):
            connection.execute("COMMIT")
        row = connection.execute("FROM ducklake_last_committed_snapshot('lake')").fetchone()
        return TableAt(table, int(row[0]) if row else 0)

    @contextmanager
    def _writing(
        self,
        table: str,
        incoming: Incoming | None = None,
        others: Collection[str] = (),
        *,
        deletes: bool = False,
    ) -> Iterator[DuckDBPyConnection]:
        """One transaction under the tables' locks; on any error it is rolled back and its files are gone."""
        with ExitStack() as locks:
            for locked in (table, *sorted(others)):
                locks.enter_context(catalogue.table_lock(self._place, _checked(locked)))
            if deletes:
                locks.enter_context(catalogue.commits(self._place))
            connection = locks.enter_context(self._alone(incoming))
            connection.execute("BEGIN")
            try:
                yield connection
            except BaseException:
                _roll_back(connection)
                raise

    @contextmanager
    def _reading(self) -> Iterator[DuckDBPyConnection]:
        with self._translated(), sessions.cursor(self._place) as connection:
            yield connection

    @contextmanager
    def _alone(self, incoming: Incoming | None = None) -> Iterator[DuckDBPyConnection]:
        with self._translated(incoming), sessions.alone(self._place) as connection:
            yield connection

    @contextmanager
    def _translated(self, incoming: Incoming | None = None) -> Iterator[None]:
        """DuckDB's errors in our words; its own texts hold values and stay in the chain of causes, for the log."""
        try:
            yield
        except duckdb.Error as error:
            if incoming is not None and incoming.failure is not None:
                raise incoming.failure from None
            raise self._in_words(error) from error

    def _in_words(self, error: duckdb.Error) -> Exception:
        if isinstance(error, duckdb.CatalogException | duckdb.BinderException) and "does not exist" in str(error):
            return TableMissing(_("There is no such table in the lake; it may have been dropped."))
        if "No snapshot found" in str(error):
            return TableMissing(_("This snapshot of the lake has expired."))
        if isinstance(error, _LOST):
            sessions.forget(self._place)
            return LakeUnavailable(_("The lake did not answer, and nothing was written; try again."))
        kind = type(error).__name__
        return LakeFailed(_("A query of the portal's own failed in the lake (%(kind)s).") % {"kind": kind})

    def _show(self, connection: DuckDBPyConnection, inputs: Mapping[str, TableAt]) -> None:
        for alias, at in inputs.items():
            connection.execute(f"CREATE TEMP VIEW {name(alias)} AS FROM {self._relation(at)}")

    def _relation(self, at: TableAt) -> str:
        return f"lake.main.{name(_checked(at.table))} AT (VERSION => {int(at.snapshot)})"

    def _columns(self, connection: DuckDBPyConnection, at: TableAt) -> list[Column]:
        rows = connection.execute(f"DESCRIBE FROM {self._relation(at)}").fetchall()
        return [Column(row[0], row[1], row[2] == "YES") for row in rows]

    def _exists(self, connection: DuckDBPyConnection, table: str) -> bool:
        sql = "SELECT 1 FROM duckdb_tables() WHERE database_name = 'lake' AND schema_name = 'main' AND table_name = ?"
        return connection.execute(sql, [table]).fetchone() is not None


def _checked(table: str) -> str:
    if not _TABLE.fullmatch(table):
        raise Invalid(
            _("“%(table)s” cannot be a table's name: use a–z, 0–9 and _, from a letter on.") % {"table": table}
        )
    return table


def _text(key: bytes | str | None) -> str | None:
    return base64.b64encode(key).decode() if isinstance(key, bytes | bytearray) else key


def _roll_back(connection: DuckDBPyConnection) -> None:
    try:
        connection.execute("ROLLBACK")
    except duckdb.TransactionException:
        # The failed statement ended the transaction already.
        return
