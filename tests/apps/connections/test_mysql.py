"""MySQL and MariaDB as a source: types, odd names, large values, TLS, and servers that mean ill."""

from __future__ import annotations

import contextlib
import struct
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest

from apps.connections.adapters import tables
from apps.connections.errors import PlaceMissing, SourceBroken, SourceUnreachable
from apps.connections.ports import Asked, Place
from tests.apps.connections.reading import opened, rows_of
from tests.support.certificates import authority_and_server
from tests.support.databases import MariaDB
from tests.support.fronts import fronting

pytestmark = pytest.mark.usefixtures("loopback_allowed")


@pytest.fixture
def server(mysql):
    mysql.run("DROP DATABASE shop", "CREATE DATABASE shop CHARACTER SET utf8mb4", database=None)
    return mysql


@pytest.fixture
def source(server, tmp_path):
    return opened(server, tmp_path, "mysql")


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


def test_a_name_is_looked_up_once_and_the_checked_address_is_called(server, tmp_path, resolver):
    server.run("CREATE TABLE t (id int)")
    asked = resolver(rebind_example=["127.0.0.1", "127.0.0.2"])
    opened(server, tmp_path, "mysql", host="rebind.example").things()
    assert asked == ["rebind.example"]


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    """(a server with TLS for db.example, its authority)"""
    folder = tmp_path_factory.mktemp("certificate")
    authority, certificate = authority_and_server(folder, "db.example")
    key, chain = (folder / "key.pem"), (folder / "chain.pem")
    text = certificate.read_text()
    end = text.index("-----BEGIN CERTIFICATE")
    key.write_text(text[:end])
    chain.write_text(text[end:])
    made = MariaDB((chain, key))
    made.run("CREATE TABLE t (id int)")
    yield made, authority.read_text()
    made.stop()


def test_tls_proves_the_name_by_an_authority_of_its_own(secure, tmp_path, resolver):
    server, authority = secure
    resolver(db_example=["127.0.0.1"])
    steps = opened(server, tmp_path, "mysql", host="db.example", tls="verify", authority=authority).check()
    assert [step.ok for step in steps] == [True] * 5
    assert "has proved its name" in steps[2].says


@pytest.mark.parametrize("fault", ["unknown authority", "another name"])
def test_a_certificate_that_proves_nothing_ends_before_signing_in(secure, tmp_path, resolver, fault):
    server, authority = secure
    resolver(db_example=["127.0.0.1"], other_example=["127.0.0.1"])
    told = {"host": "db.example"} if fault == "unknown authority" else {"host": "other.example", "authority": authority}
    steps = opened(server, tmp_path, "mysql", **told, tls="verify").check()
    assert [(step.name, step.ok) for step in steps[2:]] == [("TLS", False)]
    assert "certificate" in steps[-1].says


def test_tls_that_is_only_required_asks_for_no_name(secure, tmp_path):
    server, _authority = secure
    steps = opened(server, tmp_path, "mysql", tls="require").check()
    assert [step.ok for step in steps] == [True] * 5
    assert "was not proved" in steps[2].says


@pytest.mark.parametrize("tls", ["verify", "require"])
def test_a_server_without_tls_is_not_told_the_password(server, tmp_path, tls):
    last = opened(server, tmp_path, "mysql", tls=tls).check()[-1]
    assert (last.name, last.ok) == ("TLS", False)
    assert "offers no TLS" in last.says


def packet(number, body):
    return struct.pack("<I", len(body))[:3] + bytes([number]) + body


GREETING = packet(
    0,
    b"\x0a8.0.1\x00" + struct.pack("<I", 7) + b"12345678\x00" + struct.pack("<HBHHB", 0xA20F, 45, 2, 0x0008, 21)
    + bytes(10) + b"123456789012\x00" + b"mysql_native_password\x00",
)  # fmt: skip
OK = b"\x00\x00\x00\x02\x00\x00\x00"


