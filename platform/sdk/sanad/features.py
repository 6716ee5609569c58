"""Entities, feature views and training sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sanad.catalogue import Catalogue
from sanad.resource import Resource, Thing, Things
from sanad.transport import unmade, wait_for


class Features(Catalogue):
    def entity(self, name: str, join_keys: Sequence[str], *, description: str = "") -> Thing:
        """The entity of this name, defined where it is new."""
        for found in self._http.pages("entities/", project=self._project):
            if found["name"] == name:
                return found
        body = {"project": self._project, "name": name, "join_keys": list(join_keys), "description": description}
        made: Thing = self._http.post("entities/", body)
        return made

    def define(
        self,
        name: str,
        *,
        entity: str,
        sql: str,
        inputs: Mapping[str, str],
        event_time: str,
        created_column: str = "",
        ttl_seconds: int | None = None,
        description: str = "",
        timeout_s: float = 900,
    ) -> Thing:
        """Define a feature view and wait for its rows; `inputs` maps names in the SQL to dataset version ids."""
        body = {
            "project": self._project,
            "name": name,
            "entity": entity,
            "sql": sql,
            "inputs": dict(inputs),
            "event_time": event_time,
            "created_column": created_column,
            "ttl_seconds": ttl_seconds,
            "description": description,
        }
        view = self._http.post("feature-views/", body)
        return _built(self._http, f"feature-views/{view['id']}/", timeout_s, f"The feature view {name}")

    def get(self, said: str) -> Thing:
        """The feature view of this id or name."""
        return self._one("feature-views/", said)

    def list(self) -> Things:
        """The project's feature views."""
        return list(self._http.pages("feature-views/", project=self._project))

    def preview(self, sql: str, inputs: Mapping[str, str]) -> Thing:
        found: Thing = self._http.post(
            "feature-views/preview/", {"project": self._project, "sql": sql, "inputs": dict(inputs)}
        )
        return found

    def online(self, views: Sequence[str], entities: Sequence[Mapping[str, Any]]) -> Things:
        """The newest values of each entity's features."""
        body = {"views": list(views), "entities": [dict(entity) for entity in entities]}
        found: Things = self._http.post("feature-views/online/", body)["results"]
        return found


class TrainingSets(Resource):
    def create(
        self,
        name: str,
        *,
        base_version: str,
        label: str,
        features: Sequence[str] | None = None,
        event_time: str = "",
        group: str = "",
        window_start: str | None = None,
        window_end: str | None = None,
        views: Sequence[Mapping[str, Any]] = (),
        timeout_s: float = 900,
    ) -> Thing:
        """Labels of a dataset version joined with feature views as of each label's time; waits for the proof."""
        body = {
            "project": self._project,
            "name": name,
            "base_version": base_version,
            "label": label,
            "features": None if features is None else list(features),
            "event_time": event_time,
            "group": group,
            "window_start": window_start,
            "window_end": window_end,
            "views": [dict(view) for view in views],
        }
        made = self._http.post("training-sets/", body)
        return _built(self._http, f"training-sets/{made['id']}/", timeout_s, f"The training set {name}")

    def get(self, said: str) -> Thing:
        """The training set of this id or name."""
        return self._one("training-sets/", said)

    def list(self) -> Things:
        return list(self._http.pages("training-sets/", project=self._project))


def _built(http: Any, path: str, timeout_s: float, what: str) -> Thing:
    return wait_for(
        lambda: http.get(path),
        lambda thing: thing["state"] == "ready",
        failed=unmade,
        timeout_s=timeout_s,
        what=what,
    )
