"""PostgreSQL as a source: rows by COPY, in a transaction that only reads and sees one state."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from psycopg import sql
from psycopg.rows import dict_row

from apps.connections.adapters import csv_rows, databases
from apps.connections.adapters.databases import DatabaseAt
from apps.connections.adapters.postgresql_types import column_of
from apps.connections.adapters.postgresql_wire import BoundedConnection, connected, said
from apps.connections.adapters.tables import Column, Look, Range, Tables, joined, parts_of
from apps.connections.errors import PlaceMissing, SourceBroken, SourceRefused, SourceUnreachable
from apps.connections.ports import Secrets, Thing
from foundation.quoting import identifier, literal
from foundation.words import kept as _

_COUNT_S = 5
_TABLES = """
SELECT n.nspname, c.relname, c.relkind, c.reltuples::bigint AS rows,
       CASE WHEN c.relkind IN ('r', 'm', 'p') THEN pg_table_size(c.oid) END AS bytes
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%%'
  AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
  AND starts_with(n.nspname || '.' || c.relname, %s)
ORDER BY n.nspname, c.relname LIMIT %s
"""
_TABLE = """
SELECT c.oid, n.nspname, c.relname, c.relkind, c.reltuples::bigint AS rows,
       has_table_privilege(c.oid, 'SELECT') OR has_any_column_privilege(c.oid, 'SELECT') AS readable,
       CASE WHEN c.relkind IN ('r', 'm', 'p') THEN pg_table_size(c.oid) END AS bytes,
       (SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
        WHERE i.indrelid = c.oid AND i.indisprimary) AS key
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relname = %(table)s
  AND CASE WHEN %(schema)s::text IS NULL THEN pg_table_is_visible(c.oid) ELSE n.nspname = %(schema)s END
"""
# A domain is what it is made of, down to the last.
_COLUMNS = """
WITH RECURSIVE base AS (
    SELECT a.attnum, a.atttypid AS type, a.atttypmod AS modifier FROM pg_attribute a
    WHERE a.attrelid = %(oid)s AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
    SELECT b.attnum, t.typbasetype, CASE WHEN t.typtypmod >= 0 THEN t.typtypmod ELSE b.modifier END
    FROM base b JOIN pg_type t ON t.oid = b.type WHERE t.typtype = 'd'
)
SELECT a.attname AS name, a.attnotnull AS not_null, format_type(a.atttypid, a.atttypmod) AS source_type,
       t.typname AS base, b.modifier, t.typtype = 'e' AS is_enum,
       CASE WHEN t.typcategory = 'A' THEN (SELECT e.typname FROM pg_type e WHERE e.oid = t.typelem) END AS element
FROM pg_attribute a JOIN base b ON b.attnum = a.attnum JOIN pg_type t ON t.oid = b.type AND t.typtype <> 'd'
WHERE a.attrelid = %(oid)s AND has_column_privilege(a.attrelid, a.attnum, 'SELECT')
ORDER BY a.attnum LIMIT 2000
"""
_SET = """
SET default_transaction_read_only = on; SET lock_timeout = '10s'; SET search_path = pg_catalog, public;
SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'iso_8601'; SET bytea_output = 'hex';
SET extra_float_digits = 3; SET standard_conforming_strings = on; SET xmloption = 'content'; SET row_security = on
"""


def open_source(settings: Mapping[str, Any], secrets: Secrets, scratch: Path) -> Tables:
    """The source that `settings` name: host, port, database, user, tls, authority; secret: password."""
    at = DatabaseAt.read(settings, 5432)

    @contextmanager
    def session(patience_s: float, statement_s: float) -> Iterator[PostgresqlSession]:
        with connected(at, secrets, patience_s) as connection:
            yield PostgresqlSession(at, connection, statement_s)

    return Tables(session, lambda: databases.steps(at, lambda: session(10, 10)))


class PostgresqlSession:
    def __init__(self, at: DatabaseAt, connection: BoundedConnection, statement_s: float) -> None:
        self._at, self._connection = at, connection
        connection.execute(sql.SQL(_SET))
        self._limit(statement_s)
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    def things(self, prefix: str, limit: int) -> list[Thing]:
        return [
            Thing(
                joined(row["nspname"], row["relname"]),
                "view" if row["relkind"] in "vm" else "table",
                row["rows"] if row["rows"] >= 0 and row["relkind"] in "rpm" else None,
                row["bytes"],
            )
            for row in self._rows(_TABLES, [prefix, limit])
        ]

    def look(self, name: Sequence[str], *, with_rows: bool = False) -> Look:
        schema, table = name if len(name) == 2 else (None, name[0])
        found = self._rows(_TABLE, {"schema": schema, "table": table})
        if not found:
            raise PlaceMissing(
                _("%(database)s has no table %(table)s that %(user)s sees.")
                % {"database": self._at.database, "table": joined(*name), "user": self._at.user}
            )
        [row, *_others] = found
        if not row["readable"]:
            raise SourceRefused(
                _("%(user)s may not read %(table)s (GRANT SELECT).") % {"user": self._at.user, "table": joined(*name)}
            )
        columns = [column_of(one, identifier(one["name"])) for one in self._rows(_COLUMNS, {"oid": row["oid"]})]
        if not columns:
            raise SourceBroken(_("%(table)s has no columns that can be read.") % {"table": joined(*name)})
        rows, exact = self._count(row) if with_rows else (None, False)
        sortable = {column.name for column in columns if column.sortable}
        key = row["key"] if row["key"] in sortable else None
        return Look(joined(row["nspname"], row["relname"]), str(row["oid"]), columns, rows, exact, row["bytes"], key)

    def border(self, look: Look, within: Range, offset: int) -> str | None:
        return self._sorted(look, within, _where(look, within), f"LIMIT 1 OFFSET {int(offset)}")

    def last(self, look: Look, within: Range) -> str | None:
        where = f"{_where(look, within)} AND t.{identifier(within.column)} IS NOT NULL"
        return self._sorted(look, within, where, "DESC LIMIT 1")

    def _sorted(self, look: Look, within: Range, where: str, which: str) -> str | None:
        # Without the table before it a name in ORDER BY is the output's, which is text.
        column = f"t.{identifier(within.column)}"
        return self._value(f"SELECT {column}::text FROM {_table(look)} AS t WHERE {where} ORDER BY {column} {which}")

    def lines(
        self, look: Look, columns: Sequence[Column], within: Range | None, limit: int | None
    ) -> Generator[memoryview, None, None]:
        query = _select(look, columns, _where(look, within) if within else "true", limit)
        with said(self._at):
            yield from self._connection.copied(f"COPY ({query}) TO STDOUT (FORMAT csv)".encode())

    def _rows(self, query: str, values: Any) -> list[dict[str, Any]]:
        with self._connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query, values).fetchall()

    def _value(self, query: str) -> str | None:
        found = self._connection.execute(query.encode()).fetchone()
        return found[0] if found else None

    def _limit(self, seconds: float) -> None:
        self._connection.execute(sql.SQL("SET statement_timeout = {}").format(sql.Literal(round(1000 * seconds))))

    def _count(self, row: Mapping[str, Any]) -> tuple[int | None, bool]:
        """The planner's estimate, or a count where it has none and that is quick."""
        if row["rows"] > 0 and row["relkind"] in "rpm":
            return row["rows"], False
        table = f"{identifier(row['nspname'])}.{identifier(row['relname'])}"
        try:
            self._connection.execute("SAVEPOINT counting")
            self._limit(_COUNT_S)
            with said(self._at):
                return int(self._value(f"SELECT count(*)::text FROM {table}") or 0), True
        except SourceUnreachable:
            return None, False
        finally:
            self._connection.execute("ROLLBACK TO SAVEPOINT counting")