def test_a_server_that_asks_for_the_password_itself_is_not_told(server, tmp_path):
    heard = bytearray()

    def serve(client):
        client.sendall(GREETING)
        heard.extend(client.recv(4096))
        client.sendall(packet(2, b"\xfemysql_clear_password\x00"))
        heard.extend(client.recv(4096))

    with fronting(serve) as port:
        last = opened(server, tmp_path, "mysql", port=port).check()[-1]
    assert (last.name, last.ok) == ("Signing in", False)
    assert "asks for the password itself" in last.says
    assert server.password.encode() not in heard


def answering(*answers, heard=None):
    """Lets whoever asks in, and answers so when the tables are asked for; `heard` takes what comes after that."""

    def serve(client):
        client.sendall(GREETING)
        client.recv(4096)
        client.sendall(packet(2, OK))
        while asked := client.recv(4096):
            if b"information_schema" in asked:
                break
            client.sendall(packet(1, OK))
        for answer in answers:
            client.sendall(answer)
        while came := client.recv(4096):
            if heard is not None:
                heard.extend(came)

    return serve


def test_a_server_that_asks_for_a_file_of_ours_gets_none(server, tmp_path):
    heard = bytearray()
    with (
        fronting(answering(packet(1, b"\xfb/etc/passwd"), heard=heard)) as port,
        pytest.raises(SourceBroken, match="no answer of MySQL"),
    ):
        opened(server, tmp_path, "mysql", port=port).things()
    assert b"root:" not in heard


@pytest.mark.parametrize("body", [b"\xff", b"", b"\xfe"])
def test_an_answer_that_is_none_is_told(server, tmp_path, body):
    with fronting(answering(packet(1, body))) as port, pytest.raises((SourceBroken, SourceUnreachable)):
        opened(server, tmp_path, "mysql", port=port).things()


def test_a_packet_that_goes_on_and_on_is_left(server, tmp_path):
    with (
        fronting(answering(b"\xff\xff\xff\x01" + bytes(1 << 20))) as port,
        pytest.raises(SourceBroken, match="does not end"),
    ):
        opened(server, tmp_path, "mysql", port=port).things()


def test_a_server_that_falls_silent_is_left(server, tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "_LOOKING_S", (-4.0, 20.0))
    with fronting(answering()) as port, pytest.raises(SourceUnreachable):
        opened(server, tmp_path, "mysql", port=port).things()


def test_an_answer_without_end_is_left(server, tmp_path):
    text = b"\xfc\x60\xea" + b"x" * 60_000
    columns = b"".join(
        packet(n, b"\x03def\x00\x00\x00\x01c\x00\x0c\x2d\x00\xff\xff\x00\x00\xfd\x00\x00\x00\x00\x00") for n in (2,)
    )
    rows = (packet((4 + n) % 256, text) for n in range(2_000))
    with (
        fronting(answering(packet(1, b"\x01"), columns, packet(3, b"\xfe\x00\x00\x02\x00"), *rows)) as port,
        pytest.raises(SourceBroken, match="does not end"),
    ):
        opened(server, tmp_path, "mysql", port=port).things()


@pytest.mark.parametrize("when", ["signing in", "asking"])
def test_a_server_that_says_little_at_a_time_is_cut_in_the_end(server, tmp_path, monkeypatch, when):
    monkeypatch.setattr(tables, "_LOOKING_S", (60.0, -4.0))

    def serve(client):
        client.sendall(GREETING)
        client.recv(4096)
        client.sendall(packet(2, OK))
        while when == "asking" and b"information_schema" not in client.recv(4096):
            client.sendall(packet(1, OK))
        client.sendall(b"\xf0\xf0\x00\x01")
        client.settimeout(0.2)
        while True:
            client.sendall(b"x")
            with contextlib.suppress(TimeoutError):
                client.recv(1)

    with fronting(serve) as port, pytest.raises(SourceUnreachable):
        opened(server, tmp_path, "mysql", port=port).things()
