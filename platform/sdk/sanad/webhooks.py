from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sanad.errors import NotFound
from sanad.resource import Resource, Thing, Things, is_id


class Webhooks(Resource):
    """Addresses that are told what happens, signed as Standard Webhooks says; for administrators."""

    def list(self) -> Things:
        return list(self._http.pages("webhooks/"))

    def get(self, said: str) -> Thing:
        """The webhook of this id, description or address."""
        if is_id(said):
            found: Thing = self._http.get(f"webhooks/{said}/")
            return found
        for row in self.list():
            if said in (row["description"], row["url"]):
                return row
        raise NotFound(f"There is no webhook {said!r} in this tenant.")

    def create(
        self, url: str, kinds: Sequence[str] = (), *, description: str = "", project: str = "", **more: object
    ) -> Thing:
        """`kinds` are families (run) and kinds (run.succeeded), none for all; the answer holds its `secret`, once.

        With `shape="openlineage"`, a `namespace` and, where the receiver asks for one, its `token`, it is told of
        data's lineage by OpenLineage's run events.
        """
        body = {"url": url, "kinds": [*kinds], "description": description, "project": project or None, **more}
        made: Thing = self._http.post("webhooks/", body)
        return made

    def edit(self, webhook_id: str, **words: object) -> Thing:
        """`url`, `description`, `kinds` or `project`; what is not named stays, and so does its secret."""
        changed: Thing = self._http.send("PATCH", f"webhooks/{webhook_id}/", json=words).json()
        return changed

    def roll_secret(self, webhook_id: str) -> Thing:
        """A new `secret`, shown once; for 24 hours both sign."""
        rolled: Thing = self._http.post(f"webhooks/{webhook_id}/roll-secret/")
        return rolled

    def pause(self, webhook_id: str) -> Thing:
        """Nothing is sent; what happens meanwhile waits."""
        paused: Thing = self._http.post(f"webhooks/{webhook_id}/pause/")
        return paused

    def enable(self, webhook_id: str) -> Thing:
        """What waited is sent."""
        enabled: Thing = self._http.post(f"webhooks/{webhook_id}/enable/")
        return enabled

    def test(self, webhook_id: str) -> Thing:
        """Send an event of no consequence; the delivery that it became."""
        sent: Thing = self._http.post(f"webhooks/{webhook_id}/test/")
        return sent

    def delete(self, webhook_id: str) -> None:
        self._http.send("DELETE", f"webhooks/{webhook_id}/")

    def deliveries(self, webhook_id: str, *, most: int = 50) -> Things:
        """The newest deliveries, newest first."""
        found: Things = []
        for row in self._http.pages(f"webhooks/{webhook_id}/deliveries/"):
            found.append(row)
            if len(found) >= most:
                break
        return found

    def delivery(self, webhook_id: str, delivery_id: str) -> Thing:
        """One delivery with its payload and attempts."""
        found: Thing = self._http.get(f"webhooks/{webhook_id}/deliveries/{delivery_id}/")
        return found

    def replay(self, webhook_id: str, delivery_id: str) -> Thing:
        """Send it again, with the same id and payload."""
        again: Thing = self._http.post(f"webhooks/{webhook_id}/deliveries/{delivery_id}/replay/")
        return again

    def replay_failed(self, webhook_id: str, *, hours: float = 24) -> int:
        """Send again all that failed of the last hours; how many."""
        since = (datetime.now(UTC) - timedelta(hours=hours)).isoformat()
        answer: Thing = self._http.post(f"webhooks/{webhook_id}/replay-failed/", {"since": since})
        return int(answer["deliveries"])
