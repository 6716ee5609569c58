"""One process under supervision: where it stands, and how it gets from there to the next state."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from portal.launcher import child
from portal.launcher.probes import Birth
from portal.launcher.specs import Spec

QUICK_S = 30.0
QUICK_DEATHS = 6
# What has never been ready in this start is more likely misconfigured than unlucky.
DEATHS_AT_START = 3
BACK_OFF_S = (0.5, 1.0, 2.0, 4.0, 8.0)


class State(StrEnum):
    WAITING = "waiting"  # for what it comes after, or for its next attempt
    STARTING = "starting"
    READY = "ready"  # a step that runs once is ready when it has succeeded
    GIVEN_UP = "given up"


@dataclass
class Managed:
    spec: Spec
    log: Path
    state: State = State.WAITING
    process: subprocess.Popen[bytes] | None = None
    birth: Birth | None = None
    first_ready_s: float | None = None
    quick_deaths: int = 0
    not_before: float = 0.0

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def settled(self) -> bool:
        return self.state in {State.READY, State.GIVEN_UP}

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> bool:
        """Start it, unless it is a step with nothing to do; answers whether it was started."""
        if self.spec.needed and not self.spec.needed():
            self.state, self.first_ready_s = State.READY, 0.0
            return False
        offset = self.log.stat().st_size if self.log.exists() else 0
        self.process = child.spawn(
            self.spec.command,
            environment=self.spec.environment,
            log=self.log,
            account=self.spec.account,
            death_signal=self.spec.stop_signal,
        )
        self.birth = Birth(time.monotonic(), self.log, offset)
        self.state = State.STARTING
        return True

    def look(self) -> str | None:
        """Advance by what can be seen now; answers a sentence when something went wrong."""
        if self.process is None or self.birth is None:
            return None
        code = self.process.poll()
        if code is not None:
            return self._ended(code)
        if self.state is State.STARTING:
            return self._ask_ready(self.birth)
        return None

    def _ask_ready(self, birth: Birth) -> str | None:
        lived = time.monotonic() - birth.at
        if not self.spec.once and self.spec.ready(birth):
            self._become_ready(lived)
        elif lived > self.spec.ready_within_s:
            child.signal_group(self._running(), child.KILL)
            self._running().wait()
            return self._died(f"was not ready within {self.spec.ready_within_s:.0f} s")
        return None

    def _become_ready(self, seconds: float) -> None:
        if self.spec.then:
            self.spec.then()
        self.state = State.READY
        if self.first_ready_s is None:
            self.first_ready_s = seconds

    def _ended(self, code: int) -> str | None:
        birth, process = self.birth, self._running()
        assert birth is not None  # noqa: S101  (set together with the process)
        # Whatever the dead one left in its group holds its socket; the next attempt needs it.
        child.signal_group(process, child.KILL)
        if self.spec.once and code == 0:
            self.process = None
            self._become_ready(time.monotonic() - birth.at)
            return None
        if time.monotonic() - birth.at >= QUICK_S:
            self.quick_deaths = 0
        return self._died(f"ended by {child.ending(code)}")

    def _died(self, how: str) -> str:
        self.process = None
        self.quick_deaths += 1
        limit = DEATHS_AT_START if self.first_ready_s is None else QUICK_DEATHS
        if self.spec.once or self.quick_deaths >= limit:
            self.state = State.GIVEN_UP
            tries = "" if self.spec.once else f" {self.quick_deaths} times in quick succession, so it stays down"
            return f"{self.name} {how}{tries}. Its last words are in {self.log}"
        pause = BACK_OFF_S[min(self.quick_deaths, len(BACK_OFF_S)) - 1]
        self.state = State.WAITING
        self.not_before = time.monotonic() + pause
        return f"{self.name} {how}; it starts again in {pause:g} s. Log: {self.log}"

    def _running(self) -> subprocess.Popen[bytes]:
        assert self.process is not None  # noqa: S101  (asked by callers that have looked)
        return self.process

    def last_words(self, lines: int = 12) -> str:
        """The end of what it wrote since it was last started."""
        if self.birth is None or not self.log.exists():
            return ""
        with self.log.open("rb") as log:
            log.seek(self.birth.log_offset)
            return "\n".join(log.read().decode(errors="replace").splitlines()[-lines:])
