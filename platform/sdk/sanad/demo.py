"""The main job, headless, written with this client alone: flights of 2013 from file to governed, watched endpoint."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sanad.client import Client
from sanad.errors import SanadError
from sanad.samples import flights, story
from sanad.samples.kept import Kept

Figures = dict[str, Any]


class Walk:
    """The steps so far: name, whether it went well, how long it took, what was measured."""

    def __init__(self) -> None:
        self.steps: list[dict[str, Any]] = []
        self.figures: Figures = {}
        self.began = time.monotonic()

    def step(self, name: str, act: Callable[[], Figures]) -> None:
        """Do one step and say how it went; an error ends the walk after it was written down."""
        started = time.monotonic()
        row: dict[str, Any] = {"name": name, "ok": False, "seconds": 0.0, "figures": {}}
        self.steps.append(row)
        try:
            row["figures"] = act()
            row["ok"] = True
        finally:
            row["seconds"] = round(time.monotonic() - started, 2)
            mark = "ok    " if row["ok"] else "FAILED"
            said = ", ".join(
                f"{key} {value}" for key, value in row["figures"].items() if not isinstance(value, dict | list)
            )
            print(f"{mark} {row['seconds']:7.2f} s  {name}" + (f": {said}" if said else ""), flush=True)

    def summary(self, *, ok: bool) -> dict[str, Any]:
        self.figures["seconds"] = round(time.monotonic() - self.began, 2)
        return {"ok": ok, "steps": self.steps, "figures": self.figures}


def people(path: Path, url: str, project: str) -> dict[str, Client]:
    """A client for each of the sample people, by role."""
    kept = json.loads(path.read_text())
    return {person["role"]: Client(url, person["token"], project) for person in kept["people"]}


def served(who: dict[str, Client]) -> bool:
    """Whether an earlier walk has led to an endpoint already."""
    client = who["scientist"]
    if all(project["slug"] != flights.PROJECT for project in client.projects.list()):
        return False
    found = Kept(client).serves(flights.ADDRESS)
    if found:
        print(f"The sample project is served at {found['url']}")
    return found is not None


def main(arguments: list[str] | None = None) -> int:
    """Walk the main job and write its summary; 0 when every step went well."""
    parser = argparse.ArgumentParser(prog="python -m sanad.demo", description=__doc__)
    parser.add_argument("--json", help="where to write the summary")
    parser.add_argument("--prepare", action="store_true", help="stop when the model serves: what `make up` loads")
    said = parser.parse_args(arguments)
    home, url = Path(os.environ["SANAD_HOME"]), os.environ.get("SANAD_URL") or os.environ["SANAD_PUBLIC_URL"]
    who = people(home / "credentials.json", url, flights.PROJECT)
    if said.prepare and served(who):
        return 0
    walk, ok = Walk(), False
    try:
        story.walk(walk, who, home, serve_only=said.prepare)
        ok = True
    except SanadError as error:
        print(f"{error.sentence} {error.fields or ''} {error.request_id}", file=sys.stderr)
    summary = walk.summary(ok=ok)
    if said.json:
        Path(said.json).write_text(json.dumps(summary, indent=2, ensure_ascii=False) + "\n")
    print(f"{'All well' if ok else 'Not well'} after {summary['figures']['seconds']} s.")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
