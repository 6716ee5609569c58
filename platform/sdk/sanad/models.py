"""Runs, models and deployments."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sanad.errors import Denied, Failed, NotFound, Refused, SanadError
from sanad.resource import Resource, Thing, Things, is_id
from sanad.transport import unmade, wait_for

_NUMBERED = re.compile(r"(?P<name>.+?)(?:/v?| v)(?P<number>\d+)")
_UNMADE = frozenset({"failed", "cancelled"})


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

    def estimate(
        self, *, training_set: str, recipe: str = "hist_gradient_boosting", resource_class: str = "small"
    ) -> Thing:
        """What a run would take, cost and find of the quotas; nothing is started."""
        body = {"project": self._project, "training_set": training_set, "recipe": recipe}
        found: Thing = self._http.post("runs/estimate/", {**body, "resource_class": resource_class})
        return found

    def wait(self, run_id: str, *, timeout_s: float = 3600) -> Thing:
        return wait_for(
            lambda: self.get(run_id),
            lambda run: run["state"] == "succeeded",
            failed=unmade,
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

    def find(self, said: str) -> str:
        """A version's id as it is, or that of `name/3` or `name v3`, or of the newest version of the model `name`."""
        if is_id(said):
            return said
        models = {model["name"]: model["id"] for model in self.list()}
        name, number = said, None
        # A model may itself be called churn-v2: what is a name as it stands is read as one.
        if said not in models and (numbered := _NUMBERED.fullmatch(said)):
            name, number = numbered["name"], int(numbered["number"])
        found = self.versions(models[name]) if name in models else []
        fitting = [
            each for each in found if each["number"] == number or (number is None and each["stage"] not in _UNMADE)
        ]
        if not fitting:
            known = f"Its models: {', '.join(sorted(models))}." if models else "It has no model yet."
            raise NotFound(f"The project {self._project} has no model version {said!r}. {known}")
        return str(max(fitting, key=lambda each: each["number"])["id"])

    def register(self, *, run: str, name: str, description: str = "", timeout_s: float = 300) -> Thing:
        """Make a signed model version of a run, and wait for its gates."""
        version = self._http.post("models/", {"run": run, "name": name, "description": description})
        return self.wait(version["id"], timeout_s=timeout_s)

    def wait(self, version_id: str, *, timeout_s: float = 300) -> Thing:
        """The version once its gates have decided."""
        return wait_for(
            lambda: self.version(version_id),
            lambda found: found["stage"] not in {"registering", "failed", "cancelled"} and bool(found["gates"]),
            failed=_not_registered,
            timeout_s=timeout_s,
            what="The registration",
        )

    def edit_card(self, version_id: str, card: str, *, seen: int, why: str = "") -> Thing:
        """Write the card, whose `card_number` was `seen` when it was read; Conflict where somebody else wrote since."""
        body = {"card": card, "card_number": seen, "why": why}
        changed: Thing = self._http.send("PUT", f"model-versions/{version_id}/card/", json=body).json()
        return changed

    def editions(self, version_id: str) -> Things:
        """What the card's text was, the newest edition first."""
        return list(self._http.pages(f"model-versions/{version_id}/editions/"))

    def restore_card(self, version_id: str, edition: int, *, why: str = "") -> Thing:
        """The text of an earlier edition counts again, as a new one."""
        path = f"model-versions/{version_id}/restore-card/"
        changed: Thing = self._http.post(path, {"edition": edition, "why": why})
        return changed

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
            failed=lambda found: unmade(found, state="stage"),
            timeout_s=timeout_s,
            what=f"The move to {stage}",
        )


def _not_registered(version: Thing) -> str | None:
    """Also where the version is signed and its gates could not look at it: they will not do so by themselves."""
    if version["failure"] and not version["gates"]:
        return str(version["failure"])
    return unmade(version, state="stage")


