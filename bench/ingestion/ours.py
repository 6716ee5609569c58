"""Runs under the launcher's `run`: sends the file, then makes versions of it and watches how much memory that takes.

`python -m bench.ingestion.ours CSV OUT ROUNDS` writes {"seconds": of each round, "peak_mib": of the workers}.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path

import psutil

from sanad.client import Client

PROJECT = "bench"


def main(csv: Path, out: Path, rounds: int) -> int:
    home, url = Path(os.environ["SANAD_HOME"]), os.environ["SANAD_URL"]
    people = json.loads((home / "credentials.json").read_text())["people"]
    token = next(person["token"] for person in people if person["role"] == "scientist")
    client = Client(url, token, PROJECT)
    client.projects.ensure(PROJECT, name="Bench", purpose="A large file")
    watch = Watch()
    seconds = []
    for number in range(rounds):
        upload = client.datasets.upload(csv)
        body = {"project": PROJECT, "name": f"table {number}"}
        dataset = client.transport.post("datasets/", body)
        with watch:
            began = time.perf_counter()
            version = client.transport.post(f"datasets/{dataset['id']}/versions/", {"upload": upload["id"]})
            _wait(client, version["id"])
            seconds.append(time.perf_counter() - began)
    out.write_text(json.dumps({"seconds": seconds, "peak_mib": watch.peak / 2**20}))
    return 0


def _wait(client: Client, version: str) -> None:
    """Asked ten times a second: the client itself would sleep for up to two before it hears of the end."""
    deadline = time.monotonic() + 1800
    while client.transport.get(f"dataset-versions/{version}/")["state"] == "ingesting":
        if time.monotonic() > deadline:
            raise TimeoutError("The version did not come to its end within half an hour.")
        time.sleep(0.1)
    client.datasets.wait(version, timeout_s=1)


class Watch:
    """The most memory that Celery's workers and the sandbox's children held together."""

    def __init__(self) -> None:
        self.peak, self._over = 0, threading.Event()

    def __enter__(self) -> None:
        self._over.clear()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.2):
            self.peak = max(self.peak, sum(map(_held, _workers())))


def _workers() -> list[psutil.Process]:
    """Those of this portal: all that its launcher started, and what these started."""
    launcher = psutil.Process(os.getppid())
    return [one for one in launcher.children(recursive=True) if _is_at_work(one)]


def _is_at_work(process: psutil.Process) -> bool:
    try:
        said = " ".join(process.cmdline())
    except psutil.Error:
        return False
    return "celery" in said or "child_main" in said


def _held(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))
