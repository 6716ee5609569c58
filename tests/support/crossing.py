"""Requests of one moment on real connections, that meet where a test wants them to."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections


def until_somebody_waits_for_a_row(*, or_else=None):
    """Read in the locks themselves: what a transaction sees of others' activity is what it saw of it first."""
    ends = time.monotonic() + 20
    while time.monotonic() < ends:
        with connection.cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
            if cursor.fetchone()[0]:
                return
        if or_else is not None and or_else.wait(0.05):
            return
    pytest.fail("Nobody waited for a row.")


def at_once(*acts):
    """What comes of requests of one moment, each in a connection of its own."""

    def run(act):
        try:
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [asked.result(60) for asked in [pool.submit(run, act) for act in acts]]
