"""The line to PostgreSQL: the address that is called, TLS, and servers that mean no good."""

from __future__ import annotations

import struct

import pytest

from apps.connections.adapters import tables
from apps.connections.errors import SourceBroken, SourceRefused, SourceUnreachable
from tests.apps.connections.postgresql_server import server
from tests.apps.connections.reading import opened
from tests.support.certificates import authority_and_server
from tests.support.fronts import fronting, postgres_tls

__all__ = ["server"]
pytestmark = pytest.mark.usefixtures("loopback_allowed")


def test_a_name_is_looked_up_once_and_the_checked_address_is_called(server, tmp_path, resolver):
    server.run("CREATE TABLE t (id int)")
    asked = resolver(rebind_example=["127.0.0.1", "127.0.0.2"])
    opened(server, tmp_path, "postgresql", host="rebind.example").things()
    assert asked == ["rebind.example"]


@pytest.mark.parametrize("host", ["/tmp", "127.0.0.1,10.0.0.1", "db example", "2130706433", "@/", "a@b"])
def test_what_is_no_host_is_refused(server, tmp_path, host):
    with pytest.raises(SourceRefused):
        opened(server, tmp_path, "postgresql", host=host).things()


def test_a_database_named_like_a_connection_string_is_a_name(server, tmp_path):
    strange = opened(server, tmp_path, "postgresql", database="host=127.0.0.2 dbname=shop user=postgres")
    assert strange.check()[-1].name == "Signing in"


@pytest.fixture
def secure(server, tmp_path, resolver):
    """(settings of a server with TLS, its authority)"""
    resolver(db_example=["127.0.0.1"], other_example=["127.0.0.1"])
    server.run("CREATE TABLE t (id int)")
    authority, certificate = authority_and_server(tmp_path, "db.example")
    with fronting(postgres_tls(server.port, certificate)) as port:
        yield {"host": "db.example", "port": port}, authority.read_text()


def test_tls_proves_the_name_by_an_authority_of_its_own(secure, server, tmp_path):
    settings, authority = secure
    steps = opened(server, tmp_path, "postgresql", **settings, tls="verify", authority=authority).check()
    assert [step.ok for step in steps] == [True] * 5
    assert "has proved its name" in steps[2].says


@pytest.mark.parametrize("fault", ["unknown authority", "another name"])
def test_a_certificate_that_proves_nothing_ends_before_signing_in(secure, server, tmp_path, fault):
    settings, authority = secure
    told = {"authority": authority, "host": "other.example"} if fault == "another name" else {}
    steps = opened(server, tmp_path, "postgresql", **{**settings, **told}, tls="verify").check()
    assert [(step.name, step.ok) for step in steps[2:]] == [("TLS", False)]
    assert "certificate" in steps[-1].says


def test_tls_that_is_only_required_asks_for_no_name(secure, server, tmp_path):
    settings, _authority = secure
    steps = opened(server, tmp_path, "postgresql", **settings, tls="require").check()
    assert [step.ok for step in steps] == [True] * 5
    assert "was not proved" in steps[2].says


@pytest.mark.parametrize("tls", ["verify", "require"])
def test_a_server_without_tls_is_not_told_the_password(server, tmp_path, tls):
    last = opened(server, tmp_path, "postgresql", tls=tls).check()[-1]
    assert (last.name, last.ok) == ("TLS", False)
    assert "offers no TLS" in last.says


def message(kind, body=b""):
    return kind + struct.pack("!I", len(body) + 4) + body


def test_a_server_that_asks_for_the_password_itself_is_not_told(server, tmp_path):
    heard = bytearray()

    def serve(client):
        heard.extend(client.recv(4096))
        client.sendall(message(b"R", struct.pack("!I", 3)))
        heard.extend(client.recv(4096))

    with fronting(serve) as port:
        last = opened(server, tmp_path, "postgresql", port=port).check()[-1]
    assert (last.name, last.ok) == ("Signing in", False)
    assert "asks for the password itself" in last.says
    assert server.password.encode() not in heard


def test_an_answer_without_end_is_left(server, tmp_path):
    row = message(b"D", struct.pack("!HI", 1, 60_000) + b"x" * 60_000)

    def serve(client):
        client.recv(4096)
        client.sendall(message(b"R", struct.pack("!I", 0)) + message(b"Z", b"I"))
        client.recv(4096)
        column = b"c\x00" + struct.pack("!IhIhih", 0, 0, 25, -1, -1, 0)
        client.sendall(message(b"T", struct.pack("!H", 1) + column))
        while True:
            client.sendall(row * 16)

    with fronting(serve) as port, pytest.raises(SourceBroken, match="does not end"):
        opened(server, tmp_path, "postgresql", port=port).things()


def test_a_server_that_falls_silent_is_left(server, tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "_LOOKING_S", (-4.0, 20.0))

    def serve(client):
        client.recv(4096)
        client.sendall(message(b"R", struct.pack("!I", 0)) + message(b"Z", b"I"))
        client.recv(4096)
        client.recv(4096)

    with fronting(serve) as port, pytest.raises(SourceUnreachable, match="fell silent"):
        opened(server, tmp_path, "postgresql", port=port).things()
