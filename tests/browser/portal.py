"""The real portal for browser tests: started once for all test processes, known by notes in a folder they share."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from filelock import FileLock

from tests.support.servers import MARK, ROOT

WITHIN_S = 420
# The notes of a keeper that was started by hand, so that one portal serves many sessions while tests are written.
BY_HAND = "SANAD_TEST_PORTAL"
# The note that no test needs the portal any more.
OVER = "over"
CLEAN = ("PATH", "HOME", "LANG", "TMPDIR")


@dataclass(frozen=True)
class Portal:
    """Where it answers, and who may sign in."""

    url: str
    home: Path
    people: dict[str, dict[str, str]]

    def page(self, path: str = "", project: str = "flights") -> str:
        """The address of a page of a project of the sample's tenant."""
        return f"{self.url}/t/demo/p/{project}/{path}"


def notes() -> Path:
    """The folder of this test session, the same for every worker of it."""
    if BY_HAND in os.environ:
        return Path(os.environ[BY_HAND])
    folder = Path(os.environ[MARK]) / "portal"
    folder.mkdir(exist_ok=True)
    return folder


def start() -> None:
    """Start the launcher with the keeper under it, unless another worker has."""
    folder = notes()
    with FileLock(folder / "start.lock"):
        if (folder / "pid").exists():
            return
        told = {name: os.environ[name] for name in CLEAN if name in os.environ}
        # People of these tests sign in once for a run that may take longer than a proof of who they are counts.
        told["SANAD_STEP_UP_MINUTES"] = "600"
        told["SANAD_OUTBOUND_ALLOW"] = "127.0.0.1/32"  # an identity provider of a test listens there
        told["PYTHONPATH"] = f"{ROOT}/platform:{ROOT}/platform/sdk:{ROOT}"
        keeper = [sys.executable, "-m", "tests.browser.keeper", str(folder), str(_session())]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "portal.launcher", "run", "--port", "0", "--", *keeper],
                cwd=ROOT,
                env=told,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        (folder / "pid").write_text(str(process.pid))


def _session() -> int:
    """The process that lives as long as the whole test session: xdist's controller, or this one."""
    return os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()


def read(name: str) -> dict[str, Any]:
    """A note of the keeper, as soon as it is there."""
    folder, deadline = notes(), time.monotonic() + WITHIN_S
    while not (folder / f"{name}.json").exists():
        log = (folder / "log").read_text()[-3000:]
        assert _lives(int((folder / "pid").read_text())), f"the portal has ended:\n{log}"
        assert time.monotonic() < deadline, f"no {name} within {WITHIN_S} s:\n{log}"
        time.sleep(0.1)
    found: dict[str, Any] = json.loads((folder / f"{name}.json").read_text())
    return found


def _lives(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def finish(test: str, all_of_them: set[str]) -> None:
    """Note that a test is over; behind the last of them the portal ends, for the others are slower beside it."""
    if BY_HAND in os.environ or not (notes() / "pid").exists():
        return
    with (notes() / "finished").open("a+") as finished:
        finished.write(f"{test}\n")
        finished.flush()
        finished.seek(0)
        if all_of_them <= set(finished.read().splitlines()):
            (notes() / OVER).touch()


def running() -> Portal:
    """The portal of this test session, started where it was not."""
    start()
    told = read("portal")
    people = {person["role"]: person for person in told["people"]}
    return Portal(url=told["url"], home=Path(told["home"]), people=people)
