"""Training sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sanad.resource import Resource, Thing, Things, id_of
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
        views: Sequence[str | Mapping[str, Any]] = (),
        service: str | None = None,
        keys: Mapping[str, str] | None = None,
        on_demand: Sequence[str | Mapping[str, Any]] = (),
        ignore_known_since: bool = False,
        timeout_s: float = 900,
    ) -> Thing:
        """Labels of a dataset version joined with feature views as of each label's time; waits for the proof.

        Each thing is said by its id or its name: `base_version` like `labels` or `labels@v2`, views as {"view", "keys",
        "features"} or a name alone. `service` is a feature service whose views are taken, joined by `keys` ({join key:
        column of the base version}) where the columns are called otherwise.
        `on_demand` takes ids, or {"id", "request": {request value: base column}, "features": names}.
        Without `features` all columns of the base are some, but for label, event time, group and what holds join keys.
        `ignore_known_since` shows corrections before they were known; the portal records it, and warns.
        """
        body = {
            "project": self._project,
            "name": name,
            "base_version": self._client.datasets.newest(str(base_version)),
            "label": label,
            "features": None if features is None else list(features),
            "event_time": event_time,
            "group": group,
            "window_start": window_start,
            "window_end": window_end,
            **self._taken(views=views, service=service, on_demand=on_demand),
            "keys": dict(keys or {}),
            "ignore_known_since": ignore_known_since,
        }
        made = self._http.post("training-sets/", body)
        return built(self._http, f"training-sets/{made['id']}/", timeout_s, f"The training set {name}")

    def _taken(self, *, views: Any = (), service: Any = None, on_demand: Any = ()) -> Thing:
        """What is joined, each said by its id or name, by its id."""
        client = self._client
        parts = [{"view": one} if isinstance(one, str) else dict(one) for one in views]
        made = [{"id": one} if isinstance(one, str) else dict(one) for one in on_demand]
        return {
            "views": [{**part, "view": id_of(client.features, part["view"])} for part in parts],
            "service": id_of(client.feature_services, service) if service else None,
            "on_demand": [{**part, "id": id_of(client.on_demand, part["id"])} for part in made],
        }

    def preview(self, *, base_version: str, label: str, **definition: Any) -> Thing:
        """What some rows of such a training set would show, in the words of `create`; nothing is kept.

        The same as `report` says of one that is made, its `missing_map` included.
        """
        taken = {word: definition.pop(word) for word in ("views", "service", "on_demand") if word in definition}
        base = self._client.datasets.newest(str(base_version))
        body = {"project": self._project, "base_version": base, "label": label, **definition, **self._taken(**taken)}
        found: Thing = self._http.post("training-sets/preview/", body)
        return found

    def report(self, training_set: str) -> Thing:
        """What was measured of each feature: missing values, its relation to the label, what it foretells alone.

        `missing_map` says when, and together with what, values are missing: {"unit", "moments", "columns": {name: a
        share for each moment}}. Of what you see masked there are no relations, and of fewer than 50 rows no share of
        missing values either.
        """
        found: Thing = self._http.get(f"training-sets/{id_of(self, training_set)}/report/")
        return found

    def get(self, said: str) -> Thing:
        """The training set of this id or name."""
        return self._one("training-sets/", said)

    def remove(self, said: str) -> Thing:
        """Move one that failed or was cancelled (its id or name) into the bin; its number is not given again."""
        asked: Thing = self._http.post(f"training-sets/{self.get(said)['id']}/remove/")
        return asked

    def list(self) -> Things:
        return list(self._http.pages("training-sets/", project=self._project))
