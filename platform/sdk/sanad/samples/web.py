"""Files at an address of this very machine, as data of the web that the demonstration reads: it needs no other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Nobody reads it."""

    def handle(self) -> None:
        # Who looks at the beginning of a file hangs up in the middle of it.
        with suppress(ConnectionError):
            super().handle()


@contextmanager
def serving(folder: Path, *, port: int = 0) -> Iterator[str]:
    """The folder's address, ending in “/”, for as long as the block lasts; at any free port, unless one is named."""
    with ThreadingHTTPServer(("127.0.0.1", port), partial(_Quiet, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever, name="sample-web", daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()
