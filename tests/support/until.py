"""Waiting for a condition."""

from __future__ import annotations

import time


def until(holds, within_s=10.0):
    """Ask again and again until it holds; TimeoutError where it does not in time."""
    end = time.monotonic() + within_s
    while not (found := holds()):
        if time.monotonic() > end:
            raise TimeoutError(f"{holds} did not hold within {within_s} seconds.")
        time.sleep(0.02)
    return found
