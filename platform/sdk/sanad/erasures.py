"""People who are erased from a project."""

from __future__ import annotations

from collections.abc import Sequence
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

    def preview_in_projects(self, *, column: str, value: str, projects: Sequence[str] | None = None) -> Things:
        """Where the person is in these projects, or in all that one may erase from. Nothing is kept.

        Of each {"project", "state", "sentence", "reached"}: `state` is found, nowhere or refused.
        """
        body = {"projects": _listed(projects), "column": column, "value": value}
        found: Things = self._http.post("erasures/in-projects/preview/", body)
        return found

    def start_in_projects(
        self, *, column: str, value: str, projects: Sequence[str] | None = None, break_chain: bool = False
    ) -> Things:
        """Begin to erase the person from these projects, or from all that one may erase from.

        Of each {"project", "state", "sentence", "erasure"}: `state` is begun, nowhere or refused, and `erasure` the one
        that was begun there. Refused where none begins.
        """
        person = {"column": column, "value": value, "break_chain": break_chain}
        begun: Things = self._http.post("erasures/in-projects/", {"projects": _listed(projects), **person})
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

    def certificate(self, erasure_id: str, into: str | Path, *, form: str = "pdf") -> Path:
        """What certifies that the person was erased, as "pdf", "html" or "json"; Refused before it has ended."""
        target, asked = Path(into), {"form": form}
        target.write_bytes(self._http.send("GET", f"erasures/{erasure_id}/certificate/", params=asked).content)
        return target

    def _person(self, column: str, value: str, dataset: str | None) -> Thing:
        return {"project": self._project, "column": column, "value": value, "dataset": dataset}


def _listed(projects: Sequence[str] | None) -> list[str] | None:
    return None if projects is None else list(projects)
