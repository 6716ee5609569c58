"""An embedded engine in a folder, what it is asked to run, and when that has ended."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from foundation.engines import WorkloadSpec
from foundation.engines.adapters.isolation import best_isolation
from foundation.engines.adapters.process import ProcessEngine
from tests.support import until as waiting

# On the machine that decides what lands there are walls: the last test of test_process.py says so.
walled = pytest.mark.skipif(best_isolation() == "none", reason="this machine walls nothing off")

ROOT = Path(__file__).resolve().parents[3]
# A workload starts an interpreter, on a machine that does much else.
until = partial(waiting.until, within_s=30)


def engine_at(home, isolation=None):
    return ProcessEngine(
        folder=home / "engines", run=home / "run", portal_url="http://127.0.0.1:8000", isolation=isolation
    )


def spec(name, code, **changes):
    given = {"name": name, "kind": "task", "module": "timeit", "args": ("-n1", "-r1", code), "memory_mb": 256}
    return WorkloadSpec(**{**given, **changes})


def finished(engine, name):
    return until(lambda: (found := engine.status(name)).state.is_final and found)
