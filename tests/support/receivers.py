"""Real servers on loopback that calls from the house reach."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Heard:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict
    body: bytes


@dataclass
class Receiver:
    """`answers` are given in turn, the last one for good: (status, headers, body) or a function of the handler."""

    url: str
    port: int
    answers: list
    heard: list[Heard] = field(default_factory=list)


@contextlib.contextmanager
def receiving(*answers, host="127.0.0.1", port=0, tls=None):
    made = Receiver("", 0, list(answers) or [(200, {}, b"ok")])

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            heads = {name.lower(): value for name, value in self.headers.items()}
            made.heard.append(Heard(self.command, self.path, heads, body))
            answer = made.answers.pop(0) if len(made.answers) > 1 else made.answers[0]
            # The other end may be gone on purpose: that is what some of these tests are about.
            with contextlib.suppress(ConnectionError):
                answer(self) if callable(answer) else plain(self, *answer)

        do_GET = do_HEAD = do_CONNECT = do_POST

        def log_message(self, *_words):
            """Quiet."""

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    server_class = type("Server", (ThreadingHTTPServer,), {"address_family": family, "daemon_threads": True})
    server = server_class((host, port), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_words: None
    made.port = server.server_address[1]
    made.url = f"{'https' if tls else 'http'}://{f'[{host}]' if ':' in host else host}:{made.port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def plain(handler, status, headers, body=b""):
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
