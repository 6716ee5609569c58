"""The portal on a real port in a thread, and a line to it that breaks when a test says so."""

from __future__ import annotations

import json
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from django.core.servers.basehttp import ThreadedWSGIServer
from django.core.wsgi import get_wsgi_application
from django.test.testcases import QuietWSGIRequestHandler


class _Handler(QuietWSGIRequestHandler):
    def get_environ(self) -> dict[str, Any]:
        return {**super().get_environ(), "tests.handler": self}


def _hang_up(environ: dict[str, Any]) -> None:
    """Close the connection before a byte of the answer is out."""
    handler = environ["tests.handler"]
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


class BreakingLine:
    """Passes requests on; `lose_answers` makes the portal do what it is asked and the client hear nothing of it."""

    def __init__(self, application: Callable[..., Any]) -> None:
        self._application = application
        self._lost: dict[tuple[str, str], list[int]] = {}
        self._away = 0
        self._through_gateway = False
        self.seen: Counter[tuple[str, str]] = Counter()

    def lose_answers(self, method: str, part: str, *, numbers: list[int]) -> None:
        """Of the requests of this method whose path holds `part`, lose the answers to these (the first is 1)."""
        self._lost[(method, part)] = numbers
        self.seen[(method, part)] = 0

    def break_off(self, method: str, part: str, *, numbers: list[int]) -> None:
        """As `lose_answers`, behind a gateway, which says in the answer's place that the portal broke off."""
        self.lose_answers(method, part, numbers=numbers)
        self._through_gateway = True

    def away(self, times: int) -> None:
        """Answer the next so many requests as the gateway does while the portal starts again."""
        self._away = times

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if self._away:
            self._away -= 1
            start_response("503 Service Unavailable", [("Content-Type", "application/problem+json")])
            return [json.dumps({"type": "https://any.host/problems/portal-away", "detail": "It restarts."}).encode()]
        answer = self._application(environ, start_response)
        for (method, part), numbers in self._lost.items():
            if environ["REQUEST_METHOD"] == method and part in environ["PATH_INFO"]:
                self.seen[(method, part)] += 1
                if self.seen[(method, part)] in numbers:
                    answer.close()
                    if self._through_gateway:
                        broken = (ConnectionAbortedError, ConnectionAbortedError(), None)  # instead of what it said
                        start_response("502 Bad Gateway", [("Content-Type", "application/problem+json")], broken)
                        return [b'{"type": "https://any.host/problems/portal-broke-off", "detail": "It broke off."}']
                    _hang_up(environ)
                    raise ConnectionAbortedError
        return answer

    def mend(self) -> None:
        self._lost.clear()
        self._away, self._through_gateway = 0, False
        self.seen.clear()


class PortalThread:
    """`url` answers until `stop`."""

    def __init__(self) -> None:
        self.line = BreakingLine(get_wsgi_application())
        self._server = ThreadedWSGIServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.set_app(self.line)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
