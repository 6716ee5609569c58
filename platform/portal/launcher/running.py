"""The doctor's look at what runs: servers, sockets, clock, migrations."""

from __future__ import annotations

import subprocess
import time

import psycopg

from portal.launcher import environment
from portal.launcher.commands import manage
from portal.launcher.environment import Servers
from portal.launcher.findings import Finding, ok, sick
from portal.launcher.home import ROOT
from portal.launcher.ping import ping
from portal.launcher.probes import Answers, Birth, Listens, Probe

APART_S = 2.0


def database(servers: Servers) -> list[Finding]:
    """Whether it answers, whose role the portal has, whether its clock agrees."""
    try:
        with psycopg.connect(servers.database_url("portal"), connect_timeout=3) as connection:
            asked = time.time()
            row = connection.execute(
                "SELECT extract(epoch FROM clock_timestamp())::float, current_setting('server_version'), current_user,"
                " (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user)"
            ).fetchone()
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[-1]
        return [sick("database", f"PostgreSQL does not answer: {reason}", _mend(servers, "postgres", "DATABASE_URL"))]
    assert row is not None  # noqa: S101  (a SELECT without FROM has one row)
    return [_role(row[1], row[2], unbound=row[3]), _clock(row[0] - asked)]


def _role(server: str, role: str, *, unbound: bool) -> Finding:
    if unbound:
        mend = "Name a role without SUPERUSER and BYPASSRLS in DATABASE_URL, and its owner in DATABASE_OWNER_URL."
        return sick("database", f"The portal's role {role} is not bound by row-level security.", mend)
    return ok("database", f"PostgreSQL {server} answers as {role}")


def _clock(apart: float) -> Finding:
    if abs(apart) > APART_S:
        mend = "Set both clocks by NTP: tokens, leases and deadlines follow the database's."
        return sick("clock", f"This machine and the database are {abs(apart):.1f} s apart.", mend)
    return ok("clock", "agrees with the database's")


def valkey(servers: Servers) -> Finding:
    if (said := ping(servers.redis_url)) == "+PONG":
        return ok("valkey", "answers")
    return sick("valkey", f"Valkey does not answer ({said}).", _mend(servers, "valkey", "REDIS_URL"))


def _mend(servers: Servers, name: str, variable: str) -> str:
    if servers.caller.get(variable) or servers.caller.get(f"{variable}_FILE"):
        return f"Start that server, or correct {variable}."
    return f"Read the end of {servers.home.logs / name}.log, then restart with `make up`."


def processes(servers: Servers) -> list[Finding]:
    """Each process that can be asked, asked once."""
    home = servers.home
    probes: dict[str, Probe] = {
        "web": Answers(home.web_socket, "/healthz"),
        "live": Listens(home.live_socket),
        "mlflow": Answers(home.mlflow_socket, "/health"),
        "gateway": Answers((servers.loopback, servers.port), "/healthz"),
    }
    found = []
    for name, probe in probes.items():
        log = home.logs / f"{name}.log"
        if probe(Birth(0, log, 0)):
            found.append(ok(name, "answers"))
        else:
            found.append(sick(name, f"{name} does not answer.", f"Read the end of {log}, then restart with `make up`."))
    return found


def migrations(servers: Servers) -> Finding:
    command = manage("migrate", "--check", "--database=owner")
    told = environment.migration(servers)
    done = subprocess.run(command, env=told, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return ok("migrations", "none is pending")
    words = (done.stdout + done.stderr).strip().splitlines()
    return sick("migrations", f"Some are pending ({words[-1] if words else 'no details'}).", "Restart with `make up`.")
