"""The stage of the engines' contract: both engines over a short home, and workloads of a few lines."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path

import pytest

from foundation.engines import WorkloadSpec
from foundation.engines.adapters.process import ProcessEngine

WAIT_SECONDS = 60
PORT = 8123


@pytest.fixture
def home():
    """A short folder: sockets below it have to fit into 107 bytes."""
    folder = Path(tempfile.mkdtemp(prefix="sanad-e", dir="/tmp"))
    (folder / "run").mkdir(mode=0o700)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def process_engine(home):
    return ProcessEngine(folder=home / "engines", run=home / "run", portal_url=f"http://127.0.0.1:{PORT}")


def docker_engine(home):
    from foundation.engines.adapters.docker import DockerEngine
    from tests.containers import podman

    return DockerEngine(image=podman.IMAGE, run=home / "run", portal_port=PORT, client=podman.client())


@pytest.fixture(params=["process", pytest.param("docker", marks=pytest.mark.containers)])
def make(request, home):
    """Makes an engine over the same home again: what another process of the portal would hold."""
    maker = {"process": process_engine, "docker": docker_engine}[request.param]
    yield lambda: maker(home)
    engine = maker(home)
    for name in engine.list(PREFIX):
        engine.remove(name)


# Test processes share one container engine: each clears away its own alone.
PREFIX = f"contract-{os.getpid()}-"
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
