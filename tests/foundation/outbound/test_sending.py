"""Calls that leave the house: to the checked address, along redirects that pass the same checks, within limits."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
import zlib
from ipaddress import ip_network

import pytest

from foundation import outbound
from foundation.outbound import Limits
from tests.support.certificates import authority_and_server
from tests.support.receivers import plain, receiving

QUICK = Limits(connect_s=1, read_s=1, total_s=2)
pytestmark = pytest.mark.usefixtures("loopback_allowed")


def test_a_name_is_looked_up_once_and_the_checked_address_is_the_one_that_is_called(resolver):
    with receiving() as allowed, receiving(host="127.0.0.2", port=allowed.port) as inside:
        asked = resolver(rebind_example=["127.0.0.1", "127.0.0.2"])
        answer = outbound.send("GET", f"http://rebind.example:{allowed.port}/")

        assert (answer.status, asked) == (200, ["rebind.example"])
        assert [one.headers["host"] for one in allowed.heard] == [f"rebind.example:{allowed.port}"]
        with pytest.raises(outbound.Refused):
            outbound.send("GET", f"http://rebind.example:{allowed.port}/")
        assert inside.heard == []


def test_a_redirect_to_the_same_name_is_checked_anew(resolver):
    with (
        receiving((302, {"Location": "/next"}, b"")) as allowed,
        receiving(host="127.0.0.2", port=allowed.port) as inside,
    ):
        resolver(rebind_example=["127.0.0.1", "127.0.0.2"])
        with pytest.raises(outbound.Refused, match="this machine itself"):
            outbound.send("GET", f"http://rebind.example:{allowed.port}/")
        assert inside.heard == []


@pytest.mark.parametrize(
    "location", ["http://169.254.169.254/latest/meta-data/", "http://[::ffff:169.254.169.254]/", "//10.0.0.1/"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_redirect_inside_is_refused(location, method):
    with (
        receiving((307, {"Location": location}, b"")) as server,
        pytest.raises(outbound.Refused, match="SANAD_OUTBOUND"),
    ):
        outbound.send(method, server.url)


@pytest.mark.parametrize("location", ["http://2852039166/", "file:///etc/passwd", "http://a:b@127.0.0.1/"])
def test_a_redirect_to_what_is_no_address_is_refused(location):
    with receiving((302, {"Location": location}, b"")) as server, pytest.raises(outbound.Refused):
        outbound.send("GET", server.url)


def test_three_redirects_are_followed_and_no_fourth():
    again = (302, {"Location": "/again"}, b"")
    with receiving(again, again, again, (200, {}, b"there")) as server:
        answer = outbound.send("GET", server.url)
        assert (answer.body, answer.url) == (b"there", f"{server.url}/again")
    with receiving(again) as server, pytest.raises(outbound.Refused, match="more than 3 times"):
        outbound.send("GET", server.url)
    assert len(server.heard) == 4


def test_another_host_is_told_neither_key_nor_cookie():
    with receiving() as other, receiving((302, {"Location": other.url}, b"")) as first:
        given = {"Authorization": "Bearer x", "Cookie": "a=b", "webhook-signature": "v1,x", "Accept": "text/plain"}
        outbound.send("GET", first.url, headers=given)
        assert first.heard[0].headers["authorization"] == "Bearer x"
        assert not {"authorization", "cookie", "webhook-signature"} & other.heard[0].headers.keys()
        assert other.heard[0].headers["accept"] == "text/plain"


def test_a_body_goes_on_to_the_same_host_alone():
    with receiving((308, {"Location": "/moved"}, b""), (200, {}, b"")) as server:
        outbound.send("POST", server.url, headers={"webhook-signature": "v1,x"}, body=b"{}")
        assert [(one.path, one.body) for one in server.heard] == [("/", b"{}"), ("/moved", b"{}")]
    with receiving() as other:
        for status in (302, 307, 308):
            with (
                receiving((status, {"Location": other.url}, b"")) as server,
                pytest.raises(outbound.Refused, match="name that address itself"),
            ):
                outbound.send("POST", server.url, body=b"secret")
        assert other.heard == []
    with receiving((303, {"Location": "/result"}, b"")) as server, pytest.raises(outbound.Refused, match="name that"):
        outbound.send("POST", server.url, body=b"{}")


@pytest.fixture
def certificates(tmp_path, settings):
    authority, server = authority_and_server(tmp_path, "hooks.example")
    settings.OUTBOUND_CA_FILE = str(authority)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server)
    seen = []
    context.sni_callback = lambda _socket, name, _context: seen.append(name)
    context.names_seen = seen
    return context


def test_the_certificate_and_the_name_said_in_tls_are_of_the_name_not_of_the_address(certificates, resolver):
    resolver(hooks_example=["127.0.0.1"], other_example=["127.0.0.1"])
    with receiving(tls=certificates) as server:
        assert outbound.send("GET", f"https://hooks.example:{server.port}/").status == 200
        assert certificates.names_seen == ["hooks.example"]
        with pytest.raises(outbound.Unreachable, match=r"[Hh]ostname mismatch"):
            outbound.send("GET", f"https://other.example:{server.port}/")
        assert len(server.heard) == 1


def test_a_certificate_of_nobody_known_is_refused(certificates, resolver, settings):
    settings.OUTBOUND_CA_FILE = ""
    resolver(hooks_example=["127.0.0.1"])
    with receiving(tls=certificates) as server, pytest.raises(outbound.Unreachable, match="certificate"):
        outbound.send("GET", f"https://hooks.example:{server.port}/")


def test_https_never_leads_to_http(certificates, resolver):
    resolver(hooks_example=["127.0.0.1"])
    with receiving() as clear, receiving((302, {"Location": clear.url}, b""), tls=certificates) as server:
        with pytest.raises(outbound.Refused, match="from https to http"):
            outbound.send("GET", f"https://hooks.example:{server.port}/")
        assert clear.heard == []


def dripping(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    for _second in range(1000):
        handler.wfile.write(b".")
        handler.wfile.flush()
        time.sleep(0.1)


def dripping_heads(handler):
    for _second in range(1000):
        handler.wfile.write(b"H")
        handler.wfile.flush()
        time.sleep(0.1)


def silent(handler):
    time.sleep(5)


@pytest.mark.parametrize("behaviour", [dripping, dripping_heads, silent])
def test_a_server_that_dawdles_is_left_at_the_deadline(behaviour):
    began = time.monotonic()
    with receiving(behaviour) as server, pytest.raises(outbound.Unreachable):
        outbound.send("POST", server.url, body=b"{}", limits=QUICK)
    assert time.monotonic() - began < 4


def test_a_resolver_that_dawdles_is_left_too(monkeypatch):
    held = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_words, **_more: held.wait(20))
    began = time.monotonic()
    with pytest.raises(outbound.Unreachable, match="not resolved in time"):
        outbound.send("GET", "https://slow.example/", limits=QUICK)
    held.set()
    assert time.monotonic() - began < 3


def gigabyte(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", str(1024**3))
    handler.end_headers()
    for _piece in range(1024):
        handler.wfile.write(bytes(1024 * 1024))
        handler.sent = getattr(handler, "sent", 0) + 1
        handler.server.sent = handler.sent


def test_of_a_gigabyte_no_more_is_read_than_was_asked_for():
    with receiving(gigabyte) as server:
        with pytest.raises(outbound.AnswerTooLarge, match="longer than"):
            outbound.send("GET", server.url, limits=Limits(most_bytes=10_000))
        answer = outbound.send("GET", server.url, limits=Limits(most_bytes=4096, cut=True))
    assert (len(answer.body), answer.truncated) == (4096, True)


BOMB = gzip.compress(bytes(200 * 1024 * 1024))


@pytest.mark.parametrize(("coding", "packed"), [("gzip", BOMB), ("deflate", zlib.compress(bytes(50 * 1024 * 1024)))])
def test_a_packed_answer_is_measured_unpacked(coding, packed):
    import tracemalloc

    with receiving((200, {"Content-Encoding": coding}, packed)) as server:
        tracemalloc.start()
        with pytest.raises(outbound.AnswerTooLarge):
            outbound.send("GET", server.url, limits=Limits(most_bytes=100_000))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 8 * 1024 * 1024
    assert server.heard[0].headers["accept-encoding"] == "identity"


def test_packed_answers_are_understood_and_unknown_or_damaged_ones_refused():
    with receiving((200, {"Content-Encoding": "gzip"}, gzip.compress(b"well " * 50_000))) as server:
        assert outbound.send("GET", server.url).body == b"well " * 50_000
    with (
        receiving((200, {"Content-Encoding": "br"}, b"x")) as server,
        pytest.raises(outbound.Unreachable, match="“br”"),
    ):
        outbound.send("GET", server.url)
    with (
        receiving((200, {"Content-Encoding": "gzip"}, b"no gzip")) as server,
        pytest.raises(outbound.Unreachable, match="damaged"),
    ):
        outbound.send("GET", server.url)


def test_what_is_no_http_is_said_so():
    def other_tongue(handler):
        handler.wfile.write(b"SSH-2.0-OpenSSH\r\n")
        handler.close_connection = True

    with receiving(other_tongue) as server, pytest.raises(outbound.Unreachable, match="gave no answer"):
        outbound.send("GET", server.url, limits=QUICK)
    with pytest.raises(outbound.Unreachable, match="refused"):
        outbound.send("GET", server.url, limits=QUICK)


def test_the_systems_proxies_are_used_only_where_the_operator_says_so(settings, monkeypatch):
    from portal.settings import environment

    with receiving() as proxy, receiving() as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        assert environment.proxies("SANAD_OUTBOUND_PROXIES") == {}
        outbound.send("GET", server.url)
        assert (len(server.heard), len(proxy.heard)) == (1, 0)

        monkeypatch.setenv("SANAD_OUTBOUND_PROXIES", "1")
        settings.OUTBOUND_PROXIES = environment.proxies("SANAD_OUTBOUND_PROXIES")
        outbound.send("GET", f"{server.url}/by-proxy")
        assert (len(server.heard), [one.path for one in proxy.heard]) == (1, [f"{server.url}/by-proxy"])
        with pytest.raises(outbound.Refused):
            outbound.send("GET", "http://10.0.0.1/")
        assert len(proxy.heard) == 1

        settings.OUTBOUND_PROXIES |= {"no": "127.0.0.1"}
        outbound.send("GET", server.url)
        assert (len(server.heard), len(proxy.heard)) == (2, 1)


def test_a_host_inside_can_be_allowed_by_its_network(settings):
    settings.OUTBOUND_ALLOW = [ip_network("::1/128")]
    with receiving(lambda handler: plain(handler, 204, {}), host="::1") as server:
        assert outbound.send("GET", server.url).status == 204
