"""A replica's socket is reached where it lies; a link beside it leads nowhere, also one that is put there late."""

import asyncio
import socket
import threading

import pytest

from apps.deployments.adapters import replica
from gateway.wire import Pool, WireFailed, request_head
from runtime.sockets import own_socket

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"


@pytest.fixture
def neighbour(tmp_path):
    """Another's socket, which answers whoever comes; how many came is counted."""
    path, came = tmp_path / "neighbour.sock", []
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()

        def answer():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                came.append(connection.recv(65_536))
                connection.sendall(ANSWER)
                connection.close()

        threading.Thread(target=answer, daemon=True).start()
        yield path, came
        listener.shutdown(socket.SHUT_RDWR)


def asked_by_the_gateway(path):
    head = request_head(b"GET", b"/v2/health/ready", b"localhost", [], None)
    return asyncio.run(Pool(f"unix:{path}").ask(head, b"", 5)).status


def test_a_socket_is_reached_where_it_lies(neighbour):
    path, came = neighbour
    assert replica.is_ready(f"unix:{path}")
    assert asked_by_the_gateway(path) == 200
    assert len(came) == 2


def test_a_link_in_the_place_of_a_socket_is_not_followed(neighbour, tmp_path):
    path, came = neighbour
    (tmp_path / "service.sock").symlink_to(path)

    assert not replica.is_ready(f"unix:{tmp_path}/service.sock")
    with pytest.raises(WireFailed, match="no socket, and links are not followed"):
        asked_by_the_gateway(tmp_path / "service.sock")
    assert came == []


@pytest.mark.parametrize("left", ["nothing", "file", "folder"])
def test_whatever_else_lies_there_answers_nobody(tmp_path, left):
    place = tmp_path / "service.sock"
    if left == "file":
        place.write_text("no socket")
    if left == "folder":
        place.mkdir()

    assert not replica.is_ready(f"unix:{place}")
    with pytest.raises(WireFailed, match="Nobody answers at its address"):
        asked_by_the_gateway(place)


def test_a_link_that_takes_the_sockets_place_after_the_look_changes_nothing(neighbour, tmp_path):
    path, came = neighbour
    mine = tmp_path / "service.sock"
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as client:
        listener.bind(str(mine))
        listener.listen()
        with own_socket(str(mine)) as reached:
            mine.unlink()
            mine.symlink_to(path)
            client.connect(reached)
        listener.accept()[0].close()
    assert came == []
