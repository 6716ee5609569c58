"""Servers that are not ours: asked before anything starts, so that a wrong address is one sentence and no long log."""

from __future__ import annotations

import psycopg

from portal.launcher.environment import MLFLOW_SCHEMA, Servers, given
from portal.launcher.errors import Refusal
from portal.launcher.ping import ping

PATIENCE_S = 5


def prepare(servers: Servers) -> None:
    """Refuse what does not answer; make MLflow's schema where it shares the portal's database."""
    if servers.postgres is None:
        for duty, variable in (("portal", "DATABASE_URL"), ("owner", "DATABASE_OWNER_URL")):
            _ask_database(servers.database_url(duty), variable)
        if not given(servers.caller, "MLFLOW_DATABASE_URL"):
            with psycopg.connect(servers.database_url("owner"), connect_timeout=PATIENCE_S) as connection:
                connection.execute(f"CREATE SCHEMA IF NOT EXISTS {MLFLOW_SCHEMA}")
    if servers.valkey is None:
        answer = ping(servers.redis_url)
        if answer != "+PONG":
            raise Refusal(f"REDIS_URL names a server that does not answer ({answer}). Start it, or correct REDIS_URL.")


def _ask_database(url: str, variable: str) -> None:
    try:
        psycopg.connect(url, connect_timeout=PATIENCE_S).close()
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[0]
        raise Refusal(f"{variable} does not lead to a PostgreSQL that lets us in: {reason}") from error
