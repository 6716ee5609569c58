"""People who are erased from a project."""

from __future__ import annotations

from pathlib import Path

from sanad.resource import Resource, Thing, Things
from sanad.transport import wait_for


class Erasures(Resource):
    def list(self) -> Things:
        """Erasures of the project, or of every project one may see, newest first."""
        return list(self._http.pages("erasures/", project=self._project or None))

    def get(self, erasure_id: str) -> Thing:
        found: Thing = self._http.get(f"erasures/{erasure_id}/")
        return found

    def preview(self, *, column: str, value: str, dataset: str | None = None) -> Things:
        """Where the person is, as counts alone: {"kind", "id", "name", "rows", "left_to_people"}. Nothing is kept."""
        found: Things = self._http.post("erasures/preview/", self._person(column, value, dataset))
        return found

    def start(self, *, column: str, value: str, dataset: str | None = None, break_chain: bool = False) -> Thing:
        """Begin to erase the person. Refused where runs or models learned from the rows, without `break_chain`."""
        body = {**self._person(column, value, dataset), "break_chain": break_chain}
        begun: Thing = self._http.post("erasures/", body)
        return begun

    def go_on(self, erasure_id: str, *, value: str) -> Thing:
        """Have one that failed or was cancelled go on; the value was not kept, so it is given once more."""
        begun: Thing = self._http.post(f"erasures/{erasure_id}/go-on/", {"value": value})
        return begun

    def wait(self, erasure_id: str, *, timeout_s: float = 3600) -> Thing:
        """Until everything is erased; Refused with its sentence where it failed."""
        return wait_for(
            lambda: self.get(erasure_id),
            lambda erasure: erasure["state"] == "erased",
            failed=lambda erasure: erasure["failure"] if erasure["state"] == "failed" else None,
            timeout_s=timeout_s,
            what="The erasure",
        )

    def summary(self, erasure_id: str, into: str | Path) -> Path:
        """What was erased where, as JSON lines: their SHA-256 is the summary digest that the ledger names."""
        target = Path(into)
        target.write_bytes(self._http.send("GET", f"erasures/{erasure_id}/summary/").content)
        return target

    def _person(self, column: str, value: str, dataset: str | None) -> Thing:
        return {"project": self._project, "column": column, "value": value, "dataset": dataset}
