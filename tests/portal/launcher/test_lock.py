from __future__ import annotations

import os

import pytest

from portal.launcher import lock
from portal.launcher.home import Home, create_root


@pytest.fixture
def home(tmp_path) -> Home:
    home = Home(tmp_path / "state")
    create_root(home)
    return home


def test_a_second_start_is_told_what_runs_where(home):
    held = lock.acquire(home)
    held.announce("http://127.0.0.1:8123", 8123)
    with pytest.raises(lock.AlreadyRunning, match=rf"pid {os.getpid()}\): http://127.0.0.1:8123"):
        lock.acquire(home)
    running = lock.holder(home)
    assert running is not None
    assert running.port == 8123
    held.release()


def test_a_start_under_way_has_no_address_yet(home):
    held = lock.acquire(home)
    with pytest.raises(lock.AlreadyRunning, match="just starting or stopping"):
        lock.acquire(home)
    held.release()


def test_a_released_lock_can_be_had_again(home):
    lock.acquire(home).release()
    assert lock.holder(home) is None
    lock.acquire(home).release()


def test_the_lock_of_a_dead_launcher_is_free(home):
    child = os.fork()
    if child == 0:
        lock.acquire(home).announce("http://127.0.0.1:1", 1)
        os._exit(0)
    os.waitpid(child, 0)
    assert lock.holder(home) is None
    lock.acquire(home).release()
