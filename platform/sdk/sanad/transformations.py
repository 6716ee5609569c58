"""Transformations: SQL that makes one dataset of others, by itself and in the order of the data."""

from __future__ import annotations

from collections.abc import Mapping

from sanad.errors import NotFound
from sanad.resource import Resource, Thing, Things, is_id


class Transformations(Resource):
    def list(self) -> Things:
        return list(self._http.pages("transformations/", project=self._project))

    def get(self, said: str) -> Thing:
        """The transformation of this id or name, with its newest definition."""
        if not is_id(said):
            said = next((row["id"] for row in self.list() if row["name"] == said), "")
            if not said:
                raise NotFound("There is no transformation of that name here.")
        found: Thing = self._http.get(f"transformations/{said}/")
        return found

    def create(
        self, name: str, *, sql: str, output: str, inputs: Mapping[str, str] | None = None, **more: object
    ) -> Thing:
        """`output` is a dataset's name or id, made where the name is new; inputs are found by their names in the SQL.

        Besides: mode ("full", "incremental" with `growing`, the input that grows), trigger ("input", "cron" with `cron`
        and `time_zone`, "hand"), review.
        """
        dataset = self._client.datasets.get(output) if is_id(output) else self._client.datasets.find(output)
        if dataset is None:
            dataset = self._http.post("datasets/", {"project": self._project, "name": output})
        body = {
            "project": self._project,
            "name": name,
            "output": dataset["id"],
            "sql": sql,
            "inputs": dict(inputs or {}),
        }
        made: Thing = self._http.post("transformations/", {**body, **more})
        return made

    def define(self, said: str, *, sql: str, inputs: Mapping[str, str] | None = None, **more: object) -> Thing:
        """How its rows are made from the next time on; what is not said is as at the beginning."""
        body = {"sql": sql, "inputs": dict(inputs or {}), **more}
        changed: Thing = self._http.post(f"transformations/{self.get(said)['id']}/definitions/", body)
        return changed

    def definitions(self, said: str) -> Things:
        return list(self._http.pages(f"transformations/{self.get(said)['id']}/definitions/"))

    def passes(self, said: str) -> Things:
        """What was made or left out, and why; the newest first."""
        return list(self._http.pages(f"transformations/{self.get(said)['id']}/passes/"))

    def estimate(self, said: str) -> Thing:
        """What the next run will probably take, by earlier ones: seconds, rows, bytes, quota; None where unknown."""
        found: Thing = self._http.get(f"transformations/{self.get(said)['id']}/estimate/")
        return found

    def run(self, said: str, *, below: bool = False) -> Thing:
        """Make it of its inputs' newest versions; with `below`, then all that is made of it."""
        asked: Thing = self._http.post(f"transformations/{self.get(said)['id']}/run/", {"below": below})
        return asked

    def pause(self, said: str) -> Thing:
        paused: Thing = self._http.post(f"transformations/{self.get(said)['id']}/pause/")
        return paused

    def resume(self, said: str) -> Thing:
        resumed: Thing = self._http.post(f"transformations/{self.get(said)['id']}/resume/")
        return resumed

    def delete(self, said: str) -> None:
        """The dataset that it made stays."""
        self._http.send("DELETE", f"transformations/{self.get(said)['id']}/")
