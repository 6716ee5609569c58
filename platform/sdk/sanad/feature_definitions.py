"""Features as a file, and the named sets that models use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sanad.resource import Resource, Thing, Things, id_of
from sanad.transport import unmade, wait_for


class FeatureDefinitions(Resource):
    """Entities, views and services as one file in YAML, as it may lie in Git."""

    def export(self) -> str:
        """What is there, as a file that `apply` would leave as it is."""
        found: str = self._http.get("feature-definitions/", project=self._project)["text"]
        return found

    def plan(self, text: str) -> Thing:
        """What the file would change (`steps`), what stays though it is not in it (`left`), and the plan's `digest`."""
        found: Thing = self._http.post("feature-definitions/plan/", {"project": self._project, "text": text})
        return found

    def apply(self, text: str, *, plan: str = "") -> Thing:
        """Make the file true, all of it or nothing; with the digest of a plan, only if it still says the same."""
        body = {"project": self._project, "text": text, "plan": plan}
        made: Thing = self._http.post("feature-definitions/apply/", body)
        return made

    def wait(self, made: Thing, *, timeout_s: float = 900) -> None:
        """Wait until every view that an apply (its answer) has made is computed; Failed tells why one is not."""
        for step in made["steps"]:
            if step["section"] in {"views", "windows"} and step["action"] in {"new", "new version"}:
                said = f"{step['name']} v{step['number']}"
                path = f"feature-views/{self._client.features.get(said)['id']}/"
                wait_for(
                    lambda path=path: self._http.get(path),  # type: ignore[misc]
                    lambda view: bool(view["state"] == "ready"),
                    failed=lambda view, said=said: (why := unmade(view)) and f"{said}: {why}",  # type: ignore[misc]
                    timeout_s=timeout_s,
                    what=f"The feature view {said}",
                )


class FeatureServices(Resource):
    """Named sets of features, in versions; a model pins the one that its training set was made of."""

    def define(
        self,
        name: str,
        views: Sequence[str | Mapping[str, Any]],
        *,
        on_demand: Sequence[Mapping[str, Any]] = (),
        description: str = "",
        owner: str = "",
        tags: Sequence[str] = (),
    ) -> Thing:
        """The service, or its next version. `views` holds ids, or {"view": id, "features": names} for some of them."""
        parts = [{"view": one} if isinstance(one, str) else dict(one) for one in views]
        body = {
            "project": self._project,
            "name": name,
            "views": parts,
            "on_demand": [dict(one) for one in on_demand],
            "description": description,
            "owner": owner,
            "tags": list(tags),
        }
        made: Thing = self._http.post("feature-services/", body)
        return made

    def get(self, said: str) -> Thing:
        """The service of this id, or the newest version of this name."""
        return self._one("feature-services/", said)

    def list(self) -> Things:
        """Every version of the project's services, the newest first."""
        return list(self._http.pages("feature-services/", project=self._project))

    def edit(self, service_id: str, **words: Any) -> Thing:
        """`description`, `owner` (an email) or `tags`; the version stays."""
        changed: Thing = self._http.send("PATCH", f"feature-services/{id_of(self, service_id)}/", json=words).json()
        return changed

    def deprecate(self, service_id: str, reason: str, *, instead: str | None = None) -> Thing:
        """Mark it and tell whoever uses it; `instead` is what to take; both by id or name."""
        body = {"reason": reason, "instead": instead and id_of(self, instead)}
        marked: Thing = self._http.post(f"feature-services/{id_of(self, service_id)}/deprecate/", body)
        return marked

    def restore(self, service_id: str) -> Thing:
        """Withdraw its deprecation."""
        restored: Thing = self._http.post(f"feature-services/{id_of(self, service_id)}/restore/")
        return restored

    def remove(self, service_id: str) -> None:
        """Move a version that nothing was made of into the bin, from which `client.bin` restores it."""
        self._http.send("DELETE", f"feature-services/{id_of(self, service_id)}/")
