"""Says of each thing the portal needs whether it is well, and if not, how to mend it."""

from __future__ import annotations

import os
from collections.abc import Iterator

from portal.launcher import lock, machine, running, walls
from portal.launcher.environment import Servers
from portal.launcher.errors import Refusal
from portal.launcher.findings import Finding, Health, as_json, as_text, note, ok, sick
from portal.launcher.home import Home, check_version
from portal.launcher.lock import Running
from portal.launcher.ports import wanted_port


def examine(home: Home, *, as_json_text: bool) -> int:
    findings = list(_findings(home))
    print(as_json(findings) if as_json_text else as_text(findings))
    return 1 if any(each.health is Health.SICK for each in findings) else 0


def _findings(home: Home) -> Iterator[Finding]:
    given = dict(os.environ)
    yield machine.python()
    yield machine.packages()
    yield machine.frontend()
    yield machine.disk(home)
    yield machine.memory()
    yield from machine.unknown_names(given)
    yield machine.engine(given)
    yield walls.runs(given)
    yield walls.sandbox()
    yield machine.security_contact(given)
    yield (state := _state(home))
    yield machine.rights(home)
    if state.health is not Health.SICK:
        yield from _servers(home, given, lock.holder(home))


def _state(home: Home) -> Finding:
    try:
        check_version(home)
    except Refusal as refusal:
        return sick("state", str(refusal).splitlines()[0], "Name another folder with SANAD_HOME, or restore a backup.")
    return ok("state", str(home.root))


def _servers(home: Home, given: dict[str, str], holder: Running | None) -> Iterator[Finding]:
    if holder is None:
        yield note("running", "Nothing runs here.", "Start it with `make up`; then the servers are examined too.")
        yield machine.port(given.get("SANAD_HOST") or "127.0.0.1", wanted_port(None, given))
        return
    yield ok("running", holder.sentence)
    servers = Servers(home, given, holder.port)
    yield from (database := running.database(servers))
    yield running.valkey(servers)
    yield from running.processes(servers)
    if all(each.health is Health.OK for each in database):
        yield running.migrations(servers)
