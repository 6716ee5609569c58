from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from sanad.errors import SanadError
from sanad.samples import flights
from sanad.samples.story.stage import Stage, must
from sanad.transport import wait_for

if TYPE_CHECKING:
    from sanad.demo import Figures


class Serving(Stage):
    """The endpoint, what it refuses, and what moves in its traffic."""

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

    def by_keys(self) -> Figures:
        """A client says what it knows of a flight, and which carrier, airport and plane; the rest is looked up."""
        deployment = self.scientist.deployments.get(self.made["deployment"]["id"])
        sent = {name: flights.EXAMPLE[name] for name in deployment["lookups"]["sent"]} | flights.KEYS

        def asked() -> dict[str, Any]:
            before, answer = self._known(), self.scientist.deployments.predict(deployment, [sent])
            return {"answer": answer, "known": self._known(), "before": before}

        # Windows slide: what was known on both sides of the answer was known in it.
        found = wait_for(
            asked,
            lambda told: told["known"] == told["before"],
            failed=lambda _told: None,
            timeout_s=60,
            what="An answer between two changes of the windows",
        )
        known = found["known"]
        whole = self.scientist.deployments.predict(deployment, [{**sent, **known}])
        alone = found["answer"]["probabilities"]
        must(alone == whole["probabilities"], f"by keys alone {alone}, with all features {whole['probabilities']}")
        there = [name for name in known if known[name] is not None]
        told = {name for one in found["answer"].get("missing", ()) for name in one["features"]}
        must(told == set(known) - set(there), f"{sorted(told)} were told to be missing, and known are {there}")
        must(there, "nothing was known of a flight that has just landed")
        return {"sent": len(sent), "looked_up": len(there), "told_missing": len(told)}

    def _known(self) -> dict[str, Any]:
        (row,) = self.scientist.features.online(entities=[flights.KEYS], service=flights.SERVICE)
        return dict(row["features"])

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
