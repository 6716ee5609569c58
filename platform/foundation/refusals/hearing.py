"""Why a request was refused, told by whoever words the refusal to whoever records it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from foundation.errors import PortalError


@dataclass
class Heard:
    """The last refusal that was worded in a request; `noted` where one is recorded whatever the answer's status is."""

    reason: str = ""
    noted: bool = False


_heard: ContextVar[Heard | None] = ContextVar("sanad_refusal_heard", default=None)


@contextmanager
def listening() -> Iterator[Heard]:
    """What is worded inside the block, for its end."""
    now = Heard()
    mark = _heard.set(now)
    try:
        yield now
    finally:
        _heard.reset(mark)


def heard(refusal: PortalError) -> None:
    """Say that this refusal is being answered, as an error or above a form."""
    now = _heard.get()
    if now is not None and not now.noted:
        now.reason, now.noted = refusal.slug, refusal.noted
