"""Approvals, monitoring, reports and the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sanad.resource import Resource, Thing, Things
from sanad.transport import unmade, wait_for


class Approvals(Resource):
    def list(self, *, state: str | None = "open") -> Things:
        return list(self._http.pages("approvals/", state=state))

    def get(self, case_id: str) -> Thing:
        found: Thing = self._http.get(f"approvals/{case_id}/")
        return found

    def decide(self, case_id: str, verdict: str, *, reason: str) -> Thing:
        """`verdict` is "granted" or "refused"; the decision names the digest it is about."""
        decided: Thing = self._http.post(f"approvals/{case_id}/decide/", {"verdict": verdict, "reason": reason})
        return decided


class Monitoring(Resource):
    def list(self) -> Things:
        return list(self._http.pages("monitors/", project=self._project))

    def drift(self, monitor_id: str) -> Things:
        """Each feature in each month against the reference: {"feature", "window", "psi", "level", "rows", …}."""
        found: Things = self._http.get(f"monitors/{monitor_id}/drift/")
        return found

    def alerts(self, *, state: str | None = None) -> Things:
        return list(self._http.pages("alerts/", project=self._project, state=state))

    def replay(self, *, deployment: str, training_set: str, per_second: float = 20, stride: int = 10) -> Thing:
        """Send a training set's rows to a deployment as if they came now, in the order of their event time."""
        body = {"deployment": deployment, "training_set": training_set, "per_second": per_second, "stride": stride}
        made: Thing = self._http.post("replays/", body)
        return made

    def replays(self) -> Things:
        return list(self._http.pages("replays/", project=self._project))

    def get_replay(self, replay_id: str) -> Thing:
        found: Thing = self._http.get(f"replays/{replay_id}/")
        return found

    def change_replay(self, replay_id: str, **changes: Any) -> Thing:
        """`state` playing or paused, `per_second`, `restart`."""
        changed: Thing = self._http.send("PATCH", f"replays/{replay_id}/", json=changes).json()
        return changed

    def acknowledge(self, alert_id: str, note: str = "") -> Thing:
        seen: Thing = self._http.post(f"alerts/{alert_id}/acknowledge/", {"note": note})
        return seen

    def acknowledge_all(self, monitor_id: str, *, month: str | None = None, note: str = "") -> int:
        """Acknowledge the open alerts of a month (`2013-12`), or of every month; how many they were."""
        done = self._http.post(f"monitors/{monitor_id}/acknowledge/", {"month": month, "note": note})
        return int(done["acknowledged"])


class Reports(Resource):
    def create(self, *, model_version: str, timeout_s: float = 120) -> Thing:
        """A compliance report of a model version's chain; waits until HTML and PDF are there."""
        made = self._http.post("reports/", {"project": self._project, "model_version": model_version})
        return wait_for(
            lambda: self._http.get(f"reports/{made['id']}/"),
            lambda report: report["state"] == "ready",
            failed=unmade,
            timeout_s=timeout_s,
            what="The report",
        )

    def download(self, report_id: str, into: str | Path, *, form: str = "pdf") -> Path:
        target = Path(into)
        target.write_bytes(self._http.send("GET", f"reports/{report_id}/{form}/").content)
        return target


class Ledger(Resource):
    def verify(self) -> Thing:
        """The portal's own check of the tenant's chain: {"ok", "entries", "fault"}."""
        found: Thing = self._http.post("ledger/verify/")
        return found

    def events(self, **filters: Any) -> Things:
        return list(self._http.pages("ledger/", **filters))

    def export(self, into: str | Path) -> Path:
        """The whole ledger as JSON lines, for sanad-verify."""
        target = Path(into)
        target.write_bytes(self._http.send("GET", "ledger/export/").content)
        return target

    def public_key(self, into: str | Path) -> Path:
        """The public key that checkpoints are signed with."""
        target = Path(into)
        target.write_bytes(self._http.send("GET", "ledger/key/").content)
        return target

    def anchor(self, into: str | Path) -> Path:
        """The anchor file as the portal keeps it; an auditor compares it with the copy that went elsewhere."""
        target = Path(into)
        target.write_bytes(self._http.send("GET", "ledger/anchor/").content)
        return target
