"""PostgreSQL as a source: types, odd names, large values, and where a cursor goes on."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from math import inf, isnan

import pytest

from apps.connections.adapters import tables
from apps.connections.errors import PlaceMissing, SourceBroken, SourceRefused
from apps.connections.ports import Asked, Place
from tests.apps.connections.postgresql_server import server, source
from tests.apps.connections.reading import rows_of

__all__ = ["server", "source"]
pytestmark = pytest.mark.usefixtures("loopback_allowed")


def one_value(server, source, kind, *literals):
    server.run(f"CREATE TABLE t (v {kind})", *(f"INSERT INTO t VALUES ({literal})" for literal in literals))
    column = source.describe(Place("public.t")).columns[0]
    rows, emptied = rows_of(source, Place("public.t"))
    return column.type, [row["v"] for row in rows], dict(emptied)


@pytest.mark.parametrize(
    ("kind", "lake", "literals", "values"),
    [
        ("boolean", "BOOLEAN", ["true", "false", "NULL"], [True, False, None]),
        ("smallint", "SMALLINT", ["-32768"], [-32768]),
        ("bigint", "BIGINT", ["9223372036854775807"], [9223372036854775807]),
        ("real", "FLOAT", ["0.5"], [0.5]),
        ("double precision", "DOUBLE", ["0.1", "'-Infinity'"], [0.1, -inf]),
        ("numeric(38,10)", "DECIMAL(38,10)", ["1234567890123456789.5"], [Decimal("1234567890123456789.5")]),
        ("numeric(3,-2)", "DECIMAL(5,0)", ["1234"], [Decimal(1200)]),
        ("numeric(60,2)", "DOUBLE", ["1.25"], [1.25]),
        ("numeric", "DOUBLE", ["1.25", "'Infinity'"], [1.25, inf]),
        ("text", "VARCHAR", ["''", "NULL", "E'a\"b,\\n\\r\\\\.'", "'infinity'"], ["", None, 'a"b,\n\r\\.', "infinity"]),
        ("char(3)", "VARCHAR", ["'x'"], ["x"]),
        ("jsonb", "VARCHAR", ["'{\"a\": [1, null]}'"], ['{"a": [1, null]}']),
        ("uuid", "VARCHAR", ["'00000000-0000-0000-0000-00000000000a'"], ["00000000-0000-0000-0000-00000000000a"]),
        ("bytea", "BLOB", ["'\\x00ff22'", "''"], [b'\x00\xff"', b""]),
        ("date", "DATE", ["'9999-12-31'", "'0001-01-01'"], [date(9999, 12, 31), date(1, 1, 1)]),
        ("timestamp", "TIMESTAMP", ["'2024-01-02 03:04:05.000006'"], [datetime(2024, 1, 2, 3, 4, 5, 6)]),
        (
            "timestamptz",
            "TIMESTAMP WITH TIME ZONE",
            ["'2024-01-02 03:04:05+04'"],
            [datetime(2024, 1, 1, 23, 4, 5, tzinfo=UTC)],
        ),
        ("time", "TIME", ["'23:59:59.5'"], [time(23, 59, 59, 500000)]),
        ("interval", "VARCHAR", ["'1 day'"], ["P1D"]),
        ("integer[]", "INTEGER[]", ["'{1,NULL,3}'", "'{}'", "NULL"], [[1, None, 3], [], None]),
        ("text[]", "VARCHAR[]", ["ARRAY['a,\"b', NULL, '']"], [['a,"b', None, ""]]),
        ("double precision[]", "DOUBLE[]", ["'{0.1,2}'"], [[0.1, 2.0]]),
        ("numeric[]", "VARCHAR", ["'{1.10}'"], ["[1.10]"]),
        ("inet", "VARCHAR", ["'10.0.0.1'"], ["10.0.0.1/32"]),
    ],
)
def test_each_type_has_one_in_the_lake(server, source, kind, lake, literals, values):
    assert one_value(server, source, kind, *literals) == (lake, values, {})


@pytest.mark.parametrize(
    ("kind", "literals", "kept"),
    [
        ("date", ["'infinity'", "'0044-03-15 BC'", "'10000-01-01'", "'2024-01-01'"], [date(2024, 1, 1)]),
        ("timestamp", ["'-infinity'", "'294276-01-01'"], []),
        ("timestamptz", ["'infinity'"], []),
        ("time", ["'24:00:00'", "'00:00:00'"], [time()]),
        ("numeric(5,2)", ["'NaN'", "1"], [Decimal(1)]),
        ("integer[]", ["'{{1},{2}}'", "'{1}'"], [[1]]),
        ("real[]", ["'{NaN}'", "'{Infinity,1}'"], []),
    ],
)
def test_what_the_lake_cannot_hold_is_empty_and_counted(server, source, kind, literals, kept):
    _lake, values, emptied = one_value(server, source, kind, *literals)
    assert [value for value in values if value is not None] == kept
    assert emptied == {"v": len(literals) - len(kept)}


def test_a_number_that_is_none_stays_in_a_column_of_floats(server, source):
    _lake, [value], emptied = one_value(server, source, "double precision", "'NaN'")
    assert isnan(value)
    assert emptied == {}


def test_an_enum_is_text_and_a_domain_what_it_is_made_of(server, source):
    server.run("CREATE TYPE mood AS ENUM ('sad', 'ok')", "CREATE DOMAIN price AS numeric(8,2)")
    server.run("CREATE DOMAIN net AS price CHECK (VALUE > 0)", "CREATE TABLE t (a mood, b net)")
    server.run("INSERT INTO t VALUES ('ok', 1.5)")
    columns = source.describe(Place("public.t")).columns
    assert [(column.type, column.source_type) for column in columns] == [("VARCHAR", "mood"), ("DECIMAL(8,2)", "net")]
    assert rows_of(source, Place("public.t"))[0] == [{"a": "ok", "b": Decimal("1.50")}]


EVIL = "We\"ird. t'); DROP TABLE kept; --%s"


def test_names_are_names_whatever_they_hold(server, source):
    table, column = (EVIL.replace('"', '""'), 'id" FROM kept; --%s'.replace('"', '""'))
    server.run("CREATE TABLE kept (id int)", f'CREATE TABLE "{table}" ("{column}" int PRIMARY KEY, "%" text)')
    server.run(f"INSERT INTO \"{table}\" VALUES (1, 'a'), (2, 'b')")
    [thing] = [thing for thing in source.things() if "kept" not in thing.name.partition(".")[2][:6]]
    rows, _emptied = rows_of(source, Place(thing.name))
    assert [list(row.values()) for row in rows] == [[1, "a"], [2, "b"]]
    asked = Asked(cursor=column.replace('""', '"'), since=1)
    assert len(rows_of(source, Place(thing.name), asked)[0]) == 1
    assert server.rows("SELECT count(*) FROM kept") == [(0,)]


@pytest.mark.parametrize(
    "asked",
    [
        Asked(columns=['id" , pg_sleep(9) --']),
        Asked(cursor="id); DROP TABLE kept; --"),
        Asked(key=["(SELECT 1)"]),
    ],
)
def test_a_column_that_is_not_there_is_never_asked_for(server, source, asked):
    server.run("CREATE TABLE kept (id int)")
    with pytest.raises(PlaceMissing, match="has no column"):
        source.pin(Place("public.kept"), asked)


@pytest.mark.parametrize("since", ["'; DROP TABLE kept; --", "\\'; DROP TABLE kept; --", "x\\"])
def test_a_value_of_the_cursor_is_a_value(server, source, since):
    server.run("CREATE TABLE kept (id text)", "INSERT INTO kept VALUES ('zz')")
    rows_of(source, Place("public.kept"), Asked(cursor="id", since=since))
    assert server.rows("SELECT count(*) FROM kept") == [(1,)]


@pytest.mark.parametrize("name", ["", ".", "a.b.c", 'a"b', '"a', "a..b", 'x."', "\x00", "a\x00b"])
def test_what_is_no_name_of_a_table_is_said_to_be_none(source, name):
    with pytest.raises(PlaceMissing, match="no name of a table"):
        source.pin(Place(name), Asked())


def test_a_view_cannot_write(server, source):
    server.run("CREATE TABLE kept (id int)")
    server.run("CREATE FUNCTION leave() RETURNS int LANGUAGE sql AS 'INSERT INTO kept VALUES (1) RETURNING 1'")
    server.run("GRANT INSERT ON kept TO reader", "CREATE VIEW trap AS SELECT leave() AS id")
    with pytest.raises(SourceBroken, match="25006"):
        rows_of(source, Place("public.trap"))
    assert server.rows("SELECT count(*) FROM kept") == [(0,)]


def test_a_table_that_may_not_be_read_is_refused(server, source):
    server.run("CREATE TABLE closed (id int)", "REVOKE ALL ON closed FROM reader")
    with pytest.raises(SourceRefused, match="GRANT SELECT"):
        source.describe(Place("public.closed"))
    assert [thing.name for thing in source.things()] == []
    assert source.check()[-1].says.startswith("reader sees no table")


def test_a_row_of_20_mb_names_row_and_column_and_is_not_fetched(server, source):
    server.run("CREATE TABLE t (id int PRIMARY KEY, small text, long text)", "INSERT INTO t VALUES (1, 'a', 'b')")
    server.run("INSERT INTO t VALUES (2, 'a', repeat('x', 20000000))")
    with pytest.raises(SourceBroken, match=r"Row 2 of public.t is larger than 12 MB, for the most part in long\."):
        rows_of(source, Place("public.t"))
    assert len(rows_of(source, Place("public.t"), Asked(columns=["id", "small"]))[0]) == 2


def test_many_long_rows_come_in_bounded_batches(server, source):
    server.run("CREATE TABLE t AS SELECT g AS id, repeat('x', 3000000) AS long FROM generate_series(1, 12) g")
    rows, _emptied = rows_of(source, Place("public.t"))
    assert {len(row["long"]) for row in rows} == {3_000_000}


@pytest.fixture
def events(server, monkeypatch):
    monkeypatch.setattr(tables, "PIECE_ROWS", 10)
    server.run("CREATE TABLE events (id int, at timestamptz)")
    server.run(
        "INSERT INTO events SELECT g, timestamptz '2024-01-01 00:00Z' + (g / 2) * interval '1 day'"
        " FROM generate_series(0, 99) g",
        "INSERT INTO events VALUES (100, NULL)",
    )
    return Place("public.events")


def test_a_cursor_takes_what_came_after_and_not_after_the_end(events, source):
    day = datetime(2024, 1, 11, tzinfo=UTC)
    first, _emptied = rows_of(source, events, Asked(cursor="at", until=day))
    assert sorted(row["id"] for row in first) == [*range(22), 100]
    then, _emptied = rows_of(source, events, Asked(cursor="at", since=day))
    assert sorted(row["id"] for row in then) == list(range(22, 100))


def test_a_cursor_of_which_nothing_is_new_has_no_pieces(events, source):
    asked = Asked(cursor="at", since=datetime(2030, 1, 1, tzinfo=UTC))
    assert list(source.pieces(events, asked, source.pin(events, asked))) == []


def test_a_key_of_text_splits_as_the_database_sorts(server, source, monkeypatch):
    monkeypatch.setattr(tables, "PIECE_ROWS", 10)
    server.run(
        "CREATE TABLE t (k text PRIMARY KEY)",
        "INSERT INTO t SELECT 'k' || g || E'\\'\\\\' FROM generate_series(1, 95) g",
    )
    place = Place("public.t")
    assert len(list(source.pieces(place, Asked(), source.pin(place, Asked())))) == 10
    assert len({row["k"] for row in rows_of(source, place)[0]}) == 95


def test_an_empty_table_has_its_columns(server, source):
    server.run("CREATE TABLE t (id int PRIMARY KEY)")
    assert rows_of(source, Place("public.t"))[0] == []
    described = source.describe(Place("public.t"))
    assert (described.rows, described.exact, described.sample.column_names) == (0, True, ["id"])