class Deployments(Resource):
    def list(self) -> Things:
        return list(self._http.pages("deployments/", project=self._project))

    def get(self, deployment_id: str) -> Thing:
        found: Thing = self._http.get(f"deployments/{deployment_id}/")
        return found

    def find(self, said: str) -> Thing:
        """The deployment of this id or address."""
        return self._one("deployments/", said, word="slug")

    def estimate(self, version_id: str, *, resource_class: str = "small") -> Thing:
        """What a replica of a version would cost and find of the quotas; nothing is started."""
        body = {"model_version": version_id, "resource_class": resource_class}
        found: Thing = self._http.post("deployments/estimate/", body)
        return found

    def deploy(
        self, version_id: str, slug: str, *, name: str = "", resource_class: str = "small", timeout_s: float = 180
    ) -> Thing:
        """Serve a production version at the address `slug`, and wait until it answers."""
        body = {"model_version": version_id, "slug": slug, "name": name, "resource_class": resource_class}
        revision = self._http.post("deployments/", body)
        found = wait_for(
            lambda: self._http.get(f"revisions/{revision['id']}/"),
            lambda found: found["state"] == "ready",
            failed=unmade,
            timeout_s=timeout_s,
            what="The deployment",
        )
        deployment = self.get(revision["deployment"])
        self._wait_until_routed(deployment, found)
        return deployment

    def _wait_until_routed(self, deployment: Thing, revision: Thing, *, within_s: float = 15) -> None:
        """The gateway looks for new routes twice a second: until then it answers 404, or by the revision before."""
        deadline = time.monotonic() + within_s
        while said := self._not_routed(deployment["url"], revision):
            if time.monotonic() > deadline:
                address = f"{deployment['slug']} is ready, but {deployment['url']}"
                raise Failed(f"{address} does not give it requests: {said}")
            time.sleep(0.1)

    def _not_routed(self, url: str, revision: Thing) -> str:
        """Why the address does not lead to the revision; empty where it does."""
        try:
            answer = self._http.send("GET", f"{url}/v2/health/ready")
        except Denied:
            return ""  # whoever may deploy need not be allowed to ask for predictions
        except SanadError as error:
            return error.sentence
        by = answer.headers.get("x-sanad-revision", "")
        reached = by == str(revision["number"]) or revision["traffic_percent"] == 0
        return "" if reached else f"revision {by} still answers."

    def split(self, deployment_id: str, shares: Mapping[str, int]) -> Thing:
        changed: Thing = self._http.post(f"deployments/{deployment_id}/split/", {"split": dict(shares)})
        return changed

    def roll_back(self, deployment_id: str) -> Thing:
        changed: Thing = self._http.post(f"deployments/{deployment_id}/rollback/")
        return changed

    def stop(self, deployment_id: str) -> Thing:
        """Take it out of service: requests are refused within a second, and its replicas end."""
        changed: Thing = self._http.post(f"deployments/{deployment_id}/stop/")
        return changed

    def schema(self, deployment: Mapping[str, Any]) -> Thing:
        """What a row has to look like for the model that answers: `features`, each with name and type."""
        found: Thing = self._http.get(f"{deployment['url']}/schema")
        return found

    def predict(
        self, deployment: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], *, event_time: str = ""
    ) -> Thing:
        """Ask for predictions: one row per mapping of feature names to values.

        Of a model that pins a feature service (`get(…)["lookups"]` says so) a row may leave features out and give the
        keys by which they are looked up; what is not found is told by "missing" in the answer.
        """
        headers = {"X-Sanad-Event-Time": event_time} if event_time else {}
        body = {"dataframe_records": [dict(row) for row in rows]}
        answer = self._http.send("POST", f"{deployment['url']}/invocations", json=body, headers=headers)
        found: Thing = answer.json()
        return found


def show_progress(done: int, size: int, files: int = 0, of: int = 0) -> None:
    """A line on standard error, where a person looks at it."""
    if sys.stderr.isatty():
        sys.stderr.write(
            f"\r{done / size:4.0%} of {size / 1e6:.1f} MB" + (f", {files:,} of {of:,} files" if of else "")
        )
        sys.stderr.write("\n" if done >= size else "")
