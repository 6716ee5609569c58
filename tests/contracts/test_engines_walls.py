"""What a workload can reach on every engine: its mounts, its secrets, the portal's door, and nothing else."""

from __future__ import annotations

import errno
import http.server
import socket
import socketserver
import threading
import time
from pathlib import Path

import pytest

from foundation.engines import EngineUnavailable, Mount
from tests.contracts.engine_stage import PREFIX, ended, engine, home, log, make, processes_with, spec, until

__all__ = ["engine", "home", "make"]


def test_secrets_reach_the_environment_and_no_command_line(engine):
    secret = f"snd_{time.time_ns():x}"
    workload = spec(
        "import os, time; print(os.environ['SANAD_TOKEN'][::-1], flush=True); time.sleep(60)",
        env={"SANAD_TOKEN": secret},
    )
    engine.start(workload)
    until(lambda: secret[::-1] in log(engine, workload))
    assert processes_with(secret) == []


def test_mounts_are_read_and_not_written(engine, home):
    source = home / "engines-data" / "model"
    source.mkdir(parents=True, mode=0o700)
    (source / "weights").write_text("42 grams")
    (source / "weights").chmod(0o600)
    code = """
import os
path = os.environ['WEIGHTS']
print('read', open(path).read())
try:
    open(path, 'a')
except OSError as error:
    print('refused', type(error).__name__)
"""
    workload = spec(code, env={"WEIGHTS": "/model/weights"}, mounts=(Mount(source, "/model"),), own_code=True)
    engine.start(workload)
    ended(engine, workload)
    assert "read 42 grams" in log(engine, workload)
    assert "refused" in log(engine, workload)


def test_a_socket_in_a_folder_that_is_mounted_answers(engine, home):
    """So replicas reach the online store: the folder is read-only, and whoever binds the socket anew is found there."""
    folder = home / "run" / "store"
    folder.mkdir()
    folder.chmod(0o755)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(folder / "store.sock"))
    (folder / "store.sock").chmod(0o666)
    listener.listen()
    listener.settimeout(60)
    code = """
import os, socket
wire = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
wire.connect(os.environ['STORE'])
print('heard', wire.recv(100).decode())
"""
    mounts = (Mount(folder, "/sanad/store"),)
    workload = spec(code, env={"STORE": "/sanad/store/store.sock"}, mounts=mounts)
    with listener:
        engine.start(workload)
        wire, _address = listener.accept()
        with wire:
            wire.sendall(b"a value")
        ended(engine, workload)
    assert "heard a value" in log(engine, workload)


def test_own_code_sees_neither_the_portals_files_nor_its_processes(engine, home):
    (home / "credentials.json").write_text("{}")
    code = f"""
import os, pathlib
print('uid', os.getuid())
print('home', os.path.exists({str(home)!r}), os.path.exists('/root/.ssh'), os.path.exists('/etc/shadow'))
print('processes', len([name for name in os.listdir('/proc') if name.isdigit()]))
try:
    os.kill({__import__("os").getpid()}, 0)
    print('reached')
except ProcessLookupError:
    print('out of reach')
"""
    workload = spec(code, own_code=True)
    engine.start(workload)
    ended(engine, workload)
    text = log(engine, workload)
    assert "uid 0" not in text
    assert "home False False" in text
    assert "out of reach" in text
    assert int(text.split("processes ")[1].split()[0]) < 10


SERVICE = """
from runtime.config import environment
from runtime.serve import listening_socket
listener = listening_socket(environment()['SANAD_SERVICE_SOCKET'])
connection, _ = listener.accept()
connection.sendall(b'at your service')
connection.close()
import time
time.sleep(60)
"""


def test_a_service_is_reached_at_its_address_by_the_portal_alone(engine):
    workload = spec(SERVICE, kind="service")
    engine.start(workload)
    address = engine.status(workload.name).address
    assert address.startswith("unix:/")
    path = Path(address.removeprefix("unix:"))

    def answer():
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(10)
            try:
                client.connect(str(path))
            except OSError:
                return b""
            return client.recv(100)

    assert until(answer) == b"at your service"
    assert any(parent.stat().st_mode & 0o077 == 0 for parent in path.parents)


LITTER = """
import os
from runtime.config import environment
from runtime.serve import listening_socket
listening_socket(environment()['SANAD_SERVICE_SOCKET'])
folder = os.path.dirname(environment()['SANAD_SERVICE_SOCKET'].removeprefix('unix:'))
if folder.startswith('/'):
    os.mkdir(folder + '/left')
    os.symlink('/etc/passwd', folder + '/link')
print('left', flush=True)
"""


def test_what_a_service_leaves_beside_its_socket_hinders_nobody(engine, home):
    (home / "engines-data").mkdir()
    workload = spec(LITTER, kind="service")
    engine.start(workload)
    until(lambda: "left" in log(engine, workload))
    engine.remove(workload.name)
    engine.start(workload)
    until(lambda: "left" in log(engine, workload))
    assert Path("/etc/passwd").exists()


class _Hello(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"hello from {self.path}".encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self):
        return "unix"

    def log_message(self, *_):
        """Say nothing."""


class _UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


FETCH = """
import os, socket, urllib.request
print(urllib.request.urlopen(os.environ['SANAD_URL'] + '/api/v1/', timeout=20).read().decode(), flush=True)
try:
    socket.create_connection(('127.0.0.1', int(os.environ['NEIGHBOUR'])), timeout=2)
    print('reached the neighbour', flush=True)
except OSError as error:
    print('no neighbour', flush=True)
"""


def test_the_portal_is_reached_through_the_door_and_nothing_else_is(engine, home):
    (home / "run" / "door").mkdir()
    door = home / "run" / "door" / "door.sock"
    with _UnixServer(str(door), _Hello) as server, socket.create_server(("127.0.0.1", 0)) as neighbour:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = str(neighbour.getsockname()[1])
        workload = spec(FETCH, env={"SANAD_URL": "{portal}", "NEIGHBOUR": port})
        engine.start(workload)
        ended(engine, workload)
        server.shutdown()
    assert "hello from /api/v1/" in log(engine, workload)
    assert "no neighbour" in log(engine, workload)


def test_without_the_door_nothing_that_needs_the_portal_is_started(engine):
    workload = spec("pass", env={"SANAD_URL": "{portal}"})
    with pytest.raises(EngineUnavailable, match="start the gateway"):
        engine.start(workload)
    assert engine.list(PREFIX) == []


def test_what_needs_no_portal_has_no_network_either(engine):
    with socket.create_server(("127.0.0.1", 0)) as neighbour:
        port = neighbour.getsockname()[1]
        workload = spec(f"import socket; print('met', socket.socket().connect_ex(('127.0.0.1', {port})))")
        engine.start(workload)
        ended(engine, workload)
    assert f"met {errno.ECONNREFUSED}" in log(engine, workload)