def _select(look: Look, columns: Sequence[Column], where: str, limit: int | None) -> str:
    """The rows as text with a note on each; OFFSET 0 keeps the planner from working a value out twice."""
    values = ", ".join(f"{column.value} AS v{number}" for number, column in enumerate(columns))
    emptied = [(number, column.empty_when) for number, column in enumerate(columns) if column.empty_when]
    bad = ", ".join(f"coalesce({when}, false) AS e{number}" for number, when in emptied)
    rest = f" LIMIT {int(limit)}" if limit else ""
    inner = f"SELECT {values}{', ' + bad if bad else ''} FROM {_table(look)} WHERE {where}{rest} OFFSET 0"
    long = [number for number, column in enumerate(columns) if column.textual]
    most = csv_rows.most_row_bytes(columns)
    wide = " + ".join(f"coalesce(octet_length(v{number}), 0)::bigint" for number in long)
    if wide:
        inner = f"SELECT *, {wide} > {most} AS wide FROM ({inner}) r OFFSET 0"
    sent = [_sent(number, number in dict(emptied), number in long) for number in range(len(columns))]
    return f"SELECT {', '.join(sent)}, {_note([number for number, _when in emptied], long, most)} FROM ({inner}) s"


def _sent(number: int, may_be_empty: bool, long: bool) -> str:
    shown = ([f"NOT e{number}"] if may_be_empty else []) + (["NOT wide"] if long else [])
    return f"CASE WHEN {' AND '.join(shown)} THEN v{number} END" if shown else f"v{number}"


def _note(emptied: Sequence[int], long: Sequence[int], most: int) -> str:
    """Nothing for nearly every row, so it costs one look at each mark."""
    parts = [f"CASE WHEN e{number} THEN '{number}' END" for number in emptied]
    marks = [f"e{number}" for number in emptied]
    if long:
        share = most // (2 * len(long))
        culprits = ", ".join(f"CASE WHEN octet_length(v{number}) > {share} THEN '{number}' END" for number in long)
        parts.append(f"CASE WHEN wide THEN concat_ws(' ', '{csv_rows.WIDE}', {culprits}) END")
        marks.append("wide")
    return f"CASE WHEN {' OR '.join(marks)} THEN concat_ws(' ', {', '.join(parts)}) END" if marks else "NULL::text"


def _table(look: Look) -> str:
    return ".".join(identifier(part) for part in parts_of(look.name))


def _where(look: Look, within: Range) -> str:
    column = identifier(within.column)
    cast = next(one.source_type for one in look.columns if one.name == within.column)
    borders = [f"{column} > {literal(within.after)}::{cast}"] if within.after is not None else []
    borders += [f"{column} <= {literal(within.upto)}::{cast}"] if within.upto is not None else []
    inside = " AND ".join(borders) or "true"
    return f"({inside} OR {column} IS NULL)" if within.nulls and borders else f"({inside})"
