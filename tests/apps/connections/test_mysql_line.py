"""The line to MySQL or MariaDB: the address that is called, TLS, and servers that mean no good."""

from __future__ import annotations

import contextlib
import struct

import pytest

from apps.connections.adapters import tables
from apps.connections.errors import SourceBroken, SourceUnreachable
from tests.apps.connections.mysql_server import server
from tests.apps.connections.reading import opened
from tests.support.certificates import authority_and_server
from tests.support.databases import MariaDB
from tests.support.fronts import fronting

__all__ = ["server"]
pytestmark = pytest.mark.usefixtures("loopback_allowed")


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
