"""What is used, what it costs, and what limits it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sanad.resource import Resource, Thing, Things


class Usage(Resource):
    """Hourly rows and their sums. Months are written like 2026-03; without one it is the present."""

    def hours(self, *, month: str = "", project: str = "", person: str = "") -> Iterator[Thing]:
        """Each hour of one kind for one thing, the newest first; `cost` in AED."""
        yield from self._http.pages("usage/", **_asked(month=month, project=project, person=person))

    def summary(self, *, by: str = "project", month: str = "", project: str = "", person: str = "") -> Thing:
        """Sums by project, person or model; its lines make up its total."""
        asked = _asked(by=by, month=month, project=project, person=person)
        found: Thing = self._http.get("usage/summary/", **asked)
        return found

    def chargeback(self, *, month: str = "") -> Thing:
        """What each project owes for a month."""
        found: Thing = self._http.get("usage/chargeback/", **_asked(month=month))
        return found


class Quotas(Resource):
    """The most that the tenant, or a project, uses at a time."""

    def list(self) -> Things:
        found: Things = self._http.get("quotas/")
        return found

    def set(self, *, project: str = "", **limits: float | None) -> Thing:
        """Set or replace one: cpus, memory_mb, gpus, concurrent_runs, storage_bytes, requests_per_second.

        Storage counts dataset versions, files on their way in, model versions, files that MLflow's client logged and
        logs of runs; not training sets, feature tables, the inference log and archives of the tenant.
        """
        body: dict[str, Any] = {"project": project or None, **limits}
        made: Thing = self._http.post("quotas/", body)
        return made

    def remove(self, quota_id: str) -> None:
        self._http.send("DELETE", f"quotas/{quota_id}/")


class Budgets(Resource):
    """What the tenant, or a project, means to spend a month in AED."""

    def list(self) -> Things:
        found: Things = self._http.get("budgets/")
        return found

    def set(self, *, project: str = "", soft_limit: str | None = None, hard_limit: str | None = None) -> Thing:
        """Set or replace one; amounts as decimal text, like "1500.00"."""
        body = {"project": project or None, "soft_limit": soft_limit, "hard_limit": hard_limit}
        made: Thing = self._http.post("budgets/", body)
        return made

    def remove(self, budget_id: str) -> None:
        self._http.send("DELETE", f"budgets/{budget_id}/")


class Prices(Resource):
    """The price list in AED."""

    def list(self) -> Things:
        found: Things = self._http.get("prices/")
        return found

    def set(self, item: str, amount: str, *, valid_from: str | None = None) -> Thing:
        """A price from a full hour on (ISO 8601); without one, from the next."""
        made: Thing = self._http.post("prices/", {"item": item, "amount": amount, "valid_from": valid_from})
        return made

    def take_back(self, price_id: str) -> None:
        """Of one that does not hold yet."""
        self._http.send("DELETE", f"prices/{price_id}/")


def _asked(**words: str) -> dict[str, str]:
    return {name: word for name, word in words.items() if word}
