"""Starts processes in order, keeps them running, stops them in reverse order."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from portal.launcher import child
from portal.launcher.console import Console
from portal.launcher.errors import Refusal
from portal.launcher.managed import Managed, State
from portal.launcher.signals import Bell
from portal.launcher.specs import Spec

LOOK_EVERY_S = 0.1
WATCH_EVERY_S = 1.0
ROTATE_EVERY_S = 30.0
STRAYS_WITHIN_S = 5.0


class StopWanted(Exception):
    """Somebody asked to stop while the start was under way."""


class Supervisor:
    def __init__(self, specs: Sequence[Spec], *, logs: Path, console: Console, bell: Bell) -> None:
        names = {spec.name for spec in specs}
        # What is not in the list (a server elsewhere, a step not needed) keeps nobody waiting.
        self._after = {spec.name: [name for name in spec.after if name in names] for spec in specs}
        self.children = {spec.name: Managed(spec, logs / f"{spec.name}.log") for spec in specs}
        self._console, self._bell = console, bell
        self._rotate_at = 0.0

    def start(self) -> None:
        """Return when all but the background is ready or given up; refuse when a vital one cannot be had."""
        while not all(each.settled or each.spec.background for each in self._reachable()):
            self._round()
            for each in self.children.values():
                if each.spec.vital and each.state is State.GIVEN_UP:
                    raise Refusal(f"{each.name} could not be started. The end of {each.log}:\n{each.last_words()}")
            if self._bell.stops:
                raise StopWanted
            self._bell.wait(LOOK_EVERY_S)

    def watch(self) -> None:
        """Keep everything running until a stop is wanted."""
        while not self._bell.stops:
            self.look()
            busy = any(each.state is State.STARTING for each in self.children.values())
            self._bell.wait(LOOK_EVERY_S if busy else WATCH_EVERY_S)

    def look(self) -> None:
        """One look at every process: restart what died, keep the logs small."""
        self._round()
        self._rotate()

    def stop(self) -> int:
        """Stop in reverse order, those that nothing waits for together; answers how many were running."""
        running = [each for each in self.children.values() if each.alive]
        asked_before = self._bell.stops
        while wave := [each for each in running if each.alive and not self._needed_by(each, running)]:
            for each in wave:
                child.signal_group(each.process, each.spec.stop_signal)
            self._wait_for(wave, asked_before)
        self._end_strays()
        return len(running)

    def unreachable(self) -> list[str]:
        """Those that were not started, because what they need was given up."""
        reachable = {each.name for each in self._reachable()}
        given_up = {each.name for each in self.children.values() if each.state is State.GIVEN_UP}
        return [name for name in self.children if name not in reachable | given_up]

    def _reachable(self) -> list[Managed]:
        """Those that can still become ready: what waits for a given-up process never will."""
        lost = {each.name for each in self.children.values() if each.state is State.GIVEN_UP}
        for name in self.children:  # in start order, so that one pass is enough
            if lost & set(self._after[name]):
                lost.add(name)
        return [each for each in self.children.values() if each.name not in lost]

    def _round(self) -> None:
        for each in self.children.values():
            was = each.state
            if trouble := each.look():
                self._console.say(f"  {trouble}")
            elif was is State.STARTING and each.state is State.READY:
                self._say_ready(each)
            waiting = each.state is State.WAITING and time.monotonic() >= each.not_before
            if waiting and self._may_start(each):
                self._begin(each)
        _reap_adopted({each.process.pid for each in self.children.values() if each.process})

    def _begin(self, each: Managed) -> None:
        if not each.start():
            self._say(each.name, "nothing to do")
        elif each.spec.begun and (words := each.spec.begun()):
            self._say(each.name, words)

    def _may_start(self, each: Managed) -> bool:
        # A restart does not wait again: what it needs may itself be restarting, and it copes with that.
        return each.first_ready_s is not None or all(
            self.children[name].state is State.READY for name in self._after[each.name]
        )

    def _say_ready(self, each: Managed) -> None:
        seconds = time.monotonic() - each.birth.at if each.birth else 0.0
        if each.process is None:
            self._say(each.name, each.spec.done or f"done in {seconds:.1f} s")
        else:
            self._say(each.name, f"ready in {seconds:.1f} s", pid=each.process.pid)

    def _say(self, name: str, what: str, *, pid: int | None = None) -> None:
        self._console.say(f"  {name:<16} {f'pid {pid}' if pid else '':<12} {what}")

    def _needed_by(self, each: Managed, running: Sequence[Managed]) -> bool:
        return any(other.alive and self._comes_after(other.name, each.name) for other in running)

    def _comes_after(self, later: str, earlier: str) -> bool:
        return any(name == earlier or self._comes_after(name, earlier) for name in self._after[later])

    def _wait_for(self, wave: Sequence[Managed], asked_before: int) -> None:
        """Wait as long as each may take, then kill; asked once more to stop, kill at once."""
        began = time.monotonic()
        while living := [each for each in wave if each.alive]:
            for each in living:
                late = time.monotonic() - began > each.spec.stop_within_s
                if late or self._bell.stops > asked_before:
                    child.signal_group(each.process, child.KILL)
            self._bell.wait(LOOK_EVERY_S)
        for each in wave:
            child.signal_group(each.process, child.KILL)

    def _end_strays(self) -> None:
        """Whatever our processes started in sessions of their own has become our child; it ends with us."""
        strays = psutil.Process().children(recursive=True)
        for stray in strays:
            _end(stray, kill=False)
        _, stubborn = psutil.wait_procs(strays, timeout=STRAYS_WITHIN_S)
        for stray in stubborn:
            _end(stray, kill=True)
        psutil.wait_procs(stubborn, timeout=STRAYS_WITHIN_S)

    def _rotate(self) -> None:
        if time.monotonic() < self._rotate_at:
            return
        self._rotate_at = time.monotonic() + ROTATE_EVERY_S
        for each in self.children.values():
            child.rotate(each.log)


def _end(process: psutil.Process, *, kill: bool) -> None:
    try:
        process.kill() if kill else process.terminate()
    except psutil.NoSuchProcess:
        return  # it was quicker


def _reap_adopted(own: set[int]) -> None:
    """Bury dead processes that became our children when their parent died; our own are left to whoever watches them."""
    while True:
        try:
            found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if found is None or found.si_pid in own:
            return
        os.waitpid(found.si_pid, 0)
