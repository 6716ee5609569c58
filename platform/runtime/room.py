"""Room for deep stacks of calls.

CPython (3.11 and later, Python/pystate.c) keeps a thread's frames in pieces of 16 KB, some 120 calls. One that no
longer fits into the last piece asks the kernel for another and gives it back when it returns: where such an edge lies
below a loop, every turn pays for both, and for the pages in between. Django's stacks are deep enough for one or two.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
# A piece is as large as the next power of two above its first frame and 1000 words: 120 KB of 256, so that the rest
# holds some six hundred calls. Of a frame's own stack no page is touched that is not used.
_WORDS = (128 << 10) // 8 - 1000 + 1


def with_room(call: Callable[P, T]) -> Callable[P, T]:
    """The same callable, below which calls are made without asking the kernel for memory."""

    def roomy(*given: P.args, **named: P.kwargs) -> T:
        return call(*given, **named)

    roomy.__code__ = roomy.__code__.replace(co_stacksize=_WORDS)
    return wraps(call)(roomy)
