"""What every compute engine promises, told over both adapters with real processes and real containers."""

from __future__ import annotations

import http.server
import shutil
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from foundation.engines import (
    ImageMissing,
    Mount,
    Reason,
    WorkloadMissing,
    WorkloadSpec,
    WorkloadState,
)
from foundation.engines.adapters.process import ProcessEngine
from foundation.engines.errors import SpecRefused

WAIT_SECONDS = 60
PORT = 8123


@pytest.fixture
def home():
    """A short folder: sockets below it have to fit into 107 bytes."""
    folder = Path(tempfile.mkdtemp(prefix="sanad-e", dir="/tmp"))
    (folder / "run").mkdir(mode=0o700)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def _process(home):
    return ProcessEngine(folder=home / "engines", run=home / "run", portal_url=f"http://127.0.0.1:{PORT}")


def _docker(home):
    from foundation.engines.adapters.docker import DockerEngine
    from tests.containers import podman

    return DockerEngine(image=podman.IMAGE, run=home / "run", portal_port=PORT, client=podman.client())


@pytest.fixture(params=["process", pytest.param("docker", marks=pytest.mark.containers)])
def make(request, home):
    """Makes an engine over the same home again: what another process of the portal would hold."""
    maker = {"process": _process, "docker": _docker}[request.param]
    yield lambda: maker(home)
    engine = maker(home)
    for name in engine.list(PREFIX):
        engine.remove(name)


PREFIX = "contract-"
_numbers = iter(range(1_000_000))


@pytest.fixture
def engine(make):
    return make()


def spec(code, **changes):
    """A workload that runs a few lines of Python; `python -m` knows no other module that takes them."""
    name = f"{PREFIX}{time.time_ns():x}-{next(_numbers)}"
    given = {"name": name, "kind": "task", "module": "timeit", "args": ("-n1", "-r1", code), "memory_mb": 512}
    return WorkloadSpec(**{**given, **changes})


def until(condition):
    """Wait for a condition to hold, and return what it gave."""
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not come to pass in time")


def ended(engine, workload):
    return until(lambda: (found := engine.status(workload.name)).state.is_final and found)


def log(engine, workload):
    return engine.logs(workload.name)[0].decode()


def processes_with(word):
    """Command lines on this machine that hold a word; containers run on this machine too."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if word.encode() in line and b"pytest" not in line:
            found.append(line)
    return found


def test_a_task_runs_and_ends_well(engine):
    workload = spec("print('salaam')")
    engine.start(workload)
    status = ended(engine, workload)
    assert (status.state, status.exit_code, status.reason) == (WorkloadState.SUCCEEDED, 0, None)
    assert status.started_at <= status.finished_at
    assert "ended well" in status.sentence
    assert "salaam" in log(engine, workload)


def test_a_crash_keeps_its_exit_code_and_its_traceback(engine):
    workload = spec("import os, sys; print('on its way', file=sys.stderr, flush=True); os._exit(7)")
    engine.start(workload)
    status = ended(engine, workload)
    assert (status.state, status.exit_code, status.reason) == (WorkloadState.FAILED, 7, None)
    assert "exit code 7" in status.sentence
    assert "on its way" in log(engine, workload)


def test_starting_twice_runs_once(engine, make):
    workload = spec("import time; print('once'); time.sleep(30)")
    engine.start(workload)
    until(lambda: "once" in log(engine, workload))
    engine.start(workload)
    make().start(workload)
    assert log(engine, workload).count("once") == 1
    engine.stop(workload.name, grace_s=0)
    engine.start(workload)
    assert engine.status(workload.name).state is WorkloadState.FAILED


def test_logs_go_on_from_an_offset_and_carry_the_time(engine):
    workload = spec("import time; print('first', flush=True); time.sleep(1); print('second', flush=True)")
    engine.start(workload)
    until(lambda: "first" in log(engine, workload))
    first, offset = engine.logs(workload.name)
    ended(engine, workload)
    rest, end = engine.logs(workload.name, offset)
    assert b"first" in first
    assert b"first" not in rest
    assert b"second" in rest
    assert engine.logs(workload.name, end) == (b"", end)
    assert first[:2] == b"20"
    assert first.split(b" ")[0].endswith(b"Z") or b"+00:00" in first.split(b" ")[0]


STUBBORN = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
for _ in range(2):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(300)
        time.sleep(300)
print('up', flush=True)
time.sleep(300)  # MARK
"""


def test_stop_kills_the_whole_tree_even_if_it_will_not_go(engine):
    workload = spec("")
    workload = spec(STUBBORN.replace("MARK", workload.name))
    engine.start(workload)
    until(lambda: "up" in log(engine, workload))
    mark = workload.args[2][-40:]
    assert len(processes_with(mark)) >= 5
    began = time.monotonic()
    engine.stop(workload.name, grace_s=1)
    assert time.monotonic() - began < 15
    assert processes_with(mark) == []
    status = engine.status(workload.name)
    assert (status.state, status.reason) == (WorkloadState.FAILED, Reason.KILLED)
    assert "stopped from outside" in status.sentence


