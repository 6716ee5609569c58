from __future__ import annotations

from collections.abc import Mapping

from sanad.errors import NotFound
from sanad.resource import Resource, Thing, Things, is_id


class Connections(Resource):
    """Ways to where data lies already: databases, object stores, files over HTTP."""

    def list(self) -> Things:
        """Those that are open to the client's project, or all where it has none."""
        words = {"project": self._client.project} if self._client.project else {}
        return list(self._http.pages("connections/", **words))

    def get(self, said: str) -> Thing:
        """The connection of this id or name."""
        if is_id(said):
            found: Thing = self._http.get(f"connections/{said}/")
            return found
        for row in self.list():
            if row["name"] == said:
                return row
        raise NotFound(f"There is no connection {said!r} here.")

    def create(
        self,
        name: str,
        kind: str,
        settings: Mapping[str, object],
        *,
        secrets: Mapping[str, str] | None = None,
        description: str = "",
        at_once: int = 2,
        project: str | None = None,
    ) -> Thing:
        """`kind` is postgresql, mysql, s3, http, valkey or kafka.

        Without `project` every project of the tenant reads through it.
        """
        told = {"settings": {**settings}, "secrets": {**(secrets or {})}, "at_once": at_once, "project": project}
        body = {"name": name, "kind": kind, "description": description, **told}
        made: Thing = self._http.post("connections/", body)
        return made

    def edit(self, connection_id: str, **words: object) -> Thing:
        """`name`, `description`, `settings`, `secrets` or `at_once`; what is not named stays."""
        changed: Thing = self._http.send("PATCH", f"connections/{connection_id}/", json=words).json()
        return changed

    def test(self, connection_id: str) -> Thing:
        """The connection with the `steps` of a test just made, and how it stands."""
        tested: Thing = self._http.post(f"connections/{connection_id}/test/")
        return tested

    def delete(self, connection_id: str) -> None:
        self._http.send("DELETE", f"connections/{connection_id}/")

    def things(self, connection_id: str, prefix: str = "") -> Things:
        """Tables, folders and files there whose names begin with `prefix`, 200 at most."""
        found: Things = self._http.get(f"connections/{connection_id}/things/", project=self._project, prefix=prefix)
        return found

    def preview(self, connection_id: str, place: str) -> Thing:
        """The columns of one thing there, about how many rows, and some of them."""
        found: Thing = self._http.get(f"connections/{connection_id}/preview/", project=self._project, place=place)
        return found
