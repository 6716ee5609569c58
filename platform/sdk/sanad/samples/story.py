"""The way of one model, told with the flights: each step does what is missing, so that a walk cut short can go on."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sanad.client import Client
from sanad.errors import Failed, SanadError
from sanad.resource import Thing
from sanad.samples import flights
from sanad.samples.kept import Kept
from sanad.transport import wait_for

if TYPE_CHECKING:
    from sanad.demo import Figures, Walk


def walk(walk: Walk, people: dict[str, Client], home: Path, *, serve_only: bool) -> None:
    """The nine steps; with `serve_only` as far as a model that serves."""
    story = Story(walk, people, home)
    story.as_far_as_a_run()
    if not serve_only:
        walk.step("4 run again", story.repeat)
    story.as_far_as_an_endpoint()
    if serve_only:
        walk.step("8 replay of July to December", story.replay)
        return
    walk.step("7 bad input is refused", story.refuse_bad_input)
    walk.step("8 monitoring", story.monitor)
    walk.step("9 report and proof", story.report)
    walk.step("10 cost, access and keys", story.house)


def must(holds: object, sentence: str) -> None:
    """End the walk unless this holds."""
    if not holds:
        raise Failed(sentence)


def _signed(file: Path) -> int:
    """How many entries the checkpoints in a file cover."""
    lines = [line for line in file.read_text().splitlines() if line.startswith('{"checkpoint":')]
    return max((int(json.loads(line)["checkpoint"]["tree_size"]) for line in lines), default=0)


class Story:
    """What the steps hand on to each other. `files` stand in for the package's own: fewer of the same rows, say."""

    def __init__(
        self, walk: Walk, people: dict[str, Client], home: Path, *, files: Mapping[str, Path] | None = None
    ) -> None:
        self.walk, self.figures, self.began = walk, walk.figures, walk.began
        self.scientist, self.officer, self.admin = (people[role] for role in ("scientist", "officer", "admin"))
        self.home, self.files = home, files or flights.files()
        self.whole = files is None
        self.kept = Kept(self.scientist)
        self.made: dict[str, Any] = {}

    def as_far_as_a_run(self) -> None:
        self.walk.step("1 tenant, project, people", self.project)
        self.walk.step("2 datasets", self.datasets)
        self.walk.step("3 features", self.features)
        self.walk.step("3 training set with leakage proof", self.training_sets)
        self.walk.step("4 run", self.run)

    def as_far_as_an_endpoint(self) -> None:
        self.walk.step("5 model version", self.register)
        self.walk.step("6 approval", self.approve)
        self.walk.step("7 deployment", self.deploy)

    def project(self) -> Figures:
        self.scientist.projects.ensure(
            flights.PROJECT, "Late flights", purpose="Tell passengers early that a flight will be late"
        )
        team = self.kept.group(self.admin, flights.TEAM) or self.admin.groups.create(flights.TEAM)
        for person in self.admin.members.list():
            if person["role"] == "officer":
                self.admin.groups.add(team["id"], person["user"])
        self.admin.project_roles.give("group", team["id"], "viewer")
        self.admin.budgets.set(project=flights.PROJECT, soft_limit=flights.BUDGET)
        return {"people": 3, "group": team["name"], "budget_aed": flights.BUDGET}

    def datasets(self) -> Figures:
        for name, file in self.files.items():
            self.made[name] = self._public(self._dataset(name, file))
        inputs = {"flights": self.made["flights"]["id"]}
        self.made["departures"] = self._public(
            self.kept.dataset("flights_at_departure")
            or self.scientist.datasets.derive("flights_at_departure", sql=flights.FLIGHTS_SQL, inputs=inputs)
        )
        rows = self.made["flights"]["row_count"]
        must(rows == flights.ROWS or not self.whole, "not all flights of 2013 arrived")
        return {"flights": rows, "weather_hours": self.made["weather"]["row_count"]}

    def _dataset(self, name: str, file: Path) -> Thing:
        return self.kept.dataset(name) or self.scientist.datasets.push(file, name=name, options=flights.MISSING)

    def _public(self, version: Thing) -> Thing:
        """Features are made of columns of which somebody has said what they hold: these are published for anybody."""
        unsaid = [column["name"] for column in version["schema"] if not column["class"]]
        if not unsaid:
            return version
        return self.scientist.datasets.classify(version["id"], dict.fromkeys(unsaid, "public"))

    def features(self) -> Figures:
        for name in ("carrier", "origin", "tailnum"):
            self.scientist.features.entity(name, [name])
        views = self.made["views"] = [self._view(view) for view in flights.VIEWS]
        return {"views": len(views), "rows": sum(view["row_count"] for view in views)}

    def _view(self, view: flights.View) -> Thing:
        return self.kept.view(view.name) or self.scientist.features.define(
            view.name,
            entity=view.entity,
            sql=view.sql,
            inputs={view.reads: self.made[view.reads]["id"]},
            event_time=view.event_time,
            ttl_seconds=view.ttl_seconds,
        )

    def training_sets(self) -> Figures:
        self.made["set"] = self._training_set(
            "late_flights", window_start="2013-01-01T00:00:00Z", window_end="2013-09-01T00:00:00Z"
        )
        # The rest of the year is what the replayer sends as live traffic.
        self.made["later"] = self._training_set("late_flights_later", window_start="2013-07-01T00:00:00Z")
        proof = self.made["set"]["leakage_proof"]
        self.figures["leakage_violations"] = proof["violations"]
        must(
            proof["violations"] == proof["mismatches"] == 0,
            f"{proof['violations']} features are younger than their label",
        )
        return {
            "rows": self.made["set"]["row_count"],
            "violations": proof["violations"],
            "views_checked": len(proof["views"]),
        }

    def _training_set(self, name: str, **window: Any) -> Thing:
        return self.kept.training_set(name) or self.scientist.training_sets.create(
            name,
            base_version=self.made["departures"]["id"],
            label="late",
            features=flights.BASE_FEATURES,
            event_time="scheduled_departure",
            views=[{"view": view["id"]} for view in self.made["views"]],
            **window,
        )

    def run(self) -> Figures:
        run = self.kept.run(self.made["set"]["id"], purpose=flights.GOAL) or self.scientist.runs.submit(
            training_set=self.made["set"]["id"],
            recipe="hist_gradient_boosting",
            split={
                "kind": "time",
                "column": "scheduled_departure",
                "validation_start": "2013-06-01T00:00:00Z",
                "test_start": "2013-07-01T00:00:00Z",
            },
            slices=[
                {
                    "name": "jul_aug",
                    "column": "scheduled_departure",
                    "from": "2013-07-01T00:00:00Z",
                    "to": "2013-09-01T00:00:00Z",
                }
            ],
            experiment="late flights",
            purpose=flights.GOAL,
            resource_class="medium",
        )
        self.made["run"] = self.scientist.runs.wait(run["id"], timeout_s=1200)
        figure = self.made["run"]["metrics"]["slices"]["jul_aug"]["roc_auc"]
        self.figures["roc_auc_jul_aug"] = round(figure, 4)
        must(figure >= flights.WANTED or not self.whole, f"ROC AUC on July and August is only {figure:.4f}")
        return {"roc_auc_jul_aug": round(figure, 4), "attempt": self.made["run"]["attempt"]}

    def repeat(self) -> Figures:
        again = self.scientist.runs.wait(self.scientist.runs.repeat(self.made["run"]["id"])["id"], timeout_s=1200)
        must(again["reproduced"] is True, "the repeated run gave other figures")
        return {"reproduced": True}

    def register(self) -> Figures:
        models, run = self.scientist.models, self.made["run"]["id"]
        kept = self.kept.version(run)
        version = models.wait(kept["id"]) if kept else models.register(run=run, name=flights.MODEL)
        self.made["version"] = version
        failed = [gate["gate"] for gate in version["gates"] if gate["state"] == "failed"]
        must(not failed, f"the gates {failed} failed")
        return {
            "onnx": version["onnx_state"],
            "gates": len(version["gates"]),
            "digest": version["artifact_digest"][:12],
        }

    def approve(self) -> Figures:
        version = self.made["version"]["id"]
        if self.made["version"]["stage"] == "production":
            return {"approved_before": True}
        case = self.kept.case(version) or self.scientist.models.promote(version)["approval"]
        try:
            self.scientist.approvals.decide(case, "granted", reason="I asked for it myself")
        except SanadError as refusal:
            refused = str(refusal)
        else:
            raise Failed("The requester could decide the own case.")
        self.officer.approvals.decide(case, "granted", reason="Gates passed; figures and purpose read.")
        self.scientist.models.wait_for_stage(version, "production")
        return {"requester_refused": bool(refused)}

    def deploy(self) -> Figures:
        deployment = self.kept.deployment(flights.ADDRESS) or self.scientist.deployments.deploy(
            self.made["version"]["id"], flights.ADDRESS, name="Late flights"
        )
        self.made["deployment"] = deployment
        answer = wait_for(
            self._first_prediction,
            lambda said: "predictions" in said,
            failed=lambda _said: None,
            timeout_s=120,
            what="The first prediction",
        )
        self.figures["seconds_to_first_prediction"] = round(time.monotonic() - self.began, 2)
        return {"prediction": answer["predictions"][0], "probability_late": round(answer["probabilities"][0][1], 4)}

    def _first_prediction(self) -> dict[str, Any]:
        # The gateway learns of a new route within half a second; a kept revision may still be starting.
        try:
            return self.scientist.deployments.predict(
                self.made["deployment"], [flights.EXAMPLE], event_time="2013-07-01T10:00:00Z"
            )
        except SanadError as error:
            return {"error": str(error)}

    def refuse_bad_input(self) -> Figures:
        refusals = {}
        wrong = {"wrong_type": {**flights.EXAMPLE, "distance": "far"}, "missing_column": {"carrier": "UA"}}
        for name, row in wrong.items():
            try:
                self.scientist.deployments.predict(self.made["deployment"], [row])
            except SanadError as refusal:
                refusals[name] = str(refusal)
        must("distance" in refusals.get("wrong_type", ""), f"a wrong type was not named: {refusals}")
        must(len(refusals) == 2, f"bad input was answered: {refusals}")
        return {"refused": len(refusals)}

    def replay(self, *, per_second: float = 20, stride: int = 10) -> Figures:
        deployment = self.made["deployment"]["id"]
        self.made["replay"] = self.kept.replay(deployment) or self.scientist.monitoring.replay(
            deployment=deployment,
            training_set=self.made["later"]["id"],
            per_second=per_second,
            stride=stride,
        )
        return {"rows": self.made["replay"]["total"]}

    def monitor(self) -> Figures:
        self.replay(per_second=2000, stride=16)
        sent = self.made["replay"]["total"]
        monitor = self.scientist.monitoring.list()[0]
        cells = wait_for(
            lambda: {"cells": self.scientist.monitoring.drift(monitor["id"])},
            lambda found: sum(c["rows"] for c in found["cells"] if not c["feature"]) >= sent,
            failed=lambda _found: None,
            timeout_s=180,
            what="The monitor",
        )["cells"]
        alerts = self.scientist.monitoring.alerts()
        winter = [a for a in alerts if a["window"] >= "2013-11-01" and a["feature"] in {"temp", "dewp"}]
        must(winter, f"no alert about winter's weather among {[(a['feature'], a['window']) for a in alerts]}")
        return {
            "rows": sum(c["rows"] for c in cells if not c["feature"]),
            "alerts": len(alerts),
            "winter_alerts": len(winter),
        }

    def report(self) -> Figures:
        folder = self.home / "demo"
        folder.mkdir(exist_ok=True)
        made = self.officer.reports.create(model_version=self.made["version"]["id"])
        pdf = self.officer.reports.download(made["id"], folder / "report.pdf")
        self.officer.reports.download(made["id"], folder / "report.html", form="html")
        checked = self.officer.ledger.verify()
        must(checked["ok"], f"the ledger is not whole: {checked}")
        return {
            "pdf_kb": pdf.stat().st_size // 1024,
            "ledger_entries": checked["entries"],
            **self._verify_outside(folder),
        }

    def house(self) -> Figures:
        """What a run would cost and what was used; who sees the model; a new key, and all opens still."""
        estimate = self.scientist.runs.estimate(training_set=self.made["set"]["id"], resource_class="medium")
        summary = wait_for(
            lambda: self.admin.usage.summary(by="project"),
            lambda found: bool(found["lines"]),
            failed=lambda _found: None,
            timeout_s=120,
            what="What was used",
        )
        seeing = self.officer.transport.get(f"access/model_version/{self.made['version']['id']}/")
        must(len(seeing) >= len({"scientist", "officer", "admin"}), f"the model is seen by {seeing} alone")
        before = max(key["number"] for key in self.admin.keys.get()["keys"])
        rotated = max(key["number"] for key in self.admin.keys.rotate()["keys"])
        must(rotated == before + 1, f"the key after {before} is {rotated}")
        # What was sealed before is read, and what is made from here on is sealed under the new key.
        self.officer.reports.create(model_version=self.made["version"]["id"])
        return {
            "estimated_aed": estimate["cost"],
            "month_aed": summary["total"],
            "seen_by": len(seeing),
            "key": rotated,
        }

    def _verify_outside(self, folder: Path) -> Figures:
        """The export, checked by the single-file verifier in a Python of its own."""
        ledger = self.officer.ledger
        export, key = ledger.export(folder / "ledger.jsonl"), ledger.public_key(folder / "key.pem")
        anchor = folder / "anchor.jsonl"
        # The portal signs what it exports; the anchor has it at once, or when the sequencer's own delivery is through.
        wait_for(
            lambda: {"anchored": _signed(ledger.anchor(anchor))},
            lambda found: found["anchored"] >= _signed(export),
            failed=lambda _found: None,
            timeout_s=30,
            what="The anchor",
        )
        verifier = Path(__file__).resolve().parents[2] / "sanad_verify.py"
        proof = ["--key", str(key), "--anchor", str(anchor), "--json"]
        command = [sys.executable, "-I", str(verifier), str(export), *proof]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        must(done.returncode == 0, f"sanad-verify says: {done.stdout} {done.stderr}")
        return {"verified_outside": json.loads(done.stdout).get("entries", True)}
