"""What holds for the embedded engine beyond the port: keepers, uids, namespaces, and machines that have none."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from foundation.engines import IsolationMissing, Mount, Reason, WorkloadState
from foundation.engines.adapters.isolation import best_isolation, own_uid
from foundation.engines.errors import EngineUnavailable
from runtime.keeper import state as files
from runtime.keeper import watch
from tests.foundation.engines.embedded import engine_at, finished, spec, until

SLEEPER = "import time; print('up', flush=True); time.sleep(120)"


def test_a_killed_keeper_takes_its_workload_along_and_is_told_as_lost(home, engine):
    engine.start(spec("a", SLEEPER))
    until(lambda: b"up" in engine.logs("a")[0])
    keeper = files.read_json(home / "engines/a" / files.STATE)["keeper_pid"]
    below = watch.descendants(keeper)
    assert below
    os.kill(keeper, signal.SIGKILL)
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in below))
    status = engine.status("a")
    assert (status.state, status.reason) == (WorkloadState.FAILED, Reason.LOST)
    assert "lost" in status.sentence


def test_state_and_secrets_are_closed_to_others(home, engine):
    engine.start(spec("a", "import os; print(len(os.environ['SECRET']))", env={"SECRET": "snd_very_secret"}))
    finished(engine, "a")
    assert (home / "engines").stat().st_mode & 0o077 == 0
    assert (home / "engines/a").stat().st_mode & 0o077 == 0
    for path in (home / "engines").rglob("*"):
        if path.is_file():
            assert b"snd_very_secret" not in path.read_bytes(), path


def test_no_descriptor_of_the_portal_leaks_into_a_workload(home, engine):
    with (home / "credentials").open("w") as held:
        os.set_inheritable(held.fileno(), True)
        engine.start(spec("a", "import os; print('open', sorted(map(int, os.listdir('/proc/self/fd')))[:-1])"))
        finished(engine, "a")
    assert b"open [0, 1, 2]" in engine.logs("a")[0]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives each workload a uid of its own")
def test_each_workload_has_a_uid_of_its_own(engine):
    for name in ("a", "b"):
        engine.start(spec(name, "import os; print('uid', os.getuid(), os.getgid(), os.getgroups())"))
        finished(engine, name)
    said = {engine.logs(name)[0].split(b"uid ")[1].splitlines()[0] for name in ("a", "b")}
    assert said == {b"61000 61000 []", b"61001 61001 []"}


def test_uids_run_out_with_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr("foundation.engines.adapters.isolation.UIDS", range(61000, 61001))
    (tmp_path / "a").mkdir()
    files.write_json(tmp_path / "a" / files.STATE, {"uid": 61000})
    with pytest.raises(EngineUnavailable, match="holds 1 workloads"):
        own_uid(tmp_path, ["a"])


def test_own_code_is_refused_where_nothing_can_wall_it_off(home):
    plain = engine_at(home, isolation="none")
    with pytest.raises(IsolationMissing, match="COMPUTE_ENGINE=docker"):
        plain.start(spec("a", "pass", own_code=True))
    assert plain.list() == []


def test_recipes_run_even_there_with_the_machines_paths_for_mounts(home):
    plain = engine_at(home, isolation="none")
    (home / "model").mkdir()
    (home / "model/weights").write_text("42 grams")
    code = "import os; print(open(os.environ['WEIGHTS']).read())"
    plain.start(spec("a", code, env={"WEIGHTS": "/model/weights"}, mounts=(Mount(home / "model", "/model"),)))
    assert finished(plain, "a").state is WorkloadState.SUCCEEDED
    assert b"42 grams" in plain.logs("a")[0]
    plain.remove("a")


def test_orphans_are_ended_even_there(home):
    plain = engine_at(home, isolation="none")
    code = """
import os, time
if os.fork() == 0:
    os.setsid()
    time.sleep(120)
print('child', flush=True)
time.sleep(120)
"""
    plain.start(spec("a", code))
    until(lambda: b"child" in plain.logs("a")[0])
    keeper = files.read_json(home / "engines/a" / files.STATE)["keeper_pid"]
    below = watch.descendants(keeper)
    plain.stop("a", grace_s=0.2)
    assert not any(Path(f"/proc/{pid}").exists() for pid in below)
    plain.remove("a")


def test_half_a_start_is_begun_anew(home, engine):
    (home / "engines/a").mkdir(parents=True)
    engine.start(spec("a", "print('here')"))
    assert finished(engine, "a").state is WorkloadState.SUCCEEDED


def test_a_socket_path_that_the_kernel_cannot_take_is_refused(tmp_path):
    deep = tmp_path / ("x" * 100)
    with pytest.raises(EngineUnavailable, match="too long for a socket"):
        engine_at(deep).socket_path("a")


def test_a_log_without_line_ends_is_kept_too(engine):
    engine.start(spec("a", "import os; os.write(1, b'x' * 200_000); os.write(1, b'end')"))
    finished(engine, "a")
    assert engine.logs("a")[0].count(b"x") >= 200_000
    assert b"end" in engine.logs("a")[0]


def test_this_machine_can_wall_workloads_off():
    assert best_isolation() in ("root", "user", "none")
    if os.geteuid() == 0 and os.environ.get("CI") == "true":
        assert best_isolation() == "root"
