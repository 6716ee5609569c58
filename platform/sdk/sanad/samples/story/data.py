from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sanad.resource import Thing
from sanad.samples import flights
from sanad.samples.story.care import Care
from sanad.samples.story.stage import must

if TYPE_CHECKING:
    from sanad.demo import Figures


class Data(Care):
    """The project, its people and its files."""

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
        suspected = 0
        for name, file in self.files.items():
            version = self._dataset(name, file)
            suspected += sum(1 for one in self.scientist.datasets.suggestions(version["id"]) if one["suspected"])
            self.made[name] = self._classified(version)
        inputs = {"flights": self.made["flights"]["id"]}
        self.made["departures"] = self._classified(
            self.kept.dataset("flights_at_departure")
            or self.scientist.datasets.derive("flights_at_departure", sql=flights.FLIGHTS_SQL, inputs=inputs)
        )
        rows = self.made["flights"]["row_count"]
        must(rows == flights.ROWS or not self.whole, "not all flights of 2013 arrived")
        return {"flights": rows, "weather_hours": self.made["weather"]["row_count"], "suspected_personal": suspected}

    def _dataset(self, name: str, file: Path) -> Thing:
        return self.kept.dataset(name) or self.scientist.datasets.push(file, name=name, options=flights.MISSING)
