from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sanad.errors import NotFound
from sanad.resource import Resource, Thing, Things, is_id
from sanad.transport import unmade, wait_for


class Ingestions(Resource):
    """What is read into datasets again and again: by schedule, after other datasets, or when a program says so."""

    def list(self, dataset: str = "") -> Things:
        """Those of the client's project (of all projects where it has none), or of one dataset by its name or id."""
        words = {"project": self._client.project} if self._client.project else {}
        if dataset:
            words["dataset"] = self._client.datasets.get(dataset)["id"]
        return list(self._http.pages("ingestions/", **words))

    def get(self, said: str) -> Thing:
        """The ingestion of this id, or the only one of the dataset of this name."""
        if is_id(said):
            found: Thing = self._http.get(f"ingestions/{said}/")
            return found
        rows = self.list(said)
        if len(rows) != 1:
            raise NotFound(f"Into {said!r} comes not one ingestion but {len(rows)}; say which by its id.")
        return rows[0]

    def create(
        self,
        dataset: str,
        connection: str,
        place: str,
        *,
        pattern: str = "",
        options: Mapping[str, Any] | None = None,
        mode: str = "full",
        key: Sequence[str] = (),
        cursor: str = "",
        cron: str = "",
        zone: str = "UTC",
        after: str = "",
        review: bool = False,
    ) -> Thing:
        """Have `place` behind a connection read into a dataset; nothing is read before it is due or asked for.

        `mode` is full, append, upsert (by `key`) or incremental (by `cursor`; of files those that are new). `cron` has
        five fields, read in `zone`; `after` names a dataset whose new versions start it. A dataset that is not there is
        made.
        """
        named = self._client.datasets.get(dataset) if is_id(dataset) else self._client.datasets.find(dataset)
        if named is None:
            named = self._http.post("datasets/", {"project": self._project, "name": dataset})
        body = {
            "dataset": named["id"],
            "connection": self._client.connections.get(connection)["id"],
            "place": place,
            "pattern": pattern,
            "options": dict(options or {}),
            "mode": mode,
            "key": [*key],
            "cursor": cursor,
            "cron": cron,
            "zone": zone,
            "after": self._client.datasets.get(after)["id"] if after else None,
            "review": review,
        }
        made: Thing = self._http.post("ingestions/", body)
        return made

    def edit(self, ingestion_id: str, **words: object) -> Thing:
        """What is not named stays; `connection` and `after` are ids."""
        changed: Thing = self._http.send("PATCH", f"ingestions/{ingestion_id}/", json=words).json()
        return changed

    def estimate(self, ingestion_id: str) -> Thing:
        """What the next run will probably take, by earlier ones: seconds, rows, bytes, quota; None where unknown."""
        found: Thing = self._http.get(f"ingestions/{ingestion_id}/estimate/")
        return found

    def run(
        self, ingestion_id: str, *, since: str = "", until: str = "", wait: bool = True, timeout_s: float = 3600
    ) -> Thing:
        """Read now and wait for the version: `ready`, `review`, or `unchanged` where nothing new was found.

        With `since` or `until` that span of the cursor is read anew, and replaces what is there of it.
        """
        begun: Thing = self._http.post(f"ingestions/{ingestion_id}/run/", {"since": since, "until": until})
        return self.wait(begun["id"], timeout_s=timeout_s) if wait else begun

    def span(self, ingestion_id: str, *, since: str = "", until: str = "") -> Thing:
        """What reading the span anew would replace: `rows` of the newest version's `row_count`, on so many `days`."""
        found: Thing = self._http.get(f"ingestions/{ingestion_id}/span/", since=since, until=until)
        return found

    def wait(self, version_id: str, *, timeout_s: float = 3600) -> Thing:
        return wait_for(
            lambda: self._client.datasets.version(version_id),
            lambda version: version["state"] in {"ready", "review", "unchanged"},
            failed=unmade,
            timeout_s=timeout_s,
            what="The ingestion",
        )

    def pause(self, ingestion_id: str) -> Thing:
        """Nothing is due any more until it is resumed; what is being read goes on."""
        paused: Thing = self._http.post(f"ingestions/{ingestion_id}/pause/")
        return paused

    def resume(self, ingestion_id: str) -> Thing:
        resumed: Thing = self._http.post(f"ingestions/{ingestion_id}/resume/")
        return resumed

    def delete(self, ingestion_id: str) -> None:
        """The versions that it brought stay."""
        self._http.send("DELETE", f"ingestions/{ingestion_id}/")

    def runs(self, ingestion_id: str) -> Things:
        """The versions that it brought or tried to bring, newest first."""
        return list(self._http.pages(f"ingestions/{ingestion_id}/runs/"))
