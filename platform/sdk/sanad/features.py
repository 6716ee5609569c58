"""Entities, feature views and training sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from sanad.errors import Denied, NotFound
from sanad.readers import Reader
from sanad.resource import Resource, Thing, Things
from sanad.transport import unmade, wait_for


class Features(Resource):
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

    def online(
        self,
        views: Sequence[str] = (),
        entities: Sequence[Mapping[str, Any]] = (),
        *,
        service: str = "",
        features: Sequence[str] | None = None,
    ) -> Things:
        """The newest values of each entity's features: of views (ids, or names of the project) or of a feature service.

        The gateway answers where the client's address is one; behind it the portal itself.
        """
        body = {**self._asked(views, service, features), "entities": [dict(entity) for entity in entities]}
        address = "/features/online" if self._by_gateway else "feature-views/online/"
        found: Things = self._http.send("POST", address, json=body).json()["results"]
        return found

    def materialise(self, said: str, *, timeout_s: float = 900) -> Thing:
        """Put all newest values of a feature view (id or name) online again, and wait until they are."""
        view = self.get(said)
        made = self._http.post(f"feature-views/{view['id']}/materialise/")
        return wait_for(
            lambda: next(one for one in self.materialisations(view["id"]) if one["id"] == made["id"]),
            lambda row: row["state"] in {"done", "overtaken"},
            failed=unmade,
            timeout_s=timeout_s,
            what=f"Putting {view['name']} online",
        )

    def materialisations(self, view: str) -> Things:
        """Every time that the values of a view (its id) were put online, newest first."""
        return list(self._http.pages(f"feature-views/{view}/materialisations/"))

    def freshness(self, said: str, seconds: int | None) -> Thing:
        """Say how old the latest event of a view (id or name) may be online before it is an alert; None: any age."""
        body = {"seconds": seconds}
        changed: Thing = self._http.post(f"feature-views/{self.get(said)['id']}/freshness/", body)
        return changed

    def reader(
        self,
        views: Sequence[str] = (),
        *,
        service: str = "",
        features: Sequence[str] | None = None,
        store: Any = None,
    ) -> Reader:
        """Read in this process, straight from the online store: for programs inside the house's network.

        `store` is a connection of one's own (`read(names) -> values`); without it the portal gives an address of the
        store that opens these views alone, for a quarter of an hour at a time.
        """
        asked = self._asked(views, service, features)
        return Reader(lambda: self._http.post("feature-views/reader/", asked), store)

    @cached_property
    def _by_gateway(self) -> bool:
        """Whether the portal's address is its gateway's, which answers features itself; asked once."""
        try:
            self._http.send("GET", "/gatewayz")
        except (Denied, NotFound):
            return False
        return True

    def _asked(self, views: Sequence[str], service: str, features: Sequence[str] | None) -> Thing:
        asked: Thing = {"project": self._client.project} if self._client.project else {}
        asked |= {"service": service} if service else {"views": list(views)}
        return asked if features is None else {**asked, "features": list(features)}


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
