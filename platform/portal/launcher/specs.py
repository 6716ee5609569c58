"""What the supervisor is told about a process."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from portal.launcher.accounts import Account
from portal.launcher.probes import Probe, StaysAlive


@dataclass(frozen=True)
class Spec:
    """A process that is kept running, or with `once` a step that has to succeed before others start."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    ready: Probe = field(default_factory=StaysAlive)
    after: tuple[str, ...] = ()
    once: bool = False
    # Without these the portal is of no use: if one cannot start, the start is given up.
    vital: bool = False
    # Nobody waits for it: the start is over without it.
    background: bool = False
    # Asked when it begins; what it answers is said.
    begun: Callable[[], str] | None = None
    # What is said when it is done, instead of the time it took.
    done: str = ""
    account: Account | None = None
    stop_signal: int = signal.SIGTERM
    stop_within_s: float = 10
    ready_within_s: float = 90
    # Asked when its turn comes; a step that is not needed counts as done.
    needed: Callable[[], bool] | None = None
    # Run when it is ready and before what comes after it, e.g. roles in a fresh database.
    then: Callable[[], None] | None = None
