"""On-demand features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sanad.resource import Resource, Thing, Things, id_of


class OnDemand(Resource):
    """Features that are reckoned at the moment of a request, and in training alike."""

    def define(
        self,
        name: str,
        *,
        features: Mapping[str, str],
        request: Mapping[str, str] | None = None,
        uses: Mapping[str, Sequence[str] | None] | None = None,
        description: str = "",
        owner: str = "",
        tags: Sequence[str] = (),
    ) -> Thing:
        """Define features ({name: expression}), or their next version.

        `request` maps the values of a request to number, whole number, text, truth, date or moment; `uses` maps feature
        views (ids or names) to the features that expressions name, None for all. `similar` of the answer says which
        features are there already by the same name.
        """
        said = {"name": name, "description": description, "owner": owner, "tags": list(tags)}
        body = {**self._meaning(features, request, uses), **said}
        made: Thing = self._http.post("on-demand-views/", body)
        return made

    def get(self, said: str) -> Thing:
        """The on-demand features of this id or name."""
        return self._one("on-demand-views/", said)

    def list(self) -> Things:
        return list(self._http.pages("on-demand-views/", project=self._project))

    def edit(self, on_demand_id: str, **words: Any) -> Thing:
        """`description`, `owner` (an email) or `tags`; the version stays."""
        changed: Thing = self._http.send("PATCH", f"on-demand-views/{id_of(self, on_demand_id)}/", json=words).json()
        return changed

    def deprecate(self, on_demand_id: str, reason: str, *, instead: str | None = None) -> Thing:
        """Mark it and tell whoever uses it; `instead` is the version to take; both by id or name."""
        body = {"reason": reason, "instead": instead and id_of(self, instead)}
        marked: Thing = self._http.post(f"on-demand-views/{id_of(self, on_demand_id)}/deprecate/", body)
        return marked

    def restore(self, on_demand_id: str) -> Thing:
        """Withdraw its deprecation."""
        restored: Thing = self._http.post(f"on-demand-views/{id_of(self, on_demand_id)}/restore/")
        return restored

    def remove(self, on_demand_id: str, confirmation: str, *, break_chain: bool = False) -> Thing:
        """Move it into the bin: nobody asks it; `confirmation` is its name with its version, like trip_context v2."""
        body = {"confirmation": confirmation, "break_chain": break_chain}
        removed: Thing = self._http.post(f"on-demand-views/{id_of(self, on_demand_id)}/remove/", body)
        return removed

    def try_values(self, view: str, rows: Sequence[Mapping[str, Any]]) -> Things:
        """What it gives for values of requests and of features; a value that is not given is missing."""
        found: Things = self._http.post(
            f"on-demand-views/{id_of(self, view)}/try/", {"rows": [dict(row) for row in rows]}
        )["results"]
        return found

    def try_definition(
        self,
        rows: Sequence[Mapping[str, Any]],
        *,
        features: Mapping[str, str],
        request: Mapping[str, str] | None = None,
        uses: Mapping[str, Sequence[str] | None] | None = None,
    ) -> Things:
        """The same of a definition that is not kept."""
        body = {**self._meaning(features, request, uses), "rows": [dict(row) for row in rows]}
        found: Things = self._http.post("on-demand-views/try/", body)["results"]
        return found

    def online(self, view: str, rows: Sequence[Mapping[str, Any]]) -> Things:
        """Features of entities as they are now; each row is {"entity": join keys, "request": values}.

        A value that a request does not give is missing, and stands in the row's `not_given`.
        """
        found: Things = self._http.post(
            f"on-demand-views/{id_of(self, view)}/online/", {"rows": [dict(row) for row in rows]}
        )["results"]
        return found

    def _meaning(
        self,
        features: Mapping[str, str],
        request: Mapping[str, str] | None,
        uses: Mapping[str, Sequence[str] | None] | None,
    ) -> dict[str, Any]:
        views = self._client.features
        taken = [{"view": id_of(views, view), "features": names and [*names]} for view, names in (uses or {}).items()]
        return {
            "project": self._project,
            "features": [{"name": name, "expression": text} for name, text in features.items()],
            "request": dict(request or {}),
            "uses": taken,
        }
