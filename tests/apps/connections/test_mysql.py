"""MySQL and MariaDB as a source: types, odd names, large values, and where a cursor goes on."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest

from apps.connections.adapters import tables
from apps.connections.errors import PlaceMissing, SourceBroken
from apps.connections.ports import Asked, Place
from tests.apps.connections.mysql_server import server, source
from tests.apps.connections.reading import rows_of

__all__ = ["server", "source"]
pytestmark = pytest.mark.usefixtures("loopback_allowed")


def one_value(server, source, kind, *literals):
    filled = [f"INSERT INTO t VALUES ({literal})" for literal in literals]
    server.run("SET sql_mode = 'ALLOW_INVALID_DATES'", f"CREATE TABLE t (v {kind})", *filled)
    column = source.describe(Place("shop.t")).columns[0]
    rows, emptied = rows_of(source, Place("shop.t"))
    return column.type, [row["v"] for row in rows], dict(emptied)


@pytest.mark.parametrize(
    ("kind", "lake", "literals", "values"),
    [
        ("tinyint(1)", "BOOLEAN", ["1", "0", "NULL"], [True, False, None]),
        ("bit(1)", "BOOLEAN", ["1", "0"], [True, False]),
        ("bit(64)", "UBIGINT", ["b'1'", "18446744073709551615"], [1, 18446744073709551615]),
        ("tinyint", "TINYINT", ["-128"], [-128]),
        ("tinyint unsigned", "SMALLINT", ["255"], [255]),
        ("mediumint", "INTEGER", ["-8388608"], [-8388608]),
        ("int unsigned", "BIGINT", ["4294967295"], [4294967295]),
        ("bigint", "BIGINT", ["-9223372036854775808"], [-9223372036854775808]),
        ("bigint unsigned", "UBIGINT", ["18446744073709551615"], [18446744073709551615]),
        ("float", "FLOAT", ["16777215"], [16777215.0]),
        ("double", "DOUBLE", ["0.1", "1e300"], [0.1, 1e300]),
        ("decimal(38,10)", "DECIMAL(38,10)", ["1234567890123456789.5"], [Decimal("1234567890123456789.5")]),
        ("decimal(65,2)", "DOUBLE", ["1.25"], [1.25]),
        ("year", "SMALLINT", ["2024"], [2024]),
        ("text", "VARCHAR", ["''", "NULL", "'a\"b,\\n\\r\\\\'", "'سند'"], ["", None, 'a"b,\n\r\\', "سند"]),
        ("varchar(9) character set latin1", "VARCHAR", ["'é'"], ["é"]),
        ("varchar(9) character set utf8mb4", "VARCHAR", ["'\N{GRINNING FACE}'"], ["\N{GRINNING FACE}"]),
        ("json", "VARCHAR", ["'{\"a\": [1, null]}'"], ['{"a": [1, null]}']),
        ("blob", "BLOB", ["x'00ff22'", "''"], [b'\x00\xff"', b""]),
        ("binary(3)", "BLOB", ["x'41'"], [b"A\x00\x00"]),
        ("date", "DATE", ["'9999-12-31'"], [date(9999, 12, 31)]),
        ("datetime(6)", "TIMESTAMP", ["'2024-01-02 03:04:05.000006'"], [datetime(2024, 1, 2, 3, 4, 5, 6)]),
        ("time(3)", "TIME", ["'23:59:59.5'"], [time(23, 59, 59, 500000)]),
        ("enum('a','b,\"')", "VARCHAR", ["'b,\"'"], ['b,"']),
        ("set('x','y')", "VARCHAR", ["'x,y'"], ["x,y"]),
        ("point", "VARCHAR", ["POINT(1, 2)"], ["POINT(1 2)"]),
    ],
)
def test_each_type_has_one_in_the_lake(server, source, kind, lake, literals, values):
    assert one_value(server, source, kind, *literals) == (lake, values, {})


def test_a_timestamp_is_a_moment_wherever_the_server_stands(server, source):
    server.run(
        "SET time_zone = '+04:00'", "CREATE TABLE t (v timestamp NULL)", "INSERT INTO t VALUES ('2024-01-02 03:00')"
    )
    [row], _emptied = rows_of(source, Place("shop.t"))
    assert row["v"] == datetime(2024, 1, 1, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "literals", "kept"),
    [
        ("date", ["'0000-00-00'", "'2024-00-10'", "'2024-01-00'", "'2024-01-10'"], [date(2024, 1, 10)]),
        ("datetime", ["'0000-00-00 00:00:00'"], []),
        ("time", ["'-12:00:00'", "'838:59:59'", "'00:00:00'"], [time()]),
    ],
)
def test_what_the_lake_cannot_hold_is_empty_and_counted(server, source, kind, literals, kept):
    _lake, values, emptied = one_value(server, source, kind, *literals)
    assert [value for value in values if value is not None] == kept
    assert emptied == {"v": len(literals) - len(kept)}


EVIL = "We`ird. \"t'); DROP TABLE kept; --%s\\"


def test_names_are_names_whatever_they_hold(server, source):
    table, column = (EVIL.replace("`", "``"), "id` FROM kept; --%s\\".replace("`", "``"))
    server.run("CREATE TABLE kept (id int)", f"CREATE TABLE `{table}` (`{column}` int PRIMARY KEY, `%` text)")
    server.run(f"INSERT INTO `{table}` VALUES (1, 'a'), (2, 'b')")
    [name] = [thing.name for thing in source.things() if thing.name != "shop.kept"]
    assert [list(row.values()) for row in rows_of(source, Place(name))[0]] == [[1, "a"], [2, "b"]]
    asked = Asked(cursor=column.replace("``", "`"), since=1)
    assert len(rows_of(source, Place(name), asked)[0]) == 1
    assert server.rows("SELECT COUNT(*) FROM kept") == ((0,),)


@pytest.mark.parametrize("since", ["'; DROP TABLE kept; --", "\\'; DROP TABLE kept; -- ", "x\\", '"; DROP TABLE kept'])
def test_a_value_of_the_cursor_is_a_value(server, source, since):
    server.run("CREATE TABLE kept (id varchar(90))", "INSERT INTO kept VALUES ('zz')")
    rows_of(source, Place("shop.kept"), Asked(cursor="id", since=since))
    assert server.rows("SELECT COUNT(*) FROM kept") == ((1,),)


@pytest.mark.parametrize("since", ["1 OR 1=1", "(SELECT 1)", "1e9", ""])
def test_a_cursor_of_numbers_takes_numbers_alone(server, source, since):
    server.run("CREATE TABLE kept (id int)", "INSERT INTO kept VALUES (1)")
    with pytest.raises(SourceBroken, match="compared with a number"):
        source.pin(Place("shop.kept"), Asked(cursor="id", since=since))


def test_a_large_key_is_compared_in_full(server, source, monkeypatch):
    monkeypatch.setattr(tables, "PIECE_ROWS", 2)
    first = 18446744073709551600
    server.run("CREATE TABLE t (id bigint unsigned PRIMARY KEY)")
    server.run(*(f"INSERT INTO t VALUES ({first + number})" for number in range(9)))
    assert sorted(row["id"] for row in rows_of(source, Place("shop.t"))[0]) == [first + number for number in range(9)]
    assert len(rows_of(source, Place("shop.t"), Asked(cursor="id", since=first + 6))[0]) == 2


def test_a_cursor_takes_what_came_after_and_not_after_the_end(server, source, monkeypatch):
    monkeypatch.setattr(tables, "PIECE_ROWS", 10)
    server.run("CREATE TABLE events (id int, at timestamp NULL)")
    server.run(
        "SET time_zone = '+00:00'",
        "INSERT INTO events SELECT seq, TIMESTAMP '2024-01-01 00:00:00' + INTERVAL FLOOR(seq / 2) DAY FROM seq_0_to_99",
        "INSERT INTO events VALUES (100, NULL)",
    )
    day, place = datetime(2024, 1, 11, tzinfo=UTC), Place("shop.events")
    first, _emptied = rows_of(source, place, Asked(cursor="at", until=day))
    assert sorted(row["id"] for row in first) == [*range(22), 100]
    then, _emptied = rows_of(source, place, Asked(cursor="at", since=day))
    assert sorted(row["id"] for row in then) == list(range(22, 100))


def test_a_row_of_13_mb_names_its_number(server, source):
    server.run("CREATE TABLE t (id int PRIMARY KEY, small text, long_ longtext)")
    server.run("INSERT INTO t VALUES (1, 'a', 'b'), (2, 'a', REPEAT('x', 13000000)), (3, 'a', REPEAT('x', 40000000))")
    with pytest.raises(SourceBroken, match=r"Row 2 of shop.t is larger than 12 MB"):
        rows_of(source, Place("shop.t"))
    server.run("DELETE FROM t WHERE id = 2")
    with pytest.raises(SourceBroken, match=r"Row 2 of shop.t is larger than 12 MB"):
        rows_of(source, Place("shop.t"))
    assert len(rows_of(source, Place("shop.t"), Asked(columns=["id", "small"]))[0]) == 2


def test_many_long_rows_come_in_bounded_batches(server, source):
    server.run("CREATE TABLE t AS SELECT seq AS id, REPEAT('x', 3000000) AS long_ FROM seq_1_to_12")
    assert {len(row["long_"]) for row in rows_of(source, Place("shop.t"))[0]} == {3_000_000}


def test_a_table_that_may_not_be_read_is_not_there(server, source):
    server.run("CREATE DATABASE IF NOT EXISTS other", "CREATE TABLE IF NOT EXISTS other.closed (id int)")
    with pytest.raises(PlaceMissing, match="that reader sees"):
        source.describe(Place("other.closed"))
    assert [thing.name for thing in source.things()] == []
