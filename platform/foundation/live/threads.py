"""Database work of the websocket process: in threads, each call with a connection that was looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import close_old_connections

Given = ParamSpec("Given")
Found = TypeVar("Found")

_ASKING = ThreadPoolExecutor(max_workers=4, thread_name_prefix="live-ask")
# Revocations are looked for in a thread of their own: a slow topic check must not keep a revoked token listening.
_GUARDING = ThreadPoolExecutor(max_workers=1, thread_name_prefix="live-guard")


async def ask(work: Callable[Given, Found], *args: Given.args, **kwargs: Given.kwargs) -> Found:
    """The answer of a synchronous call that reads the database."""
    return await _in(_ASKING, partial(work, *args, **kwargs))


async def guard(work: Callable[Given, Found], *args: Given.args, **kwargs: Given.kwargs) -> Found:
    return await _in(_GUARDING, partial(work, *args, **kwargs))


async def _in(pool: ThreadPoolExecutor, work: Callable[[], Found]) -> Found:
    return await asyncio.get_running_loop().run_in_executor(pool, copy_context().run, _with_sound_connection, work)


def _with_sound_connection(work: Callable[[], Found]) -> Found:
    close_old_connections()
    try:
        return work()
    finally:
        close_old_connections()
