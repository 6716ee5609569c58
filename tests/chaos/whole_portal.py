"""Runs under the launcher's `run` beside a portal of its own, kills its processes, and writes down what became of it.

`python -m tests.chaos.whole_portal NOTE`
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import httpx2
import psutil

from sanad.client import Client
from sanad.demo import people
from sanad.resource import Thing
from sanad.transport import wait_for

PROJECT = "wines"
WRITERS, EACH = 4, 12
# Long enough to be killed in the middle, short enough to be waited for.
SLOW = {"max_iter": 1500, "early_stopping": False, "learning_rate": 0.01}


def main(note: Path) -> int:
    home, url = Path(os.environ["SANAD_HOME"]), os.environ["SANAD_URL"]
    who = people(home / "credentials.json", url, PROJECT)
    told = {"worker": killed_worker(who["scientist"], home), "web": killed_web(who["scientist"], who["officer"])}
    note.write_text(json.dumps(told))
    return 0


def processes(*words: str) -> list[psutil.Process]:
    """Those of this portal whose command line holds all the words: the launcher's children and their children."""
    below = psutil.Process(os.getppid()).children(recursive=True)
    return [process for process in below if _says(process, words)]


def _says(process: psutil.Process, words: tuple[str, ...]) -> bool:
    try:
        return all(word in " ".join(process.cmdline()) for word in words)
    except psutil.NoSuchProcess:
        return False


def kill(*words: str) -> int:
    """kill -9 of every process of a kind at once; how many there were."""
    found = processes(*words)
    for process in found:
        os.kill(process.pid, signal.SIGKILL)
    return len(found)


def killed_worker(client: Client, home: Path) -> dict[str, Any]:
    """A run whose worker dies under it: how soon another attempt of the job has it, and how it ends."""
    from sklearn.datasets import load_wine

    client.projects.ensure(PROJECT, "Wines", purpose="Tell the grower of a wine")
    table = home / "wines.csv"
    load_wine(as_frame=True).frame.to_csv(table, index=False)
    version = client.datasets.push(table, name="wines")
    client.datasets.classify(version["id"], {column["name"]: "public" for column in version["schema"]})
    training_set = client.training_sets.create("growers", base_version=version["id"], label="target")
    run = client.runs.submit(training_set=training_set["id"], params=SLOW)
    before = _job(client, run, lambda job: job["state"] == "running" and _state(client, run) == "running")
    count, killed_at = kill("celery", "train"), time.monotonic()
    after = _job(client, run, lambda job: job["attempt"] > before["attempt"] or job["state"] in {"succeeded", "failed"})
    seconds = time.monotonic() - killed_at
    ended = client.runs.wait(run["id"], timeout_s=300)
    return {
        "killed": count,
        "attempts": [before["attempt"], after["attempt"]],
        "seconds": seconds,
        "state": ended["state"],
        "run_attempt": ended["attempt"],
    }


def _state(client: Client, run: Thing) -> str:
    return str(client.runs.get(run["id"])["state"])


def _job(client: Client, run: Thing, reached: Any) -> Thing:
    return wait_for(
        lambda: next(iter(client.transport.pages("jobs/", subject=f"run:{run['id']}"))),
        reached,
        failed=lambda _job: None,
        timeout_s=120,
        what="The job",
    )


def killed_web(scientist: Client, officer: Client) -> dict[str, Any]:
    """Writers whose web process dies under them: what was answered with 2xx, and what is there afterwards."""
    answered: dict[str, str] = {}
    unanswered: list[str] = []
    half = threading.Barrier(WRITERS + 1)

    def write(number: int) -> None:
        with Client(scientist.url, scientist.transport.token) as own:
            for count in range(EACH):
                if count == EACH // 2:
                    half.wait()
                slug = f"written-{number}-{count}"
                try:
                    answer = own.transport.http.post("/api/v1/projects/", json=_project(slug))
                except httpx2.TransportError:
                    unanswered.append(slug)
                    continue
                if answer.is_success:
                    answered[slug] = answer.json()["id"]
                else:
                    unanswered.append(f"{slug} {answer.status_code}")

    writers = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    half.wait()
    count = kill("gunicorn", "portal.wsgi")
    for writer in writers:
        writer.join()
    return {"killed": count, "answered": len(answered), "unanswered": unanswered, **_kept(scientist, officer, answered)}


def _project(slug: str) -> dict[str, str]:
    return {"slug": slug, "name": slug, "purpose": "Is it kept?"}


def _kept(scientist: Client, officer: Client, answered: dict[str, str]) -> dict[str, Any]:
    """Answered projects that are gone, and projects without their entry on the ledger; both ought to be empty."""
    found = {project["id"]: project["slug"] for project in scientist.projects.list()}
    told = {event["subject_id"] for event in officer.ledger.events(kind="project.created")}
    return {
        "lost": sorted(slug for slug, pk in answered.items() if pk not in found),
        "untold": sorted(slug for pk, slug in found.items() if pk not in told),
        "ledger": officer.ledger.verify()["ok"],
    }


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
