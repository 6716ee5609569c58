"""MySQL and MariaDB as a source: each row as one line of CSV, made there, in a transaction that sees one state."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from apps.connections.adapters import csv_rows, databases
from apps.connections.adapters.databases import DatabaseAt
from apps.connections.adapters.mysql_types import column_of, is_number
from apps.connections.adapters.mysql_wire import BoundedConnection, PacketTooLong, connected, garbled, said
from apps.connections.adapters.tables import Column, Look, Range, Tables, joined, parts_of
from apps.connections.errors import PlaceMissing, SourceBroken
from apps.connections.ports import Secrets, Thing
from foundation.words import kept as _

_COUNT_S = 5
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_TABLES = """
SELECT table_schema AS schema_name, table_name AS table_name, table_type AS table_type, table_rows AS table_rows,
       data_length + index_length AS bytes, update_time AS changed_at
FROM information_schema.tables
WHERE table_schema NOT IN ('mysql', 'sys', 'performance_schema', 'information_schema')
  AND table_type IN ('BASE TABLE', 'VIEW', 'SYSTEM VERSIONED') AND LOCATE(%s, CONCAT(table_schema, '.', table_name)) = 1
ORDER BY 1, 2 LIMIT %s
"""
_TABLE = """
SELECT table_schema AS schema_name, table_name AS table_name, table_type AS table_type, table_rows AS table_rows,
       data_length + index_length AS bytes, create_time AS made_at
