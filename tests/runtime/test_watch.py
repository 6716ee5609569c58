"""A workload's processes, seen from outside: the cheap look finds the same tree as the thorough one."""

from __future__ import annotations

import os
import signal
import subprocess

import psutil
import pytest

from runtime.keeper import watch


@pytest.fixture
def tree():
    """A shell with two children that stay until they are ended."""
    words = "tail -f /dev/null & tail -f /dev/null & echo ready; wait"
    with subprocess.Popen(["sh", "-c", words], stdout=subprocess.PIPE, text=True, start_new_session=True) as shell:
        assert shell.stdout.readline() == "ready\n"
        yield shell
        os.killpg(shell.pid, signal.SIGKILL)


def test_both_looks_find_the_whole_tree(tree):
    below = {process.pid for process in psutil.Process(tree.pid).children(recursive=True)}
    assert set(watch.descendants(tree.pid)) == set(watch.descendants_now(tree.pid)) == below
    assert tree.pid in watch.descendants_now(os.getpid())


def test_a_process_without_children_has_none_below_it(tree):
    (first, *_others) = watch.descendants(tree.pid)
    assert watch.descendants_now(first) == []


def test_a_process_that_is_gone_has_none_below_it():
    gone = subprocess.Popen(["true"])
    gone.wait()
    assert watch.descendants_now(gone.pid) == []
