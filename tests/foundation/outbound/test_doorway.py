"""The door for libraries that call out by themselves: to checked addresses alone, counted, and for one visit."""

from __future__ import annotations

import base64
import os
import socket
import ssl
import threading
import time
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

import pytest

from foundation import outbound
from foundation.outbound import Visit
from foundation.outbound.errors import AnswerTooLarge
from tests.support.certificates import authority_and_server
from tests.support.fronts import fronting
from tests.support.receivers import receiving
from tests.support.until import until

pytestmark = pytest.mark.usefixtures("loopback_allowed")


@pytest.fixture
def visit():
    with Visit(total_s=20, most_bytes=1 << 20) as made:
        yield made


def proof_of(visit, password=None):
    parts = urlsplit(visit.url)
    said = f"{parts.username}:{password or parts.password}".encode()
    return {"Proxy-Authorization": f"Basic {base64.b64encode(said).decode()}"}


def asked(visit, url, proof=None):
    """(status, body) as a library gets them that was told of a proxy for http."""
    connection = HTTPConnection("127.0.0.1", urlsplit(visit.url).port, timeout=10)
    try:
        connection.request("GET", url, headers=proof_of(visit) if proof is None else proof)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_an_address_of_http_is_fetched_and_the_secret_stays_here(visit):
    with receiving((200, {}, b"rows")) as server:
        assert asked(visit, f"{server.url}/a?b=c") == (200, b"rows")
        [heard] = server.heard
    assert (heard.path, heard.headers["host"]) == ("/a?b=c", f"127.0.0.1:{server.port}")
    assert {"proxy-authorization", "proxy-connection"}.isdisjoint(heard.headers)


def test_tls_goes_through_to_the_name_that_was_asked_for(visit, resolver, tmp_path):
    resolver(files_example=["127.0.0.1"])
    authority, certificate = authority_and_server(tmp_path, "files.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with receiving((200, {}, b"rows"), tls=context) as server:
        told = ssl.create_default_context(cafile=authority)
        connection = HTTPSConnection("127.0.0.1", urlsplit(visit.url).port, context=told, timeout=10)
        connection.set_tunnel("files.example", server.port, headers=proof_of(visit))
        connection.request("GET", "/")
        assert connection.getresponse().read() == b"rows"
        connection.close()


def test_a_name_is_looked_up_once_and_the_checked_address_is_called(visit, resolver):
    with receiving() as allowed, receiving(host="127.0.0.2", port=allowed.port) as inside:
        heard = resolver(rebind_example=["127.0.0.1", "127.0.0.2"])
        assert asked(visit, f"http://rebind.example:{allowed.port}/")[0] == 200
        assert heard == ["rebind.example"]
        assert asked(visit, f"http://rebind.example:{allowed.port}/")[0] == 403
        assert inside.heard == []


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.2/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://2130706433/",
        "http://user:password@127.0.0.1/",
        "https://127.0.0.1/",
        "ftp://127.0.0.1/",
        "/",
    ],
)
def test_what_lies_inside_is_refused_in_words(visit, url):
    assert asked(visit, url)[0] == 403
    assert isinstance(visit.refused, outbound.Refused)
    assert str(visit.refused)


@pytest.mark.parametrize("target", ["127.0.0.2:443", "169.254.169.254:80", "127.0.0.1:0", "127.0.0.1", "a b:1", ":1"])
def test_a_tunnel_to_what_lies_inside_is_refused(visit, target):
    with socket.create_connection(("127.0.0.1", urlsplit(visit.url).port)) as client:
        proof = proof_of(visit)["Proxy-Authorization"]
        client.sendall(f"CONNECT {target} HTTP/1.1\r\nProxy-Authorization: {proof}\r\n\r\n".encode())
        assert client.recv(100).startswith(b"HTTP/1.1 403")
    assert isinstance(visit.refused, outbound.Refused)


def test_nobody_there_is_told_too(visit):
    with receiving() as server:
        gone = server.url
    assert asked(visit, gone)[0] == 502
    assert isinstance(visit.refused, outbound.Unreachable)
    assert "gave no answer" in str(visit.refused)


@pytest.mark.parametrize("proof", [{}, {"Proxy-Authorization": "Basic !"}, {"Proxy-Authorization": "Bearer x"}])
def test_nobody_comes_in_without_the_secret_of_a_visit(visit, proof):
    with receiving() as server:
        assert asked(visit, server.url, proof)[0] == 407
        assert asked(visit, server.url, proof_of(visit, "wrong"))[0] == 407
        assert server.heard == []
    assert visit.refused is None


def test_a_visit_that_is_over_opens_nothing():
    with receiving() as server:
        with Visit(total_s=20, most_bytes=1 << 20) as over:
            url = over.url
        assert asked(over, server.url)[0] == 407
        assert url == over.url


def endless(handler):
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b"x" * 65536)


def test_an_answer_without_end_is_cut(visit):
    with receiving(endless) as server:
        _status, body = asked(visit, server.url)
    assert len(body) <= 1 << 20
    assert isinstance(visit.refused, AnswerTooLarge)


