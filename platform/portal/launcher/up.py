"""`up` and `run`: lock, prepare, start, serve or run a command, stop."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from portal.launcher import environment, guard, lock, processes
from portal.launcher.child import signal_group, spawn
from portal.launcher.commands import manage
from portal.launcher.console import Console
from portal.launcher.environment import Servers
from portal.launcher.errors import Refusal
from portal.launcher.home import Home, check_version, create_root, furnish
from portal.launcher.ports import free_port, wanted_port
from portal.launcher.processes import Options
from portal.launcher.signals import SignalBell
from portal.launcher.supervisor import StopWanted, Supervisor
from portal.start import is_here

STOPPED_EARLY = 130
Work = Callable[[Servers, SignalBell, Supervisor], int]


def up(home: Home, *, port: int | None, options: Options) -> int:
    """Start everything and keep it running until a signal comes."""
    began = time.monotonic()
    console = Console()
    known = _people(home)

    def serve(servers: Servers, bell: SignalBell, supervisor: Supervisor) -> int:
        _greet(console, servers, supervisor, time.monotonic() - began)
        for line in _sign_ins(home, known) if options.sample else _setup_link(servers):
            console.say(line)
        for line in _for_others(servers):
            console.say(line)
        console.say("Ctrl-C stops everything.")
        supervisor.watch()
        return 0

    return _launch(home, port=port, options=options, console=console, work=serve)


def run(home: Home | None, command: Sequence[str], *, port: int | None, options: Options, quiet: bool) -> int:
    """Start everything, run one command against it, stop everything; without a home, in a temporary one."""
    console = Console(quiet=quiet)

    def execute(servers: Servers, bell: SignalBell, supervisor: Supervisor) -> int:
        told = {**os.environ, **environment.portal(servers), "SANAD_URL": servers.url}
        process = spawn(command, environment=told, log=None)
        while process.poll() is None and not bell.stops:
            supervisor.look()
            bell.wait(0.1)
        if process.poll() is None:
            _end(process)
        return STOPPED_EARLY if bell.stops else process.returncode

    port = 0 if port is None else port
    if home is not None:
        return _launch(home, port=port, options=options, console=console, work=execute)
    folder = Path(tempfile.mkdtemp(prefix="sanad-"))
    folder.chmod(0o711)  # PostgreSQL's own user walks through; what lies inside is closed
    home = Home(folder / "home")
    code = _launch(home, port=port, options=options, console=console, work=execute)
    end_workloads(home, keep=code != 0)
    if code == 0:
        shutil.rmtree(folder)
    else:
        Console().say(f"Its state and logs are kept in {folder}/home")
    return code


def end_workloads(home: Home, *, keep: bool) -> None:
    """End what a portal that will not come back started: replicas outlive a restart on purpose, so nobody else would.

    With `keep` they are only stopped, and their logs stay to be looked at.
    """
    servers = Servers(home, dict(os.environ), 0)
    told = environment.portal(servers)
    if told.get("COMPUTE_ENGINE", "process") == "process" and not any((home.root / "engines").glob("*")):
        return
    words = ("--keep",) if keep else ()
    ended = subprocess.run(
        manage("end_workloads", *words), env=told, capture_output=True, text=True, timeout=300, check=False
    )
    if ended.returncode:
        Console().say(f"What this portal started may still run:\n{ended.stderr.strip()}")


def _end(process: subprocess.Popen[bytes]) -> None:
    signal_group(process, 15)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        signal_group(process, 9)
        process.wait()


def _launch(home: Home, *, port: int | None, options: Options, console: Console, work: Work) -> int:
    check_version(home)
    create_root(home)
    held = lock.acquire(home)
    check_version(home)
    caller = dict(os.environ)
    host = Servers(home, caller, 0).host
    servers = Servers(home, caller, free_port(host, wanted_port(port, caller)))
    held.announce(servers.url, servers.port)
    code = guard.guarded(lambda: _supervise(servers, options, console, work))
    held.release()
    return code


def _supervise(servers: Servers, options: Options, console: Console, work: Work) -> int:
    bell, home = SignalBell(), servers.home
    furnish(home)
    for sentence in processes.prepare(servers):
        console.say(sentence)
    for sentence in environment.unsafe(servers):
        raise Refusal(sentence)
    console.say(f"Sanad keeps its state in {home.root}")
    supervisor = Supervisor(processes.table(servers, options), logs=home.logs, console=console, bell=bell)
    try:
        supervisor.start()
        code = work(servers, bell, supervisor)
    except StopWanted:
        code = STOPPED_EARLY
    except Refusal as refusal:
        Console().say(f"\n{refusal}")
        code = 1
    finally:
        began = time.monotonic()
        count = supervisor.stop()
        console.say(f"Stopped {count} processes in {time.monotonic() - began:.1f} s.")
    return code


def _greet(console: Console, servers: Servers, supervisor: Supervisor, seconds: float) -> None:
    for name in supervisor.unreachable():
        console.say(f"  {name:<16} was not started, since what it needs did not start")
    console.say(f"\nReady after {seconds:.1f} s: {servers.url}")


def _setup_link(servers: Servers) -> list[str]:
    """Where there is no tenant yet, the link that makes the first one; a new one with each start until it is used."""
    asked = subprocess.run(
        manage("open_setup"), env=environment.portal(servers), capture_output=True, text=True, timeout=60, check=False
    )
    if asked.returncode:
        return [f"The link to set the portal up could not be made:\n{asked.stderr.strip()}"]
    link = asked.stdout.strip()
    return [f"Set it up here, within a day: {link}"] if link else []


def _for_others(servers: Servers) -> list[str]:
    """What whoever invites somebody has to know: the links of this portal open here alone."""
    if not is_here(urlsplit(servers.url).hostname or ""):
        return []
    return ["Only this machine reaches it; for colleagues set SANAD_HOST and SANAD_PUBLIC_URL (docs/configuration.md)."]


def _people(home: Home) -> list[dict[str, str]]:
    if not home.credentials.exists():
        return []
    found: list[dict[str, str]] = json.loads(home.credentials.read_text())["people"]
    return found


def _sign_ins(home: Home, known: list[dict[str, str]]) -> list[str]:
    """The sample people; a password is shown once, in the start that made it."""
    people = _people(home)
    lines = [f"  {person['email']:<24} {person['password']}" for person in people if person not in known]
    return [*lines, f"Sign-ins are kept in {home.credentials}"] if people else []
