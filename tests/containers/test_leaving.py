"""A temporary portal that is deleted takes its containers along; a portal that merely restarts keeps what serves."""

from __future__ import annotations

import pytest

from foundation.engines import WorkloadState, end_all
from foundation.engines.adapters.docker import DockerEngine
from portal.launcher import keys, up
from portal.launcher.home import Home, furnish
from portal.launcher.processes import Options
from tests.containers import podman
from tests.contracts.engine_stage import PORT, docker_engine, home, spec, until

pytestmark = pytest.mark.containers
__all__ = ["home"]
WAITS = "import time; print('up', flush=True); time.sleep(120)"


@pytest.fixture
def portal(tmp_path, monkeypatch):
    """The state of a portal on the engine `docker`, as `make demo` makes one, with a container that serves."""
    monkeypatch.setenv("COMPUTE_ENGINE", "docker")
    monkeypatch.setenv("DOCKER_HOST", podman.host())
    for name in ("DATABASE_URL", "REDIS_URL", "SANAD_HOME", "SANAD_RUN"):
        monkeypatch.delenv(name, raising=False)
    state = Home(tmp_path / "home")
    state.root.mkdir(mode=0o700)
    furnish(state)
    keys.ensure(state)
    engine = DockerEngine(image=podman.IMAGE, run=state.run, portal_port=PORT, client=podman.client())
    served = spec(WAITS)
    engine.start(served)
    until(lambda: b"up" in engine.logs(served.name)[0])
    yield state, engine, served
    end_all(engine)


@pytest.fixture
def neighbour(home):
    """Another portal on the same engine."""
    engine = docker_engine(home)
    served = spec(WAITS)
    engine.start(served)
    yield lambda: engine.status(served.name).state
    end_all(engine)


def test_a_portal_that_is_deleted_takes_its_containers_along(portal, neighbour, capsys):
    state, engine, served = portal
    up.end_workloads(state, keep=False)
    assert engine.status(served.name).state is WorkloadState.MISSING, capsys.readouterr().out
    assert neighbour() is WorkloadState.RUNNING


def test_one_that_failed_keeps_their_logs_and_stops_them(portal, neighbour):
    state, engine, served = portal
    up.end_workloads(state, keep=True)
    assert engine.status(served.name).state.is_final
    assert b"up" in engine.logs(served.name)[0]
    assert neighbour() is WorkloadState.RUNNING


def test_one_that_will_come_back_keeps_what_serves(portal, monkeypatch):
    """`make up`, and a command on a home with a name: after the restart the same containers answer."""
    state, engine, served = portal
    monkeypatch.setattr(up, "_launch", lambda *_given, **_named: 0)
    up.run(state, ["true"], port=0, options=Options(), quiet=True)
    up.up(state, port=0, options=Options())
    assert engine.status(served.name).state is WorkloadState.RUNNING


def test_a_temporary_one_is_deleted_with_what_it_started(monkeypatch):
    """Nothing of its folder is left, and its containers were ended before the folder went."""
    seen = []
    monkeypatch.setattr(up, "_launch", lambda home, **_named: home.root.mkdir() or 0)
    monkeypatch.setattr(up, "end_workloads", lambda home, *, keep: seen.append((home.root.is_dir(), keep, home.root)))
    assert up.run(None, ["true"], port=None, options=Options(), quiet=True) == 0
    ((was_there, keep, root),) = seen
    assert (was_there, keep, root.parent.exists()) == (True, False, False)


def test_an_engine_that_is_away_is_said(portal, monkeypatch, capsys):
    state, _engine, _served = portal
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    up.end_workloads(state, keep=False)
    assert "may still run" in capsys.readouterr().out
