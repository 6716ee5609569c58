"""Tests that are asked again (`--reruns`), without a question over the network before each of all the others.

pytest-rerunfailures asks its controller for every test how often it has crashed a worker, and tells it how often it may
be asked again: over a connection that holds small words back, so that each test waited for 40 ms. The answer is 0 until
a worker has crashed, whose place is then taken by one of a new name; and how often is the same for all tests.
"""

from __future__ import annotations

from typing import Any

import pytest


def spare_questions(config: pytest.Config) -> None:
    """Of a worker that began with the session, none is asked; of one that follows a crashed one, all are."""
    database: Any = getattr(config, "failures_db", None)
    told: dict[str, Any] | None = getattr(config, "workerinput", None)
    if database is None or config.option.reruns is None:
        return
    if told is None:
        database.get_test_reruns = lambda _item: config.option.reruns
    elif int(told["workerid"].removeprefix("gw")) < told["workercount"]:
        database.get_test_failures = lambda _item: 0
        database.set_test_reruns = lambda _item, _reruns: None
