"""A Redis of its own for a test: whoever keeps features there need not run Valkey. It keeps nothing over a restart."""

from __future__ import annotations

import os
import subprocess
import uuid
from pathlib import Path

import redis

from tests.support.tools import needs
from tests.support.until import until


class RedisServer:
    """On a socket; `password` is of the one who may do everything."""

    def __init__(self, password: str = "") -> None:
        needs("redis-server")
        self.path = f"/tmp/sanad-redis-{os.getpid()}-{uuid.uuid4().hex[:8]}.sock"
        self.url = f"unix://:{password}@{self.path}" if password else f"unix://{self.path}"
        self._password = password
        self.start()

    def start(self) -> None:
        # What is secret comes over its input, not as an argument.
        said = {"port": 0, "unixsocket": self.path, "unixsocketperm": 700, "save": '""', "appendonly": "no"}
        if self._password:
            said["requirepass"] = self._password
        self._running = subprocess.Popen(
            ["redis-server", "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, cwd=Path(self.path).parent
        )
        assert self._running.stdin is not None
        with self._running.stdin as configuration:
            configuration.write("".join(f"{name} {value}\n" for name, value in said.items()).encode())
        until(self._answers, 10)

    def stop(self) -> None:
        self._running.kill()
        self._running.wait()
        Path(self.path).unlink(missing_ok=True)

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False
