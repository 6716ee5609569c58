"""Runs, models and deployments."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sanad.errors import Refused
from sanad.resource import Resource, Thing, Things
from sanad.transport import unmade, wait_for


class Runs(Resource):
    def list(self, *, state: str | None = None) -> Things:
        return list(self._http.pages("runs/", project=self._project, state=state))

    def get(self, run_id: str) -> Thing:
        found: Thing = self._http.get(f"runs/{run_id}/")
        return found

    def submit(
        self,
        *,
        training_set: str,
        recipe: str = "hist_gradient_boosting",
        params: Mapping[str, Any] | None = None,
        seed: int = 0,
        split: Mapping[str, Any] | None = None,
        slices: Sequence[Mapping[str, Any]] = (),
        experiment: str = "",
        purpose: str = "",
        resource_class: str = "small",
    ) -> Thing:
        """Queue a run and come back at once; see `wait`."""
        body = {
            "project": self._project,
            "training_set": training_set,
            "recipe": recipe,
            "params": dict(params or {}),
            "seed": seed,
            "split": None if split is None else dict(split),
            "slices": [dict(part) for part in slices],
            "experiment": experiment,
            "purpose": purpose,
            "resource_class": resource_class,
        }
        run: Thing = self._http.post("runs/", body)
        return run

    def wait(self, run_id: str, *, timeout_s: float = 3600) -> Thing:
        return wait_for(
            lambda: self.get(run_id),
            lambda run: run["state"] == "succeeded",
            failed=lambda run: run["failure"] or run["state"] if run["state"] in {"failed", "cancelled"} else None,
            timeout_s=timeout_s,
            what="The run",
        )

    def repeat(self, run_id: str) -> Thing:
        run: Thing = self._http.post(f"runs/{run_id}/repeat/")
        return run

    def cancel(self, run_id: str) -> Thing:
        run: Thing = self._http.post(f"runs/{run_id}/cancel/")
        return run

    def log(self, run_id: str, *, follow: bool = False) -> Iterator[str]:
        """The log's text, piece by piece; with `follow` until the run ends."""
        offset = 0
        while True:
            answer = self._http.send("GET", f"runs/{run_id}/log/", params={"offset": offset})
            if answer.content:
                offset += len(answer.content)
                yield answer.content.decode(errors="replace")
            elif not follow or answer.headers.get("x-log-ended") == "true":
                return
            else:
                time.sleep(0.5)

    def metrics(self, run_id: str, keys: Sequence[str]) -> dict[str, Any]:
        found: dict[str, Any] = self._http.get(f"runs/{run_id}/metrics/", keys=",".join(keys))
        return found


class Models(Resource):
    def list(self) -> Things:
        return list(self._http.pages("models/", project=self._project))

    def versions(self, model_id: str) -> Things:
        return list(self._http.pages(f"models/{model_id}/versions/"))

    def version(self, version_id: str) -> Thing:
        found: Thing = self._http.get(f"model-versions/{version_id}/")
        return found

    def register(self, *, run: str, name: str, description: str = "", timeout_s: float = 300) -> Thing:
        """Make a signed model version of a run, and wait for its gates."""
        version = self._http.post("models/", {"run": run, "name": name, "description": description})
        return self.wait(version["id"], timeout_s=timeout_s)

    def wait(self, version_id: str, *, timeout_s: float = 300) -> Thing:
        """The version once its gates have decided."""
        return wait_for(
            lambda: self.version(version_id),
            lambda found: found["stage"] not in {"registering", "failed", "cancelled"} and bool(found["gates"]),
            failed=lambda found: unmade(found, state="stage"),
            timeout_s=timeout_s,
            what="The registration",
        )

    def promote(self, version_id: str) -> Thing:
        """Ask for promotion to production; an officer decides. `approval` is the case's id.

        Gates that have not passed raise Refused with their sentences; `details` holds what each of them said.
        """
        asked: Thing = self._http.post(f"model-versions/{version_id}/promote/")
        if asked["approval"] is None:
            raise Refused(asked["refusal"], details={"failed_gates": asked["failed_gates"]})
        return asked

    def wait_for_stage(self, version_id: str, stage: str, *, timeout_s: float = 60) -> Thing:
        return wait_for(
            lambda: self.version(version_id),
            lambda found: found["stage"] == stage,
            failed=lambda _found: None,
            timeout_s=timeout_s,
            what=f"The move to {stage}",
        )


class Deployments(Resource):
    def list(self) -> Things:
        return list(self._http.pages("deployments/", project=self._project))

    def get(self, deployment_id: str) -> Thing:
        found: Thing = self._http.get(f"deployments/{deployment_id}/")
        return found

    def find(self, said: str) -> Thing:
        """The deployment of this id or address."""
        return self._one("deployments/", said, word="slug")

    def deploy(
        self, version_id: str, slug: str, *, name: str = "", resource_class: str = "small", timeout_s: float = 180
    ) -> Thing:
        """Serve a production version at the address `slug`, and wait until it answers."""
        body = {"model_version": version_id, "slug": slug, "name": name, "resource_class": resource_class}
        revision = self._http.post("deployments/", body)
        wait_for(
            lambda: self._http.get(f"revisions/{revision['id']}/"),
            lambda found: found["state"] == "ready",
            failed=lambda found: found["failure"] if found["state"] in {"failed", "stopped"} else None,
            timeout_s=timeout_s,
            what="The deployment",
        )
        return self.get(revision["deployment"])

    def split(self, deployment_id: str, shares: Mapping[str, int]) -> Thing:
        changed: Thing = self._http.post(f"deployments/{deployment_id}/split/", {"split": dict(shares)})
        return changed

    def roll_back(self, deployment_id: str) -> Thing:
        changed: Thing = self._http.post(f"deployments/{deployment_id}/rollback/")
        return changed

    def predict(
        self, deployment: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], *, event_time: str = ""
    ) -> Thing:
        """Ask for predictions: one row per mapping of feature names to values."""
        headers = {"X-Sanad-Event-Time": event_time} if event_time else {}
        body = {"dataframe_records": [dict(row) for row in rows]}
        answer = self._http.send("POST", f"{deployment['url']}/invocations", json=body, headers=headers)
        found: Thing = answer.json()
        return found


def show_progress(done: int, size: int) -> None:
    """A line on standard error, where a person looks at it."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done / size:4.0%} of {size / 1e6:.1f} MB")
        sys.stderr.write("\n" if done >= size else "")
