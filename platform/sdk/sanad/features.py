"""Entities and feature views."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from sanad.catalogue import Catalogue
from sanad.errors import Denied, NotFound, Refused
from sanad.historical import HistoricalFeatures
from sanad.readers import Reader
from sanad.resource import Thing, Things, id_of, is_id
from sanad.transport import built, unmade, wait_for


class Features(Catalogue, HistoricalFeatures):
    def entity(
        self,
        name: str,
        join_keys: Sequence[str] | Mapping[str, str],
        *,
        description: str = "",
        owner: str = "",
        tags: Sequence[str] = (),
    ) -> Thing:
        """The entity of this name, defined where it is new; Refused where it has other keys already.

        `join_keys` are names, or names with types: text, whole number, truth, date or moment.
        """
        for found in self._http.pages("entities/", project=self._project):
            if found["name"] == name:
                return _same_keys(found, join_keys)
        types = {key: kind for key, kind in join_keys.items() if kind} if isinstance(join_keys, Mapping) else {}
        keys = {"join_keys": list(join_keys), "key_types": types}
        said = {"description": description, "owner": owner, "tags": list(tags)}
        body = {"project": self._project, "name": name, **keys, **said}
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
        timeless_inputs: Sequence[str] = (),
        ttl_seconds: int | None = None,
        description: str = "",
        owner: str = "",
        tags: Sequence[str] = (),
        timeout_s: float = 900,
    ) -> Thing:
        """Define a feature view and wait for its rows; `inputs` maps names in the SQL to dataset versions.

        A version is said by its id, or like `payments` (the newest), `payments@v3`, `payments@tag`; one stream alone
        like `stream:clicks`, and the view follows it, event by event. Computing fails where rows of an earlier event
        time hold what later rows of an input brought, unless it is among the `timeless_inputs`. The answer has
        `warnings` of what in the SQL may look ahead, and `similar`: features there already by the same name.
        """
        body = {
            "project": self._project,
            "name": name,
            "entity": entity,
            "sql": sql,
            "inputs": {alias: self._input(said) for alias, said in inputs.items()},
            "event_time": event_time,
            "created_column": created_column,
            "timeless_inputs": list(timeless_inputs),
            "ttl_seconds": ttl_seconds,
            "description": description,
            "owner": owner,
            "tags": list(tags),
        }
        view = self._http.post("feature-views/", body)
        return self._made(view, name, timeout_s)

    def define_windows(
        self,
        name: str,
        *,
        entity: str,
        event_time: str,
        slide_seconds: int,
        aggregations: Sequence[Mapping[str, Any]],
        version: str | None = None,
        stream: str | None = None,
        sql: str = "",
        known_since: str = "",
        created_column: str = "",
        ttl_seconds: int | None = None,
        description: str = "",
        owner: str = "",
        tags: Sequence[str] = (),
        timeout_s: float = 900,
    ) -> Thing:
        """Define a view of windows over the events of a dataset version or of a stream (ids), and wait for its rows.

        An aggregation is {"name", "function", "column", "seconds", "quantile"}: count, sum, mean, min, max, last,
        distinct or quantile over so many seconds. As of a moment it is over the events up to the last multiple of the
        slide that were known by then. `sql` selects the events out of a table called `events`. The answer has
        `warnings` and `similar`, as that of `define`.
        """
        body = {
            "project": self._project,
            "name": name,
            "entity": entity,
            "version_id": version,
            "stream_id": stream,
            "sql": sql,
            "event_time": event_time,
            "slide_seconds": slide_seconds,
            "aggregations": [dict(one) for one in aggregations],
            "known_since": known_since,
            "created_column": created_column,
            "ttl_seconds": ttl_seconds,
            "description": description,
            "owner": owner,
            "tags": [*tags],
        }
        view = self._http.post("feature-windows/", body)
        return self._made(view, name, timeout_s)

    def _made(self, view: Thing, name: str, timeout_s: float) -> Thing:
        """The view once it is computed, with what was said when it was defined."""
        ready = built(self._http, f"feature-views/{view['id']}/", timeout_s, f"The feature view {name}")
        return {**ready, "similar": view.get("similar", [])}

    def preview_events(self, *, version: str | None = None, stream: str | None = None, sql: str = "") -> Thing:
        """The first events that windows would be computed of."""
        body = {"project": self._project, "version_id": version, "stream_id": stream, "sql": sql}
        found: Thing = self._http.post("feature-windows/preview/", body)
        return found

    def get(self, said: str) -> Thing:
        """The feature view of this id or name."""
        return self._one("feature-views/", said)

    def list(self) -> Things:
        """The project's feature views."""
        return list(self._http.pages("feature-views/", project=self._project))

    def entities(self) -> Things:
        """The project's entities."""
        return list(self._http.pages("entities/", project=self._project))

    def edit_entity(self, entity_id: str, **words: Any) -> Thing:
        """`description`, `owner` (an email), `tags`, or once `key_types`, of the entity of this id or name."""
        changed: Thing = self._http.send("PATCH", f"entities/{self._entity(entity_id)}/", json=words).json()
        return changed

    def _entity(self, said: str) -> str:
        """The id of the entity of this id or name."""
        if is_id(said):
            return said
        found = next((one for one in self.entities() if one["name"] == said), None)
        if found is None:
            raise NotFound(f"The project {self._project} has no entity {said!r}.")
        return str(found["id"])

    def edit(self, view_id: str, **words: Any) -> Thing:
        """`description`, `owner` (an email) or `tags` of a view (id or name); the version stays."""
        changed: Thing = self._http.send("PATCH", f"feature-views/{id_of(self, view_id)}/", json=words).json()
        return changed

    def deprecate(self, view_id: str, reason: str, *, instead: str | None = None) -> Thing:
        """Mark it and tell whoever uses it; `instead` is the version to take; both by id or name."""
        body = {"reason": reason, "instead": instead and id_of(self, instead)}
        marked: Thing = self._http.post(f"feature-views/{id_of(self, view_id)}/deprecate/", body)
        return marked

    def restore(self, view_id: str) -> Thing:
        """Withdraw its deprecation."""
        restored: Thing = self._http.post(f"feature-views/{id_of(self, view_id)}/restore/")
        return restored

    def remove(self, view_id: str, confirmation: str, *, break_chain: bool = False) -> Thing:
        """Move it into the bin, its values offline; `confirmation` is its name with its version, like weather v2."""
        body = {"confirmation": confirmation, "break_chain": break_chain}
        asked: Thing = self._http.post(f"feature-views/{id_of(self, view_id)}/remove/", body)
        return asked

    def skew(self, view: str) -> Thing:
        """What was served of a view (id or name) beside what a join has of that moment.

        {"compared", "different", "share", "kinds", "features": [{"name", "different", "gap"}], "checks", "judged"}:
        `judged` has the answers compared last, by which an alert begins and ends, and whether they are `enough`.
        """
        found: Thing = self._http.get(f"feature-views/{id_of(self, view)}/skew/")
        return found

    def watch_skew(self, view: str, *, share: float, limit: float) -> Thing:
        """Compare such a share of what is served, and raise an alert where more than `limit` of it differs; 0 to 1."""
        found: Thing = self._http.post(
            f"feature-views/{id_of(self, view)}/watch-skew/", {"share": share, "limit": limit}
        )
        return found

    def preview(
        self,
        sql: str,
        inputs: Mapping[str, str],
        *,
        event_time: str = "",
        created_column: str = "",
        timeless_inputs: Sequence[str] = (),
    ) -> Thing:
        """{"columns", "rows", "warnings"}: the first rows, and what in the SQL looks ahead or may; nothing is kept.

        With the column of the `event_time` the warnings are the more exact.
        """
        found: Thing = self._http.post(
            "feature-views/preview/",
            {
                "project": self._project,
                "sql": sql,
                "inputs": {alias: self._client.datasets.newest(said) for alias, said in inputs.items()},
                "event_time": event_time,
                "created_column": created_column,
                "timeless_inputs": list(timeless_inputs),
            },
        )
        return found

    def online(
        self,
        views: Sequence[str] = (),
        entities: Sequence[Mapping[str, Any]] = (),
        *,
        service: str = "",
        features: Sequence[str] | None = None,
        requests: Sequence[Mapping[str, Any]] | None = None,
    ) -> Things:
        """The newest values of each entity's features: of views (ids, or names of the project) or of a feature service.

        A service's on-demand features are reckoned with them, of `requests`: values for each entity.

        The gateway answers where the client's address is one; behind it the portal itself.
        """
        body = {**self._asked(views, service, features), "entities": [dict(entity) for entity in entities]}
        if requests is not None:
            body["requests"] = [dict(values) for values in requests]
        address = "/features/online" if self._by_gateway else "feature-views/online/"
        found: Things = self._http.send("POST", address, json=body).json()["results"]
        return found

    def materialise(self, said: str, *, timeout_s: float = 900) -> Thing:
        """Materialise a feature view (id or name) again: put all its newest values online, and wait until they are."""
        view = self.get(said)
        made = self._http.post(f"feature-views/{view['id']}/materialise/")
        return wait_for(
            lambda: next(one for one in self.materialisations(view["id"]) if one["id"] == made["id"]),
            lambda row: row["state"] in {"done", "overtaken"},
            failed=unmade,
            timeout_s=timeout_s,
            what=f"Materialising {view['name']}",
        )

    def materialisations(self, view: str) -> Things:
        """Every time that a view (id or name) was materialised, newest first."""
        return list(self._http.pages(f"feature-views/{id_of(self, view)}/materialisations/"))

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
        store that opens these views alone, for a quarter of an hour at a time. The monitor of skew sees nothing of what
        is read so.
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


def _same_keys(entity: Thing, join_keys: Sequence[str] | Mapping[str, str]) -> Thing:
    """Keys of another name or type are another entity, which the name is taken for."""
    types = dict(join_keys) if isinstance(join_keys, Mapping) else {}
    known = entity["key_types"]
    other = {key: kind for key, kind in types.items() if kind and known.get(key, kind) != kind}
    if list(entity["join_keys"]) != list(join_keys) or other:
        there = ", ".join(f"{key} ({known[key]})" if key in known else key for key in entity["join_keys"])
        raise Refused(f"There is an entity {entity['name']!r} already, and its keys are {there}. Choose another name.")
    return entity
