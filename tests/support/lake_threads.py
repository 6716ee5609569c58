"""The lake's engine with one thread in most tests, and with as many as in use where that could change an answer.

While one thread of DuckDB waits for the catalogue, the others look for work in a loop: of tests that read and write
tables of a few rows that was a sixth of the processor time, and an eighth of the time they took.
"""

from __future__ import annotations

import pytest

from foundation.lake.adapters import sessions

__all__ = ["as_many_threads_as_in_use"]
IN_USE = sessions._THREADS


def be_one() -> None:
    sessions._THREADS = 1


@pytest.fixture(scope="module")
def as_many_threads_as_in_use():
    """For tests of the lake itself, of joins and of windows: rows come from several threads in any order."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sessions, "_THREADS", IN_USE)
        yield
