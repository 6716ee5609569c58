from __future__ import annotations

from collections.abc import Sequence

from sanad.resource import Resource, Thing


class Tenant(Resource):
    """The organisation that the token is of."""

    def get(self) -> Thing:
        """Its names, plan and zones; `zone_allowed` says whether its data may lie where the portal stands."""
        found: Thing = self._http.get("tenant/")
        return found

    def edit(self, *, name: str | None = None, name_ar: str | None = None, zones: Sequence[str] | None = None) -> Thing:
        """Change what is given; `zones` are AE-ONSHORE, AE-DIFC, AE-ADGM and ISO 3166 codes of other countries."""
        words = {"name": name, "name_ar": name_ar, "zones": None if zones is None else list(zones)}
        body = {word: value for word, value in words.items() if value is not None}
        changed: Thing = self._http.send("PATCH", "tenant/", json=body).json()
        return changed

    def second_factor_rule(self) -> Thing:
        """Whether members need a second factor (`second_factor`), from when on (`due`), and whether it has come."""
        found: Thing = self._http.get("second-factor-rule/")
        return found

    def ask_for_second_factor(self, *, grace_days: int = 14) -> Thing:
        """Ask every member for one, from so many days from now on (0 to 90). You need one of your own first."""
        return self._set_rule({"second_factor": True, "grace_days": grace_days})

    def ask_for_no_second_factor(self) -> Thing:
        return self._set_rule({"second_factor": False, "grace_days": 0})

    def _set_rule(self, body: dict[str, object]) -> Thing:
        changed: Thing = self._http.send("PATCH", "second-factor-rule/", json=body).json()
        return changed