FROM information_schema.tables WHERE table_schema = %s AND table_name = %s
"""
_COLUMNS = """
SELECT column_name AS column_name, data_type AS data_type, column_type AS column_type, is_nullable AS is_nullable
FROM information_schema.columns WHERE table_schema = %s AND table_name = %s ORDER BY ordinal_position LIMIT 5000
"""
_KEY = """
SELECT column_name AS column_name FROM information_schema.statistics
WHERE table_schema = %s AND table_name = %s AND index_name = 'PRIMARY' AND seq_in_index = 1
"""


def open_source(settings: Mapping[str, Any], secrets: Secrets, scratch: Path) -> Tables:
    """The source that `settings` name: host, port, database, user, tls, authority; secret: password."""
    at = DatabaseAt.read(settings, 3306)

    @contextmanager
    def session(patience_s: float, statement_s: float) -> Iterator[MysqlSession]:
        with connected(at, secrets, patience_s, statement_s + _COUNT_S) as connection:
            with garbled(at.host):
                made = MysqlSession(at, connection, statement_s)
            yield made

    return Tables(session, lambda: databases.steps(at, lambda: session(10, 10)))


class MysqlSession:
    def __init__(self, at: DatabaseAt, connection: BoundedConnection, statement_s: float) -> None:
        self._at, self._connection = at, connection
        self._limit(statement_s)
        connection.query("SET time_zone = '+00:00'")
        connection.query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        connection.query("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")

    def things(self, prefix: str, limit: int) -> list[Thing]:
        return [
            Thing(
                joined(row["schema_name"], row["table_name"]),
                "view" if row["table_type"] == "VIEW" else "table",
                row["table_rows"],
                row["bytes"],
                row["changed_at"],
            )
            for row in self._rows(_TABLES, (prefix, limit))
        ]

    def look(self, name: Sequence[str], *, with_rows: bool = False) -> Look:
        names = tuple(name) if len(name) == 2 else (self._at.database, name[0])
        found = self._rows(_TABLE, names)
        columns = [column_of(row, _quoted(row["column_name"])) for row in self._rows(_COLUMNS, names)] if found else []
        if not columns:
            raise PlaceMissing(
                _("%(database)s has no table %(table)s that %(user)s sees.")
                % {"database": self._at.database, "table": joined(*name), "user": self._at.user}
            )
        [row] = found
        sortable = {column.name for column in columns if column.sortable}
        key = next((one["column_name"] for one in self._rows(_KEY, names)), None)
        rows, exact = self._count(row) if with_rows else (None, False)
        # MySQL shows whoever only reads no number of a table; when it was made changes where it is made anew.
        identity = f"{row['table_type']}, {row['made_at']}"
        table = joined(row["schema_name"], row["table_name"])
        return Look(table, identity, columns, rows, exact, row["bytes"], key if key in sortable else None)

    def border(self, look: Look, within: Range, offset: int) -> str | None:
        return self._sorted(look, within, _where(look, within), f"LIMIT 1 OFFSET {int(offset)}")

    def last(self, look: Look, within: Range) -> str | None:
        where = f"{_where(look, within)} AND t.{_quoted(within.column)} IS NOT NULL"
        return self._sorted(look, within, where, "DESC LIMIT 1")

    def lines(
        self, look: Look, columns: Sequence[Column], within: Range | None, limit: int | None
    ) -> Generator[bytes, None, None]:
        where = _where(look, within) if within else "TRUE"
        rest = f" LIMIT {int(limit)}" if limit else ""
        query = f"SELECT CONCAT_WS(',', {_fields(columns)}) FROM {_table(look)} AS t WHERE {where}{rest}"
        number, most = 0, csv_rows.most_row_bytes(columns)
        with said(self._at), garbled(self._at.host):
            try:
                for line in self._connection.streamed(query):
                    # The server answers NULL where a row is more than it can put together itself.
                    if line is None or len(line) > most:
                        raise PacketTooLong
                    yield line + b"\n"
                    number += 1
            except PacketTooLong:
                raise csv_rows.too_wide(look.name, number + 1, [], most) from None

    def _rows(self, query: str, values: Any) -> list[dict[str, Any]]:
        with garbled(self._at.host):
            return self._connection.rows_of(query, values)

    def _sorted(self, look: Look, within: Range, where: str, which: str) -> str | None:
        column = f"t.{_quoted(within.column)}"
        asked = f"SELECT CONCAT({column}) AS found FROM {_table(look)} AS t WHERE {where} ORDER BY {column} {which}"
        found = self._rows(asked, None)
        return None if not found or found[0]["found"] is None else str(found[0]["found"])

    def _limit(self, seconds: float) -> None:
        """The two servers count differently and call it by different names."""
        if "mariadb" in self._connection.get_server_info().lower():
            self._connection.query(f"SET max_statement_time = {float(seconds)}")
        else:
            self._connection.query(f"SET max_execution_time = {round(1000 * seconds)}")

    def _count(self, row: Mapping[str, Any]) -> tuple[int | None, bool]:
        """The engine's estimate; a view has none."""
        return (int(row["table_rows"]), False) if row["table_rows"] is not None else (None, False)


def _fields(columns: Sequence[Column]) -> str:
    marks = [f"IF({column.empty_when}, '{n}', NULL)" for n, column in enumerate(columns) if column.empty_when]
    note = f"CONCAT_WS(' ', {', '.join(marks)})" if marks else "''"
    return ", ".join([*(column.value for column in columns), note])


def _table(look: Look) -> str:
    return ".".join(_quoted(part) for part in parts_of(look.name))


def _where(look: Look, within: Range) -> str:
    column = f"t.{_quoted(within.column)}"
    source_type = next(one.source_type for one in look.columns if one.name == within.column)
    borders = [f"{column} > {_literal(within.after, source_type)}"] if within.after is not None else []
    borders += [f"{column} <= {_literal(within.upto, source_type)}"] if within.upto is not None else []
    inside = " AND ".join(borders) or "TRUE"
    return f"({inside} OR {column} IS NULL)" if within.nulls and borders else f"({inside})"


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _literal(text: str, source_type: str) -> str:
    """A literal that is compared as the column is; sql_mode is empty, so a backslash escapes."""
    if is_number(source_type):
        if not _NUMBER.fullmatch(text):
            raise SourceBroken(_("A column of numbers is compared with a number."))
        return text
    # As hexadecimal digits no sign can end it.
    return f"CONVERT(X'{text.encode().hex()}' USING utf8mb4)"