def test_a_workload_that_ends_on_request_need_not_be_killed(engine):
    code = """
import os, signal, time
signal.signal(signal.SIGTERM, lambda *_: (print('bye', flush=True), os._exit(0)))
print('up', flush=True)
time.sleep(60)
"""
    workload = spec(code)
    engine.start(workload)
    until(lambda: "up" in log(engine, workload))
    engine.stop(workload.name, grace_s=20)
    assert "bye" in log(engine, workload)


def test_too_much_memory_ends_it_and_says_so(engine):
    code = (
        "import time\nkept = [bytearray(b'x' * 10_000_000) for _ in range(60) if not time.sleep(0.01)]\ntime.sleep(30)"
    )
    workload = spec(code, memory_mb=200)
    engine.start(workload)
    status = ended(engine, workload)
    assert (status.state, status.reason) == (WorkloadState.FAILED, Reason.OUT_OF_MEMORY)
    assert "more memory than the 200 MiB" in status.sentence


def test_another_process_of_the_portal_finds_it_again(engine, make):
    workload = spec("import time; print('up', flush=True); time.sleep(60)")
    engine.start(workload)
    again = make()
    assert workload.name in again.list(PREFIX)
    assert again.status(workload.name).state in (WorkloadState.STARTING, WorkloadState.RUNNING)
    until(lambda: "up" in log(again, workload))
    again.stop(workload.name, grace_s=0)
    assert engine.status(workload.name).state is WorkloadState.FAILED


def test_what_was_removed_is_unknown(engine):
    workload = spec("import time; time.sleep(60)")
    engine.start(workload)
    engine.remove(workload.name)
    assert engine.status(workload.name).state is WorkloadState.MISSING
    assert workload.name not in engine.list()
    with pytest.raises(WorkloadMissing, match=workload.name):
        engine.logs(workload.name)
    engine.remove(workload.name)


def test_usage_is_told(engine):
    workload = spec("kept = bytearray(b'x' * 50_000_000)\nimport time\nprint('up', flush=True)\ntime.sleep(60)")
    engine.start(workload)
    until(lambda: "up" in log(engine, workload))
    assert until(lambda: engine.usage(workload.name).memory_mb > 40)


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
        door.chmod(0o666)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = str(neighbour.getsockname()[1])
        workload = spec(FETCH, env={"SANAD_URL": "{portal}", "NEIGHBOUR": port})
        engine.start(workload)
        ended(engine, workload)
        server.shutdown()
    assert "hello from /api/v1/" in log(engine, workload)
    assert "no neighbour" in log(engine, workload)


def test_a_specification_that_no_engine_can_start_is_refused(home):
    with pytest.raises(SpecRefused, match="small letters"):
        spec("pass", name="Robert'); DROP")
    with pytest.raises(SpecRefused, match="not an absolute path"):
        spec("pass", mounts=(Mount(home, "model"),))
    with pytest.raises(SpecRefused, match="missing"):
        spec("pass", mounts=(Mount(home / "nothing", "/model"),))


@pytest.mark.containers
def test_a_missing_image_says_how_to_build_it(home):
    from foundation.engines.adapters.docker import DockerEngine
    from tests.containers import podman

    engine = DockerEngine(image="localhost/sanad-nothing:0", run=home / "run", portal_port=PORT, client=podman.client())
    with pytest.raises(ImageMissing, match=r"python docker/build\.py"):
        engine.start(spec("pass"))


def test_a_worker_that_dies_leaves_its_workloads_alone(home):
    """The process engine's keeper belongs to nobody: the worker that started it may be killed."""
    workload = spec("import time; print('up', flush=True); time.sleep(60)")
    program = f"""
import sys
from pathlib import Path
from tests.contracts.test_engines import _process, WorkloadSpec
workload = WorkloadSpec(name={workload.name!r}, kind="task", module="timeit", args={workload.args!r})
_process(Path({str(home)!r})).start(workload)
import os, signal
os.kill(os.getpid(), signal.SIGKILL)
"""
    root = Path(__file__).resolve().parents[2]
    env = {"PYTHONPATH": f"{root}/platform:{root}", "DJANGO_SETTINGS_MODULE": "portal.settings"}
    done = subprocess.run([sys.executable, "-c", program], cwd=root, env=env, check=False)
    assert done.returncode == -9
    engine = _process(home)
    until(lambda: "up" in log(engine, workload))
    assert engine.status(workload.name).state is WorkloadState.RUNNING
    engine.remove(workload.name)
