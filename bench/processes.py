"""Processes of a benchmark: started with a log, waited for until they listen, ended with all they started."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parents[1]
Address = str | tuple[str, int]


class NotStarted(Exception):
    """A side did not come up; the message ends with its log."""


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_listening(address: Address) -> bool:
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        return probe.connect_ex(address) == 0


class Processes:
    """All processes of one stage; leaving the context ends them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._running:
            _signal(process, signal.SIGTERM)
        for process in self._running:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                _signal(process, signal.SIGKILL)
                process.wait()

    def start(
        self, name: str, module: str, *arguments: str, listens: Address, within_s: float = 60, **environment: str
    ) -> None:
        """Run a module of this Python until it listens on the address."""
        log = self._folder / f"{name}.log"
        paths = os.pathsep.join(str(ROOT / part) for part in ("platform", "platform/sdk", "."))
        # MLflow calls uvicorn by name.
        programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        given: Mapping[str, str] = {**os.environ, "PATH": programs, "PYTHONPATH": paths, **environment}
        with log.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                env=given,
                stdout=file,
                stderr=file,
                cwd=self._folder,
                start_new_session=True,
            )
        self._running.append(process)
        until = time.monotonic() + within_s
        while not is_listening(listens):
            if process.poll() is not None or time.monotonic() > until:
                raise NotStarted(f"{name} did not start within {within_s:.0f} s:\n{log.read_text()[-3000:]}")
            time.sleep(0.05)


def in_portal(module: str, *arguments: str) -> None:
    """Run a module of this Python beside a portal of its own that is gone afterwards, and that counts no rates."""
    command = [sys.executable, "-m", "portal.launcher", "run", "--quiet", "--port", "0", "--"]
    told = {**os.environ, "PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in ("platform", "platform/sdk", "."))}
    told |= dict.fromkeys(("SANAD_RATE_PER_TOKEN", "SANAD_RATE_PER_ADDRESS"), "1000000")
    subprocess.run([*command, sys.executable, "-m", module, *arguments], cwd=ROOT, env=told, check=True)


def beside_servers(module: str, *arguments: str) -> None:
    """Run a module of this Python beside a database and a broker of its own: it is the whole portal itself."""
    command = [sys.executable, "-m", "portal.launcher", "run", "--quiet", "--port", "0", "--servers", "--"]
    told = {**os.environ, "PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in ("platform", "platform/sdk", "."))}
    subprocess.run([*command, sys.executable, "-m", module, *arguments], cwd=ROOT, env=told, check=True)


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    """To the process and all that it started: its session is its own."""
    if process.poll() is None:
        os.killpg(process.pid, number)
