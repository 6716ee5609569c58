from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sanad.resource import Thing
from sanad.samples import flights
from sanad.samples.story.stage import Stage, must

if TYPE_CHECKING:
    from sanad.demo import Figures


class Features(Stage):
    """What a model learns from: one set of features, as of the moment of each prediction, and the proof of it."""

    def features(self) -> Figures:
        views = [*map(self._view, flights.VIEWS), *self.made["windows"]]
        service = self.made["service"] = self.kept.service(flights.SERVICE) or self.scientist.feature_services.define(
            flights.SERVICE, [view["id"] for view in views], description=flights.GOAL
        )
        rows = sum(view["row_count"] for view in views)
        return {"views": len(views), "rows": rows, "features": sum(len(part["features"]) for part in service["views"])}

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
            event_time=flights.EVENT_TIME,
            service=self.made["service"]["id"],
            **window,
        )
