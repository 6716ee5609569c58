"""The portal's door as the gateway opens it for workloads, here led on to a test's own server."""

from __future__ import annotations

import shutil
import socket
import socketserver
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PIECE = 65536


class _Relay(socketserver.BaseRequestHandler):
    server: _Door

    def handle(self) -> None:
        with socket.create_connection(("127.0.0.1", self.server.port)) as portal:
            back = threading.Thread(target=_pass_on, args=(portal, self.request), daemon=True)
            back.start()
            _pass_on(self.request, portal)
            back.join()


class _Door(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def __init__(self, path: Path, port: int) -> None:
        self.port = port
        super().__init__(str(path), _Relay)


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    try:
        while piece := source.recv(_PIECE):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        # One side hung up: whatever it still said, nobody hears it.
        target.close()


@contextmanager
def door_to(port: int) -> Iterator[Path]:
    """A folder of sockets with the door in it; short, since the kernel takes 107 bytes for a socket's path."""
    run = Path(tempfile.mkdtemp(prefix="sanad-d", dir="/tmp"))
    (run / "door").mkdir(mode=0o755)
    try:
        with _Door(run / "door" / "door.sock", port) as door:
            threading.Thread(target=door.serve_forever, daemon=True).start()
            yield run
            door.shutdown()
    finally:
        shutil.rmtree(run, ignore_errors=True)
