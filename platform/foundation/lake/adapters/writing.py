"""Tables of one lake, written under their locks, each write in one transaction."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pyarrow as pa
from duckdb import DuckDBPyConnection

from foundation.lake.adapters import aside as aside_rows
from foundation.lake.adapters import catalogue, halves, joined, merging, sessions
from foundation.lake.adapters.incoming import Incoming
from foundation.lake.adapters.reading import Params, Reading, checked
from foundation.lake.adapters.sessions import name, quoted
from foundation.lake.errors import MarkMoved, ReadAgain, TableExists, TableMissing
from foundation.lake.ports import Coming, Failing, FileFormat, Marks, Mode, Span, TableAt, UserFile
from foundation.words import kept as _

_TYPE = re.compile(r"[A-Z]+( [A-Z]+)*(\(\d+(,\d+)?\))?")


class Writing(Reading):
    """What changes the rows of a table."""

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
        with self._locked(table, incoming, {*beside, *less}, deletes=bool(less)) as (connection, locks):
            self._check_mark(table, writer, after, locks)

            def write(rows: pa.RecordBatchReader) -> TableAt:
                connection.register("incoming", rows)
                changed = 0
                for other, more in beside.items():
                    connection.register("more", more)
                    changed += self._put(connection, other, "more", "append", None)
                for other, (where, params) in less.items():
                    changed += _count(connection.execute(f"DELETE FROM lake.main.{name(other)} WHERE {where}", params))
                with sessions.in_order(connection):
                    changed += self._put(connection, table, "incoming", mode, None)
                if mark and not changed:
                    # A transaction that changes nothing is no snapshot, and a mark needs one to come with.
                    connection.execute(f"COMMENT ON TABLE lake.main.{name(table)} IS {quoted(mark)}")
                # The locks end with the commit, which is the last that happens here: this one goes with them.
                catalogue.hold_commits(self._place, locks)
                return self._committed(connection, table, mark, name_of_mark, held=True)

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
        coming: Coming | None = None,
    ) -> TableAt:
        def write(said: Mapping[str, Any], coming: Coming | None = None) -> TableAt:
            with self._parse(path, format, said, coming) as source:
                return self._write(table, Incoming(source, on_rows=on_rows, change=self._change), mode, mark)

        for quick in ("plain", "quoted"):
            try:
                return write({**(options or {}), "quick": quick}, coming)
            except ReadAgain as again:
                if not again.quoted:
                    break
        if coming:
            with path.open("wb") as file:
                file.writelines(coming.pieces())
        return write(options or {})

    def write_from_files(
        self,
        table: str,
        files: Iterable[UserFile],
        *,
        mode: Mode = "create",
        mark: str = "",
        after: str | None = None,
        on_rows: Callable[[int], None] | None = None,
    ) -> TableAt:
        wanted = self.read(self.current(table)).schema if mode == "append" and self.exists(table) else None
        with joined.rows_of(files, self._parse, wanted) as source:
            return self._write(table, Incoming(source, on_rows=on_rows, change=self._change), mode, mark, after)

    def write_query(
        self, table: str, sql: str, inputs: Mapping[str, TableAt], params: Params = None, mode: Mode = "create"
    ) -> TableAt:
        with self._writing(table) as connection:
            self._show(connection, inputs)
            self._put(connection, table, f"({sql}\n)", mode, params)
            return self._committed(connection, table, "")

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
            return self._committed(connection, table, mark, held=deletes)

    def widen(self, table: str, columns: Mapping[str, str]) -> TableAt:
        with self._writing(table) as connection:
            if not self._is_there(table):
                raise TableMissing(_("There is no table “%(table)s” in the lake.") % {"table": table})
            for column, kind in columns.items():
                if not _TYPE.fullmatch(kind):
                    raise ValueError(kind)
                added = f"ADD COLUMN IF NOT EXISTS {name(column)} {kind}"
                connection.execute(f"ALTER TABLE lake.main.{name(table)} {added}")
            self._committed(connection, table, "")
        return self.current(table)

    def set_aside(self, at: TableAt, aside: str, failing: Failing) -> tuple[TableAt, Marks]:
        mark = self.mark_of(at.table)
        with self._writing(at.table, others=(aside,)) as connection:
            columns = self._show_failing(connection, at, failing)
            marks = aside_rows.take_apart(connection, at.table, aside, columns, failing.conditions)
            return self._committed(connection, at.table, mark), marks

    def copy_failing(self, at: TableAt, into: str, failing: Failing, each: int) -> tuple[TableAt, Marks]:
        with self._writing(into) as connection:
            columns = self._show_failing(connection, at, failing)
            marks = aside_rows.copy_first(connection, into, columns, failing.conditions, each)
            return self._committed(connection, into, ""), marks

    def _show_failing(self, connection: DuckDBPyConnection, at: TableAt, failing: Failing) -> list[str]:
        """Let conditions see the rows and what they look into; the rows' columns."""
        self._show(connection, {**failing.inputs, aside_rows.ROWS: at})
        for alias, table in failing.keys.items():
            connection.register(alias, table)
        return [column.name for column in self._columns(connection, at)]

    def were_set_aside(self, table: str, aside: str) -> bool:
        return catalogue.made_together(self._place, checked(table), checked(aside))

    def change_rows(self, table: str, values: Mapping[str, str], where: str, params: Sequence[Any] = ()) -> TableAt:
        with self._writing(table, deletes=True) as connection:
            told = ", ".join(f"{name(column)} = {value}" for column, value in values.items())
            connection.execute(f"UPDATE lake.main.{name(table)} SET {told} WHERE {where}", list(params) or None)
            return self._committed(connection, table, "", held=True)

    def drop(self, table: str) -> None:
        with catalogue.table_lock(self._place, checked(table)):
            if not self._is_there(table):
                return  # mostly it is asked for to be sure that nothing is left of an earlier attempt
            with self._alone() as connection:
                connection.execute("BEGIN")
                connection.execute(f"DROP TABLE lake.main.{name(table)}")
                with catalogue.commits(self._place):
                    connection.execute("COMMIT")

    def _write(self, table: str, incoming: Incoming, mode: Mode, mark: str, after: str | None = None) -> TableAt:
        with self._locked(table, incoming) as (connection, locks):
            self._check_mark(table, "", after, locks)

            def write(rows: pa.RecordBatchReader) -> TableAt:
                connection.register("incoming", rows)
                with sessions.in_order(connection):
                    self._put(connection, table, "incoming", mode, None)
                return self._committed(connection, table, mark)

            return incoming.feed(write)

    def _check_mark(self, table: str, writer: str, after: str | None, locks: psycopg.Connection) -> None:
        """To be called under the table's lock."""
        if after is not None and catalogue.mark_in(self._place, locks, table, writer) != after:
            raise MarkMoved(_("Somebody else wrote to this table in the same name; nothing was written."))

    def _put(self, connection: DuckDBPyConnection, table: str, rows: str, mode: Mode, params: Params) -> int:
        """How many rows were put there."""
        target, there = f"lake.main.{name(table)}", self._is_there(table)
        if mode == "create" and there:
            raise TableExists(_("There is a table “%(table)s” already; choose another name.") % {"table": table})
        if mode == "append" and there:
            return _count(connection.execute(f"INSERT INTO {target} BY NAME SELECT * FROM {rows}", params or None))
        return _count(connection.execute(f"CREATE OR REPLACE TABLE {target} AS SELECT * FROM {rows}", params or None))

    def _committed(
        self, connection: DuckDBPyConnection, table: str, mark: str, signed: str = "", *, held: bool = False
    ) -> TableAt:
        """`held`: nobody else commits already."""
        if mark:
            connection.execute("CALL ducklake_set_commit_message('lake', ?, ?)", [signed or table, mark])
        with nullcontext() if held else catalogue.commits(self._place):
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
        with self._locked(table, incoming, others, deletes=deletes) as (connection, _locks):
            yield connection

    @contextmanager
    def _locked(
        self,
        table: str,
        incoming: Incoming | None = None,
        others: Collection[str] = (),
        *,
        deletes: bool = False,
    ) -> Iterator[tuple[DuckDBPyConnection, psycopg.Connection]]:
        """As `_writing`, with the connection of the catalogue that holds the locks."""
        with catalogue.table_lock(self._place, *map(checked, (table, *others))) as locks:
            if deletes:
                catalogue.hold_commits(self._place, locks)
            with self._alone(incoming) as connection, halves.removed_where_full(self._place, {table, *others}):
                connection.execute("BEGIN")
                try:
                    yield connection, locks
                except BaseException:
                    _roll_back(connection)
                    raise


def _count(told: DuckDBPyConnection) -> int:
    row = told.fetchone()
    return int(row[0]) if row else 0


def _roll_back(connection: DuckDBPyConnection) -> None:
    try:
        connection.execute("ROLLBACK")
    except duckdb.TransactionException:
        # The failed statement ended the transaction already.
        return
