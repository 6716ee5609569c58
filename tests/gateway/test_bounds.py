"""No address takes a body of any size: what is too large is refused before anybody behind has read it."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import closing

import pytest

from apps.datasets.services import CHUNK_BYTES
from gateway import bounds
from gateway.bounds import CHUNK, FORM_FILE, OPEN_PAGE, USUAL, Bounds
from portal.settings import base
from tests.gateway.stage import Answer, Stage, wait_until

PIECE = 64 * 1024


def _counted(stage: Stage, method: str, path: str, size: int, *, chunked: bool) -> tuple[Answer, int]:
    """The answer, and how many bytes were taken before it came."""
    taken = 0

    def pieces() -> Iterator[bytes]:
        nonlocal taken
        for _ in range(size // PIECE):
            yield b"x" * PIECE
            taken += PIECE

    connection = http.client.HTTPConnection("127.0.0.1", stage.port, timeout=10)
    with closing(connection):
        headers = {} if chunked else {"Content-Length": str(size)}
        try:
            connection.request(method, path, pieces(), headers, encode_chunked=chunked)
        except (BrokenPipeError, ConnectionResetError):
            assert connection.sock is not None
        answer = connection.getresponse()
        return Answer(answer.status, dict(answer.getheaders()), answer.read()), taken


@pytest.mark.parametrize(
    ("method", "path", "most"),
    [
        ("POST", "/accounts/login/", OPEN_PAGE),
        ("POST", "/accounts/invitations/secret/", OPEN_PAGE),
        ("POST", "/t/acme/p/flights/data/new/", FORM_FILE),
        ("GET", "/t/acme/p/flights/data/new/", USUAL),
        ("PUT", "/api/v1/uploads/0123/", CHUNK),
        ("POST", "/api/v1/uploads/", USUAL),
        ("PUT", "/mlflow/acme/flights/api/2.0/mlflow-artifacts/artifacts/1/model.bin", 1000),
        ("POST", "/mlflow/acme/flights/api/2.0/mlflow/runs/log-batch", USUAL),
        ("POST", "/api/v1/projects/", USUAL),
        ("PUT", "/t/acme/p/flights/data/new/", USUAL),
    ],
)
def test_each_address_has_its_bound(method: str, path: str, most: int) -> None:
    assert Bounds(1000).most({"method": method, "raw_path": path.encode()}) == most


def test_the_bounds_are_those_of_the_portal() -> None:
    assert (CHUNK, USUAL) == (CHUNK_BYTES, base.DATA_UPLOAD_MAX_MEMORY_SIZE)


@pytest.mark.parametrize("path", ["/accounts/login/", "/upload", "/api/v1/projects/"])
def test_a_body_that_says_it_is_too_large_is_not_listened_to(shared: Stage, path: str) -> None:
    before = len(shared.events())
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000000\r\n\r\n"
    answer = shared.raw(head.encode())
    assert answer.startswith(b"HTTP/1.1 413") and b"connection: close" in answer.lower()
    assert len(shared.events()) == before


def test_a_body_that_does_not_say_its_size_is_counted_while_it_passes(shared: Stage) -> None:
    broken = shared.events().count("upload broken")
    answer, taken = _counted(shared, "POST", "/upload", 4 * USUAL, chunked=True)
    assert answer.status == 413 and b"holds at most 16 MiB" in answer.body
    assert taken < 2 * USUAL
    wait_until(lambda: shared.events().count("upload broken") > broken)


def test_what_is_just_within_the_bound_passes(shared: Stage) -> None:
    for chunked in (False, True):
        answer, _ = _counted(shared, "POST", "/upload", USUAL, chunked=chunked)
        assert answer.status == 200


def test_a_page_says_it_in_the_readers_language(shared: Stage) -> None:
    headers = {"Accept": "text/html", "Accept-Language": "ar", "Content-Type": "application/x-www-form-urlencoded"}
    answer = shared.ask("POST", "/accounts/login/", b"x" * (OPEN_PAGE + 1), headers)
    assert answer.status == 413 and "الطلب أكبر" in answer.body.decode()


def test_small_bounds_are_told_in_small_units() -> None:
    assert "64 KiB" in bounds.too_large(OPEN_PAGE).sentence
