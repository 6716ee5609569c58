"""What every line of the log says while something is being done: the job, its attempt, the tenant, the tick."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

_NOTHING: Mapping[str, object] = MappingProxyType({})
_said: ContextVar[Mapping[str, object]] = ContextVar("bound", default=_NOTHING)


@contextmanager
def bound(**words: object) -> Iterator[None]:
    """Bind the words, beside those that are bound already, until the block ends."""
    before = _said.set({**_said.get(), **words})
    try:
        yield
    finally:
        _said.reset(before)


def bound_words() -> Mapping[str, object]:
    return _said.get()
