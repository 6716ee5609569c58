"""What every compute engine promises, told over both adapters with real processes and real containers."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from foundation.engines import LOG_PIECE, ImageMissing, Mount, Reason, WorkloadMissing, WorkloadState, end_all, open_log
from foundation.engines.adapters.container_logs import BOUNDED
from foundation.engines.errors import SpecRefused
from tests.containers import podman
from tests.contracts.engine_stage import (
    PORT,
    PREFIX,
    docker_engine,
    ended,
    engine,
    home,
    log,
    make,
    process_engine,
    processes_with,
    spec,
    until,
)

__all__ = ["engine", "home", "make"]


def test_a_task_runs_and_ends_well(engine):
    workload = spec("print('salaam')")
    engine.start(workload)
    status = ended(engine, workload)
    assert (status.state, status.exit_code, status.reason) == (WorkloadState.SUCCEEDED, 0, None)
    assert status.started_at <= status.finished_at
    assert "ended well" in status.sentence
    assert "salaam" in log(engine, workload)


def test_a_portal_that_goes_takes_along_what_it_started_and_nothing_else(engine, request, tmp_path_factory):
    other = {"process": process_engine, "docker": docker_engine}[request.node.callspec.params["make"]](
        tmp_path_factory.mktemp("other")
    )
    mine, theirs = (spec("import time; print('up', flush=True); time.sleep(60)") for _ in range(2))
    engine.start(mine)
    other.start(theirs)
    try:
        until(lambda: "up" in log(engine, mine) and "up" in log(other, theirs))
        assert end_all(engine, keep=True) == [mine.name]
        assert engine.status(mine.name).state.is_final and "up" in log(engine, mine)
        assert end_all(engine) == [mine.name]
        assert (engine.list(), engine.status(mine.name).state) == ([], WorkloadState.MISSING)
        assert other.status(theirs.name).state is WorkloadState.RUNNING
    finally:
        end_all(other)


def test_it_says_what_its_machine_has(engine):
    found = engine.capacity()
    assert found.cpus >= 1 and found.memory_mb > 256 and found.gpus == 0


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
    assert re.match(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z first\n", first)


LONG = """
import time
for part in range(3):
    for number in range(15000):
        print('part', part, 'line', number, 'x' * 60)
    time.sleep(1.1)
"""


def test_a_long_log_comes_in_pieces_each_byte_once(engine, make):
    workload = spec(LONG)
    engine.start(workload)
    pieces, offset = [], 0
    while not engine.status(workload.name).state.is_final:
        piece, offset = engine.logs(workload.name, offset)
        pieces.append(piece)
    while (found := engine.logs(workload.name, offset))[0]:
        piece, offset = found
        pieces.append(piece)
    whole = b"".join(pieces)
    assert max(map(len, pieces)) <= LOG_PIECE < len(whole)
    assert re.findall(rb"part (\d) line (\d+) ", whole) == [
        (b"%d" % part, b"%d" % number) for part in range(3) for number in range(15000)
    ]
    with open_log(make(), workload.name) as log:
        assert log.read() == whole


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


def test_a_specification_that_no_engine_can_start_is_refused(home):
    with pytest.raises(SpecRefused, match="small letters"):
        spec("pass", name="Robert'); DROP")
    with pytest.raises(SpecRefused, match="not an absolute path"):
        spec("pass", mounts=(Mount(home, "model"),))
    with pytest.raises(SpecRefused, match="missing"):
        spec("pass", mounts=(Mount(home / "nothing", "/model"),))


@pytest.mark.containers
def test_a_container_cannot_fill_the_hosts_disk_with_its_log(home):
    engine = docker_engine(home)
    workload = spec("print('said')")
    engine.start(workload)
    kept = podman.client().containers.get(workload.name).attrs["HostConfig"]["LogConfig"]
    engine.remove(workload.name)
    assert kept["Type"] == BOUNDED.type


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
from tests.contracts.engine_stage import WorkloadSpec, process_engine
workload = WorkloadSpec(name={workload.name!r}, kind="task", module="timeit", args={workload.args!r})
process_engine(Path({str(home)!r})).start(workload)
import os, signal
os.kill(os.getpid(), signal.SIGKILL)
"""
    root = Path(__file__).resolve().parents[2]
    env = {"PYTHONPATH": f"{root}/platform:{root}", "DJANGO_SETTINGS_MODULE": "portal.settings"}
    done = subprocess.run([sys.executable, "-c", program], cwd=root, env=env, check=False)
    assert done.returncode == -9
    survived = process_engine(home)
    until(lambda: "up" in log(survived, workload))
    assert survived.status(workload.name).state is WorkloadState.RUNNING
    survived.remove(workload.name)
