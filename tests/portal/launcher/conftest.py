from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from portal.launcher.home import ROOT, Home

WITHIN_S = 40


def until(holds: Callable[[], object], *, within_s: float = WITHIN_S) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class Stage:
    """A launcher started as a person would, seen from outside."""

    def __init__(self, home: Home, *, python: str = sys.executable, user: int | None = None, **more: str) -> None:
        self.home = home
        paths = [str(ROOT / "platform"), str(ROOT), str(ROOT / "platform" / "sdk")]
        if python != sys.executable:
            paths += [path for path in sys.path if path.endswith("site-packages")]
        told = {"PATH": os.environ["PATH"], "PYTHONPATH": ":".join(paths), "PYTHONDONTWRITEBYTECODE": "1", **more}
        self.output = home.root.parent / f"output-{uuid4()}.txt"
        with self.output.open("a") as output:
            self.process = subprocess.Popen(
                [python, "-m", "tests.portal.launcher.stage", "--home", str(home.root), "up", "--port", "0"],
                cwd=ROOT,
                env=told,
                stdout=output,
                stderr=subprocess.STDOUT,
                user=user,
                group=user,
                extra_groups=None if user is None else [],
                start_new_session=True,
            )
        self.family: list[psutil.Process] = []

    def wait_until_ready(self) -> Stage:
        until(lambda: "Ready after" in self.said or self.process.poll() is not None)
        assert "Ready after" in self.said, self.said
        self.family = self.living()
        return self

    @property
    def said(self) -> str:
        return self.output.read_text()

    @property
    def supervisor(self) -> psutil.Process:
        return psutil.Process(self.process.pid).children()[0]

    def living(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def find(self, name: str) -> psutil.Process:
        return next(process for process in self.supervisor.children() if name in " ".join(process.cmdline()))

    def left(self) -> list[psutil.Process]:
        """Of all processes seen when it was ready, those still there."""
        return [each for each in self.family if _lives(each)]

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(WITHIN_S)


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that every user can walk through; pytest's own is closed to PostgreSQL's user."""
    path = Path(tempfile.mkdtemp(prefix="sanad-launcher-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def folder() -> Iterator[Path]:
    with open_folder() as path:
        yield path


@pytest.fixture(scope="module")
def standing() -> Iterator[Stage]:
    """Servers that are ready, for tests that only look at them."""
    with open_folder() as path:
        stage = Stage(Home(path / "home")).wait_until_ready()
        yield stage
        stage.stop()


@pytest.fixture
def start(folder: Path) -> Iterator[Callable[..., Stage]]:
    stages: list[Stage] = []

    def begin(home: Home | None = None, **options: object) -> Stage:
        stages.append(Stage(home or Home(folder / "home"), **options))
        return stages[-1]

    yield begin
    for stage in stages:
        stage.stop()
