from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sanad.resource import Thing
from sanad.samples import flights
from sanad.samples.story.stage import Stage, must

if TYPE_CHECKING:
    from sanad.demo import Figures


class Features(Stage):
    """What a model learns from: features as of each flight, and the proof that none is younger."""

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
