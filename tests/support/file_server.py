"""A web server in its own process that gives out the files of a folder, with tags, ranges and faults on order.

`python -m tests.support.file_server FOLDER` prints its port. PUT /faults {"cut_after": n, "endless": true,
"page": true, "no_tags": true, "no_ranges": true, "redirect": url, "status": n, "tag": text, "packed": true,
"silent": true} changes how files are answered; {"times": n} cuts no more answers than so many. With
{"basic": [user, password]} or {"header": [name, value]} only whoever proves it is let in. GET /heard says what was
asked: method, path, headers.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import re
import subprocess
import sys
import threading
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FAULTS: dict = {}
HEARD: list = []
_LOCK = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    folder = Path()

    def log_message(self, *_words):
        """Quiet."""

    def do_PUT(self):
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        FAULTS.clear()
        HEARD.clear()
        FAULTS.update(said)
        self._answer(204, {}, b"")

    def do_GET(self):
        if self.path == "/heard":
            return self._answer(200, {}, json.dumps(HEARD).encode())
        HEARD.append([self.command, self.path, {name.lower(): value for name, value in self.headers.items()}])
        if not self._known():
            return self._answer(401, {"WWW-Authenticate": "Basic"}, b"who are you")
        faults = self._faults()
        path = self.folder / self.path.lstrip("/")
        if "redirect" in faults:
            return self._answer(302, {"Location": faults["redirect"]}, b"")
        if "status" in faults:
            return self._answer(faults["status"], {}, b"")
        if faults.get("page"):
            return self._answer(200, {"Content-Type": "text/html; charset=utf-8"}, b"<!doctype html><p>Sign in")
        if faults.get("silent"):
            return threading.Event().wait(60)
        if faults.get("endless"):
            return self._endless()
        if not path.is_file():
            return self._answer(404, {}, b"")
        return self._file(path, faults)

    do_HEAD = do_GET

    def _known(self):
        if "basic" in FAULTS:
            proof = base64.b64encode(":".join(FAULTS["basic"]).encode()).decode()
            return self.headers.get("Authorization") == f"Basic {proof}"
        if "header" in FAULTS:
            return self.headers.get(FAULTS["header"][0]) == FAULTS["header"][1]
        return True

    def _faults(self):
        with _LOCK:
            if "times" not in FAULTS:
                return FAULTS
            FAULTS["times"] -= 1
            return FAULTS if FAULTS["times"] >= 0 else {**FAULTS, "cut_after": None}

    def _file(self, path, faults):
        body = path.read_bytes()
        if faults.get("packed"):
            body = gzip.compress(body)
        tag = faults.get("tag") or f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        heads = {} if faults.get("no_tags") else {"ETag": tag}
        heads |= {"Content-Encoding": "gzip"} if faults.get("packed") else {}
        if self.headers.get("If-Match", tag) != tag and not faults.get("no_tags"):
            self._answer(412, {}, b"")
            return
        status, start = 200, 0
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if wanted and not faults.get("no_ranges") and self.headers.get("If-Range", tag) == tag:
            status, start = 206, int(wanted[1])
            heads["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        self._answer(status, heads, body[start:], faults.get("cut_after"))

    def _endless(self):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while True:
            self.wfile.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")

    def _answer(self, status, heads, body, cut_after=None):
        self.send_response(status)
        for name, value in heads.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[:cut_after])
        if cut_after is not None and cut_after < len(body):
            self.close_connection = True


class FileServer:
    """The server's process; `folder` holds what it gives out."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.file_server", str(folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        )
        self.port = int(self._process.stdout.readline())
        self.url = f"http://127.0.0.1:{self.port}/"

    def fault(self, **how):
        self._ask("PUT", "/faults", json.dumps(how))

    def heard(self):
        return json.loads(self._ask("GET", "/heard"))

    def _ask(self, method, path, body=None):
        asked = HTTPConnection("127.0.0.1", self.port, timeout=10)
        asked.request(method, path, body)
        said = asked.getresponse().read()
        asked.close()
        return said

    def stop(self):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()


if __name__ == "__main__":
    Handler.folder = Path(sys.argv[1])
    serving = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving.daemon_threads = True
    print(serving.server_address[1], flush=True)
    serving.serve_forever()
