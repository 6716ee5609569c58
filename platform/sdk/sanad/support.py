from __future__ import annotations

from sanad.errors import NotFound
from sanad.resource import Resource, Thing, Things, is_id


class Support(Resource):
    """Who of the platform may come in for some hours, and who asks to; for administrators."""

    def list(self) -> Things:
        """Waiting, open, refused and ended, the newest first."""
        return list(self._http.pages("support/"))

    def get(self, support_id: str) -> Thing:
        found: Thing = self._http.get(f"support/{support_id}/")
        return found

    def operators(self) -> Things:
        """Whom one could let in: {"id", "name"}."""
        found: Things = self._http.get("support/operators/")
        return found

    def give(self, operator: str, *, reason: str, level: str = "viewer", hours: int = 4) -> Thing:
        """Let an operator (id or name) in without being asked, as `viewer` or `admin`, for 1 to 72 hours."""
        body = {"operator": self._operator(operator), "reason": reason, "level": level, "hours": hours}
        given: Thing = self._http.post("support/", body)
        return given

    def grant(self, support_id: str) -> Thing:
        """Let in whoever asked, for the hours that they asked for, from now on."""
        return self._act(support_id, "grant")

    def refuse(self, support_id: str) -> Thing:
        return self._act(support_id, "refuse")

    def end(self, support_id: str) -> Thing:
        """Send the operator out at once."""
        return self._act(support_id, "end")

    def _act(self, support_id: str, word: str) -> Thing:
        done: Thing = self._http.post(f"support/{support_id}/{word}/")
        return done

    def _operator(self, said: str) -> str:
        if is_id(said):
            return said
        found = [row["id"] for row in self.operators() if row["name"] == said]
        if not found:
            raise NotFound(f"This platform has no operator {said!r}; `sanad support operators` lists them.")
        if len(found) > 1:
            raise ValueError(f"This platform has {len(found)} operators of the name {said!r}; say the id of one.")
        return str(found[0])
