"""Questions about SQL that get the answer which they had a moment ago: for whoever asks first and takes a lock then.

An answer hangs on the SQL and on tables at a snapshot alone, so it is the same however often it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from foundation.lake.errors import SqlFailed, SqlRefused

Answer = TypeVar("Answer")

_known: ContextVar[dict[Hashable, tuple[Any, Exception | None]] | None] = ContextVar("sandbox_answers", default=None)


@contextmanager
def asked_once() -> Iterator[None]:
    """Within it a question that comes again is not asked again; what was refused is refused alike."""
    before = _known.set({})
    try:
        yield
    finally:
        _known.reset(before)


def once(question: Hashable, ask: Callable[[], Answer]) -> Answer:
    """What `ask` says, or what it said to the same question within the same `asked_once`."""
    known = _known.get()
    if known is None:
        return ask()
    if question not in known:
        try:
            known[question] = ask(), None
        except (SqlRefused, SqlFailed) as refusal:
            known[question] = None, refusal
    answer, refused = known[question]
    if refused is not None:
        raise refused
    return answer
