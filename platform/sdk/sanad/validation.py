"""What is expected of datasets, and the rows that were set aside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sanad.resource import Resource, Thing, Things
from sanad.transport import save_stream, unmade, wait_for


class Suites(Resource):
    """Suites of expectations; a dataset is named by its name or id."""

    def list(self, dataset: str) -> Things:
        """All of a dataset, the newest first."""
        return list(self._http.pages("suites/", dataset=self._dataset(dataset)))

    def newest(self, dataset: str) -> Thing | None:
        """What is expected now; None where nothing ever was."""
        found = self._http.get("suites/", dataset=self._dataset(dataset))["results"]
        return found[0] if found else None

    def get(self, suite_id: str) -> Thing:
        found: Thing = self._http.get(f"suites/{suite_id}/")
        return found

    def save(
        self, dataset: str, expectations: Sequence[Mapping[str, Any]], *, reason: str = "", after: int | None = None
    ) -> Thing:
        """Expect this from now on. With `after`, Conflict where another suite was saved since that number was read."""
        body = {"dataset": self._dataset(dataset), "expectations": list(expectations), "reason": reason}
        saved: Thing = self._http.post("suites/", {**body, "after": after})
        return saved

    def attempt(self, dataset: str, expectations: Sequence[Mapping[str, Any]]) -> Thing:
        """What these expectations find in the newest version; nothing is kept."""
        body = {"dataset": self._dataset(dataset), "expectations": list(expectations)}
        found: Thing = self._http.post("suites/try/", body)
        return found

    def suggestions(self, dataset: str) -> Things:
        """What the newest version meets and the suite does not say yet, each with why."""
        found: Things = self._http.get("suites/suggestions/", dataset=self._dataset(dataset))
        return found

    def restore(self, suite_id: str) -> Thing:
        """Expect again what was expected then, as the next suite."""
        restored: Thing = self._http.post(f"suites/{suite_id}/restore/")
        return restored

    def report(self, version_id: str) -> Thing:
        """What came of a version's expectations."""
        found: Thing = self._http.get(f"dataset-versions/{version_id}/validation/")
        return found

    def rows(self, version_id: str, *, limit: int = 50, reason: str = "") -> Thing | None:
        """Rows of the version that fail: those set aside, or of a blocked one the first of each expectation.

        None where none were kept; else as `quarantines.rows`.
        """
        kept = self.report(version_id)["quarantine"]
        return self._client.quarantines.rows(kept, limit=limit, reason=reason) if kept else None

    def _dataset(self, said: str) -> str:
        return str(self._client.datasets.get(said)["id"])


class Contracts(Resource):
    """What is promised of datasets; a dataset is named by its name or id."""

    def list(self, dataset: str) -> Things:
        """All of a dataset, the newest first."""
        return list(self._http.pages("contracts/", dataset=self._client.datasets.get(dataset)["id"]))

    def get(self, contract_id: str) -> Thing:
        found: Thing = self._http.get(f"contracts/{contract_id}/")
        return found

    def publish(self, dataset: str) -> Thing:
        """Promise the dataset's columns, expectations, owner and freshness as they are now."""
        published: Thing = self._http.post("contracts/", {"dataset": self._client.datasets.get(dataset)["id"]})
        return published

    def breach(self, version_id: str) -> Thing:
        """How a version breaks the contract, and who has to see it."""
        found: Thing = self._http.get(f"dataset-versions/{version_id}/breach/")
        return found

    def see(self, version_id: str) -> Thing:
        """Say that one has seen it."""
        seen: Thing = self._http.post(f"dataset-versions/{version_id}/breach/")
        return seen


class Quarantines(Resource):
    """Rows that were set aside. Rows are chosen by `numbers`, by `reason` (an expectation's id), or by `everything`."""

    def list(self, dataset: str = "") -> Things:
        words = {"dataset": self._client.datasets.get(dataset)["id"]} if dataset else {}
        return list(self._http.pages("quarantines/", project=self._project, **words))

    def get(self, quarantine_id: str) -> Thing:
        found: Thing = self._http.get(f"quarantines/{quarantine_id}/")
        return found

    def rows(self, quarantine_id: str, *, offset: int = 0, limit: int = 50, reason: str = "") -> Thing:
        """Columns, and rows with number, reasons and values."""
        asked = {"offset": offset, "limit": limit, "reason": reason}
        found: Thing = self._http.get(f"quarantines/{quarantine_id}/rows/", **asked)
        return found

    def mend(self, quarantine_id: str, column: str, value: str | None, **rows: Any) -> int:
        """Set a column of the chosen rows, None for a missing value; how many there were."""
        answer = self._http.post(f"quarantines/{quarantine_id}/mend/", {"column": column, "value": value, **rows})
        return int(answer["rows"])

    def discard(self, quarantine_id: str, why: str, **rows: Any) -> int:
        """Give the chosen rows up for good; how many there were."""
        answer = self._http.post(f"quarantines/{quarantine_id}/discard/", {"reason_given": why, **rows})
        return int(answer["rows"])

    def replay(self, quarantine_id: str, *, timeout_s: float = 900, **rows: Any) -> Thing:
        """The chosen rows, checked anew, with those of the newest version as the next one; waits for it."""
        version = self._http.post(f"quarantines/{quarantine_id}/replay/", rows)
        made: Thing = wait_for(
            lambda: self._client.datasets.version(version["id"]),
            lambda v: v["state"] == "ready",
            failed=unmade,
            timeout_s=timeout_s,
            what="The replay",
        )
        return made

    def export(self, quarantine_id: str, into: str | Path, *, form: str = "csv") -> Path:
        """All rows with number and reasons as a file, "csv" or "parquet"."""
        return save_stream(self._http, f"quarantines/{quarantine_id}/export/?form={form}", into)
