"""Training sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sanad.resource import Resource, Thing, Things
from sanad.transport import built


class TrainingSets(Resource):
    def create(
        self,
        name: str,
        *,
        base_version: str,
        label: str,
        features: Sequence[str] | None = None,
        event_time: str = "",
        group: str = "",
        window_start: str | None = None,
        window_end: str | None = None,
        views: Sequence[Mapping[str, Any]] = (),
        service: str | None = None,
        keys: Mapping[str, str] | None = None,
        on_demand: Sequence[str | Mapping[str, Any]] = (),
        ignore_known_since: bool = False,
        timeout_s: float = 900,
    ) -> Thing:
        """Labels of a dataset version joined with feature views as of each label's time; waits for the proof.

        `service` is the id of a feature service whose views are taken, joined by `keys` ({join key: column of the base
        version}) where the columns are called otherwise.
        `on_demand` takes ids, or {"id", "request": {request value: base column}, "features": names}.
        `ignore_known_since` shows corrections before they were known; the portal records it, and warns.
        """
        body = {
            "project": self._project,
            "name": name,
            "base_version": base_version,
            "label": label,
            "features": None if features is None else list(features),
            "event_time": event_time,
            "group": group,
            "window_start": window_start,
            "window_end": window_end,
            "views": [dict(view) for view in views],
            "service": service,
            "keys": dict(keys or {}),
            "on_demand": [one if isinstance(one, str) else dict(one) for one in on_demand],
            "ignore_known_since": ignore_known_since,
        }
        made = self._http.post("training-sets/", body)
        return built(self._http, f"training-sets/{made['id']}/", timeout_s, f"The training set {name}")

    def preview(self, *, base_version: str, label: str, **definition: Any) -> Thing:
        """What some rows of such a training set would show, in the words of `create`; nothing is kept.

        See `report`.
        """
        body = {"project": self._project, "base_version": base_version, "label": label, **definition}
        found: Thing = self._http.post("training-sets/preview/", body)
        return found

    def report(self, training_set: str) -> Thing:
        """What was measured of each feature: missing values, its relation to the label, what it foretells alone.

        Of what you see masked there are no relations, and of fewer than 50 rows no share of missing values either.
        """
        found: Thing = self._http.get(f"training-sets/{training_set}/report/")
        return found

    def get(self, said: str) -> Thing:
        """The training set of this id or name."""
        return self._one("training-sets/", said)

    def list(self) -> Things:
        return list(self._http.pages("training-sets/", project=self._project))
