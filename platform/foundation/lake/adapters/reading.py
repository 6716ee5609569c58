"""Tables of one lake, read at a snapshot; and what reading and writing have in common."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import duckdb
import pyarrow as pa
from duckdb import DuckDBPyConnection

from foundation.errors import Invalid
from foundation.lake.adapters import catalogue, conditions, halves, sessions
from foundation.lake.adapters.digest import digest_of, has
from foundation.lake.adapters.distinct import MOST_COUNTED
from foundation.lake.adapters.gathering import SAMPLE, Gathering
from foundation.lake.adapters.incoming import Incoming
from foundation.lake.adapters.patience import Patience
from foundation.lake.adapters.profile import profile_of
from foundation.lake.adapters.sessions import name, quoted
from foundation.lake.adapters.values import values_of
from foundation.lake.adapters.widths import rows_at_once, shown
from foundation.lake.errors import LakeFailed, LakeSlow, LakeTooSmall, LakeUnavailable, TableMissing
from foundation.lake.place import LakePlace
from foundation.lake.ports import Column, Condition, FileParser, Inspected, Known, LakeFile, TableAt
from foundation.words import kept as _

_TABLE = re.compile(r"[a-z][a-z0-9_]{0,62}")
_BATCH = 122_880
# A table that is no larger is copied into memory, to be looked at from several sides.
_SMALL_ROWS, _SMALL_BYTES, _COPY = 50_000, 2 << 20, "inspected"
_LOST = (duckdb.IOException, duckdb.TransactionException, duckdb.FatalException, duckdb.ConnectionException)
_NO_MEMORY, _BROKEN_OFF = "Out of Memory Error", "INTERRUPT Error"
Params = Sequence[Any] | Mapping[str, Any] | None
Shown: TypeAlias = TableAt | pa.Table


class Reading:
    """One tenant's tables as they are read; see `foundation.lake.ports.Lake` for what each method promises."""

    def __init__(
        self,
        place: LakePlace,
        parse: FileParser,
        change: Callable[[pa.RecordBatch], pa.RecordBatch] | None = None,
    ) -> None:
        self._place, self._parse, self._change = place, parse, change

    def query(
        self,
        sql: str,
        inputs: Mapping[str, Shown],
        params: Params = None,
        *,
        at_once: int | None = None,
        seconds: float | None = None,
    ) -> pa.RecordBatchReader:
        return self._answer(sql, inputs, params, min(_BATCH, at_once or _BATCH), seconds)

    def _answer(
        self, sql: str, inputs: Mapping[str, Shown], params: Params, at_once: int, seconds: float | None = None
    ) -> pa.RecordBatchReader:
        if seconds is not None and seconds <= 0:
            raise _too_slow()
        connection = sessions.open_cursor(self._place)
        patience = Patience(connection)
        try:
            patience.begin(seconds)
            with self._translated():
                self._show(connection, inputs)
                # The reader keeps the connection alive, and closes it with itself.
                reader = connection.execute(sql, params or None).to_arrow_reader(at_once)
                return pa.RecordBatchReader.from_batches(reader.schema, self._told(reader, patience))
        except Exception:
            patience.close()
            raise

    def schema(self, at: TableAt) -> list[Column]:
        with self._reading() as connection:
            return self._columns(connection, at)

    def known(self, at: TableAt) -> Known:
        rows, files, complete = catalogue.known(self._place, checked(at.table), int(at.snapshot))
        return Known(rows, files, frozenset(complete))

    def count(self, at: TableAt) -> int:
        with self._reading() as connection:
            row = connection.execute(f"SELECT count(*) FROM {self._relation(at)}").fetchone()
        return int(row[0]) if row else 0

    def digest(self, at: TableAt) -> str:
        with self._reading() as connection:
            return digest_of(connection, self._relation(at), self._columns(connection, at))

    def has_digest(self, at: TableAt, digest: str) -> bool:
        with self._reading() as connection:
            return has(connection, self._relation(at), self._columns(connection, at), digest)

    def inspect(self, at: TableAt) -> Inspected:
        rows, size = catalogue.size_of(self._place, checked(at.table), int(at.snapshot))
        if rows <= _SMALL_ROWS and size <= _SMALL_BYTES:
            return self._inspect_small(at)
        with self._reading() as connection, sessions.cursor(self._place) as own:
            relation, columns, rows = self._relation(at), self._columns(connection, at), self.count(at)
            gathered = Gathering(own, columns, rows) if rows > MOST_COUNTED else None
            digest = digest_of(connection, relation, columns, gathered)
            profile = profile_of(own, relation, columns, rows, gathered)
            return Inspected(digest, profile, values_of(own, SAMPLE if gathered else relation, columns))

    def _inspect_small(self, at: TableAt) -> Inspected:
        """Out of a copy in memory: each look at the lake asks the catalogue and opens the files."""
        with self._reading() as connection:
            columns = self._columns(connection, at)
            connection.execute(f"CREATE TEMP TABLE {_COPY} AS FROM {self._relation(at)}")
            copied = connection.execute(f"SELECT count(*) FROM {_COPY}").fetchone()
            digest = digest_of(connection, _COPY, columns)
            profile = profile_of(connection, _COPY, columns, copied[0] if copied else 0, None)
            return Inspected(digest, profile, values_of(connection, _COPY, columns))

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
            page, columns = f"{sql} LIMIT {int(limit)} OFFSET {int(offset)}", ", ".join(map(shown, there.values()))
            return connection.execute(f"SELECT {columns} FROM ({page})", params).to_arrow_table()

    def read(self, at: TableAt, columns: Sequence[str] | None = None) -> pa.RecordBatchReader:
        wanted = ", ".join(map(name, columns)) if columns else "*"
        with self._reading() as connection:
            there = [one for one in self._columns(connection, at) if not columns or one.name in columns]
            at_once = rows_at_once(connection, self._relation(at), there, _BATCH)
        return self._answer(f"SELECT {wanted} FROM {self._relation(at)}", {}, None, at_once)

    def added_between(
        self, since: TableAt, until: TableAt, columns: Sequence[str] | None = None
    ) -> pa.RecordBatchReader | None:
        if since.table != until.table or since.snapshot > until.snapshot or self.schema(since) != self.schema(until):
            return None
        wanted = [column for column in self.schema(until) if columns is None or column.name in columns]
        named = ", ".join(name(column.name) for column in wanted)
        if since.snapshot == until.snapshot:
            return self.query(f"SELECT {named} FROM {self._relation(until)} LIMIT 0", {})
        span = f"'lake', 'main', {quoted(since.table)}, {int(since.snapshot) + 1}, {int(until.snapshot)}"
        parts = (f"ducklake_table_deletions({span})", f"ducklake_table_insertions({span})")
        counts = ", ".join(f"(SELECT count(*) FROM {part})" for part in (*parts, *map(self._relation, (since, until))))
        with self._reading() as connection:
            taken, came, before, after = connection.execute(f"SELECT {counts}").fetchone() or (1, 0, 0, 0)
            # A table that was written anew in between tells of its new rows alone; their number gives it away.
            if taken or int(before) + int(came) != int(after):
                return None
            at_once = rows_at_once(connection, parts[1], wanted, _BATCH)
        return self._answer(f"SELECT {named} FROM {parts[1]}", {}, None, at_once)

    def exists(self, table: str) -> bool:
        return self._newest(table) is not None

    def current(self, table: str) -> TableAt:
        snapshot = self._newest(table)
        if snapshot is None:
            raise TableMissing(_("There is no table “%(table)s” in the lake.") % {"table": table})
        return TableAt(table, snapshot)

    def mark_of(self, table: str, writer: str = "") -> str:
        return catalogue.mark_of(self._place, checked(table), writer)

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

    def tables(self) -> list[str]:
        return catalogue.tables(self._place)

    def _newest(self, table: str) -> int | None:
        ready, snapshot = catalogue.current(self._place, checked(table))
        if ready:
            return snapshot
        with self._reading():  # whoever opens it first makes it, or puts it under the keys of this version
            return catalogue.current(self._place, table)[1]

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

    def _told(self, reader: pa.RecordBatchReader, patience: Patience) -> Iterator[pa.RecordBatch]:
        """The same rows; of an engine without memory, or without time, it is said half way as it is said at once."""
        try:
            yield from reader
        except OSError as error:
            if _NO_MEMORY in str(error):
                raise self._too_small() from error
            if _BROKEN_OFF in str(error):
                raise _too_slow() from error
            raise
        finally:
            patience.end()

    def _too_small(self) -> LakeTooSmall:
        sentence = _(
            "Values as long as these take more memory than the %(memory)s MB that the lake's engine has. Whoever runs"
            " the portal raises LAKE_MEMORY_MB; or make a new version of what is read here: its rows are written anew,"
            " in parts that take less."
        )
        return LakeTooSmall(sentence % {"memory": self._place.memory_mb})

    def _in_words(self, error: duckdb.Error) -> Exception:
        if isinstance(error, duckdb.OutOfMemoryException):
            return self._too_small()
        if isinstance(error, duckdb.InterruptException):
            return _too_slow()
        if isinstance(error, duckdb.CatalogException | duckdb.BinderException) and "does not exist" in str(error):
            return TableMissing(_("There is no such table in the lake; it may have been dropped."))
        if "No snapshot found" in str(error):
            return TableMissing(_("This snapshot of the lake has expired."))
        if halves.NO_ROOM in str(error):
            sentence = _(
                "The lake's disk is full, and nothing was written. Ask whoever runs it for room, then try again."
            )
            return LakeUnavailable(sentence)
        if isinstance(error, _LOST):
            sessions.forget(self._place)
            return LakeUnavailable(_("The lake did not answer, and nothing was written; try again."))
        kind = type(error).__name__
        return LakeFailed(_("A query of the portal's own failed in the lake (%(kind)s).") % {"kind": kind})

    def _show(self, connection: DuckDBPyConnection, inputs: Mapping[str, Shown]) -> None:
        for alias, at in inputs.items():
            if isinstance(at, TableAt):
                connection.execute(f"CREATE TEMP VIEW {name(alias)} AS FROM {self._relation(at)}")
            else:
                connection.register(alias, at)

    def _relation(self, at: TableAt) -> str:
        return f"lake.main.{name(checked(at.table))} AT (VERSION => {int(at.snapshot)})"

    def _columns(self, connection: DuckDBPyConnection, at: TableAt) -> list[Column]:
        rows = connection.execute(f"DESCRIBE FROM {self._relation(at)}").fetchall()
        return [Column(row[0], row[1], row[2] == "YES") for row in rows]

    def _is_there(self, table: str) -> bool:
        """Of a lake that was made, under the table's lock; DuckDB would look at every table's figures for it."""
        return catalogue.current(self._place, checked(table))[1] is not None


def _too_slow() -> LakeSlow:
    return LakeSlow(_("The lake took longer over this than can be waited for; try again when less is going on."))


def checked(table: str) -> str:
    """The name of a table; Invalid where it is none."""
    if not _TABLE.fullmatch(table):
        raise Invalid(
            _("“%(table)s” cannot be a table's name: use a–z, 0–9 and _, from a letter on.") % {"table": table}
        )
    return table


def _text(key: bytes | str | None) -> str | None:
    return base64.b64encode(key).decode() if isinstance(key, bytes | bytearray) else key