def test_all_answers_of_a_visit_count_together(visit):
    with receiving((200, {}, b"x" * 400_000)) as server:
        lengths = []
        for _time in range(3):
            try:
                lengths.append(len(asked(visit, server.url)[1]))
            except (OSError, HTTPException):
                lengths.append(0)
    assert lengths[:2] == [400_000, 400_000]
    assert isinstance(visit.refused, AnswerTooLarge)


def test_silence_is_cut_and_is_no_refusal():
    with fronting(lambda client: client.recv(4096) and time.sleep(30)) as port:
        with (
            Visit(total_s=20, most_bytes=1, idle_s=0.2) as visit,
            pytest.raises(OSError, match=r"closed|reset|without"),
        ):
            asked(visit, f"http://127.0.0.1:{port}/")
        assert visit.refused is None


def test_a_visit_ends_in_time_however_little_comes_at_a_time():
    def trickle(client):
        client.recv(4096)
        while True:
            client.sendall(b"x")
            time.sleep(0.01)

    began = time.monotonic()
    with fronting(trickle) as port, Visit(total_s=0.5, most_bytes=1 << 20) as visit:
        with socket.create_connection(("127.0.0.1", urlsplit(visit.url).port)) as client:
            proof = proof_of(visit)["Proxy-Authorization"]
            client.sendall(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\nProxy-Authorization: {proof}\r\n\r\nhi".encode())
            while client.recv(4096):
                assert time.monotonic() - began < 10
        assert isinstance(until(lambda: visit.refused), outbound.Unreachable)


def test_leaving_cuts_what_is_still_open():
    with fronting(lambda client: client.recv(4096) and client.recv(4096)) as port:
        with Visit(total_s=20, most_bytes=1 << 20) as visit:
            client = socket.create_connection(("127.0.0.1", urlsplit(visit.url).port))
            proof = proof_of(visit)["Proxy-Authorization"]
            client.sendall(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\nProxy-Authorization: {proof}\r\n\r\nhi".encode())
            assert client.recv(100).startswith(b"HTTP/1.1 200")
        client.settimeout(5)
        assert client.recv(100) == b""
        client.close()


def test_a_head_that_never_ends_is_left(visit):
    with socket.create_connection(("127.0.0.1", urlsplit(visit.url).port)) as client, pytest.raises(OSError):
        for _time in range(100):
            client.sendall(b"GET http://127.0.0.1/ HTTP/1.1\r\nX: " + b"x" * 10_000)
            time.sleep(0.01)


def test_a_fork_has_a_door_of_its_own(visit):
    first = visit.url
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with Visit(total_s=20, most_bytes=1 << 20) as own:
            os.write(writing, own.url.encode())
        os._exit(0)
    os.waitpid(child, 0)
    theirs = os.read(reading, 200).decode()
    os.close(reading)
    os.close(writing)
    assert urlsplit(theirs).port != urlsplit(first).port


def test_the_secret_is_in_no_repr(visit):
    assert visit.password not in repr(visit)
    assert visit.password in visit.url


def test_many_come_in_side_by_side(visit):
    answers = []
    with receiving((200, {}, b"rows")) as server:
        threads = [threading.Thread(target=lambda: answers.append(asked(visit, server.url))) for _one in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answers == [(200, b"rows")] * 20


def test_the_operators_proxy_is_asked_for_what_lies_behind_it(visit, settings):
    with receiving((200, {}, b"through the proxy")) as proxy:
        settings.OUTBOUND_PROXIES = {"http": f"http://me:secret@127.0.0.1:{proxy.port}"}
        assert asked(visit, "http://1.1.1.1/a") == (200, b"through the proxy")
        [heard] = proxy.heard
        assert heard.path == "http://1.1.1.1/a"
        assert heard.headers["proxy-authorization"] == f"Basic {base64.b64encode(b'me:secret').decode()}"
        assert asked(visit, "http://127.0.0.2/")[0] == 403
        assert len(proxy.heard) == 1


def test_a_tunnel_goes_through_the_operators_proxy(visit, settings):
    heard = []

    def proxy(client):
        heard.append(client.recv(4096))
        client.sendall(b"HTTP/1.1 200 fine\r\n\r\n")
        heard.append(client.recv(4096))
        client.sendall(b"an answer")

    with fronting(proxy) as port:
        settings.OUTBOUND_PROXIES = {"https": f"http://127.0.0.1:{port}"}
        with socket.create_connection(("127.0.0.1", urlsplit(visit.url).port)) as client:
            proof = proof_of(visit)["Proxy-Authorization"]
            client.sendall(f"CONNECT 1.1.1.1:443 HTTP/1.1\r\nProxy-Authorization: {proof}\r\n\r\n".encode())
            assert client.recv(100).startswith(b"HTTP/1.1 200")
            client.sendall(b"hello")
            assert client.recv(100) == b"an answer"
    assert heard[0].startswith(b"CONNECT 1.1.1.1:443 HTTP/1.1\r\n")
    assert heard[1] == b"hello"
