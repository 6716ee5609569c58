"""What is said of dataset versions: classes of columns, tags, a way back, legal holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sanad.errors import NotFound
from sanad.resource import Resource, Thing, Things, is_id

_AT = re.compile(r"(?P<name>.+)@(?P<at>[^@/]+)")


class Governed(Resource):
    """The acts on versions beside reading and writing their rows.

    A version is named by its id, or as `flights` (the newest), `flights@v3`, `flights@gold`, `flights@2026-01-31`.
    """

    def get(self, said: str) -> Thing:
        """The dataset of this id or name."""
        return self._one("datasets/", said)

    def at(self, said: str, *, as_of: str = "") -> Thing:
        """The version that is named so; `as_of`: what the newest version of the dataset was on a day or at a moment."""
        named = _AT.fullmatch(said)
        if is_id(said) and not as_of:
            found: Thing = self._http.get(f"dataset-versions/{said}/")
            return found
        dataset = self.get(named["name"] if named else said)
        asked = {"as_of": as_of} if as_of else {"at": named["at"] if named else "latest"}
        versions = list(self._http.pages(f"datasets/{dataset['id']}/versions/", **asked))
        if not versions:
            raise NotFound(f"There was no version of {dataset['name']} as of {as_of}.")
        return versions[0]

    def suggestions(self, version: str) -> Things:
        """What is proposed for each column without a class: {"column", "column_class", "share", "reason", …}."""
        found: Things = self._http.get(f"dataset-versions/{self.at(version)['id']}/suggestions/")
        return found

    def classify(self, version: str, classes: Mapping[str, str] | None = None) -> Thing:
        """Say the class of columns ({column: class}); without them every suggestion is taken."""
        body: dict[str, Any] = {"classes": dict(classes) if classes is not None else None}
        said: Thing = self._http.post(f"dataset-versions/{self.at(version)['id']}/classify-many/", body)
        return said

    def tag(self, version: str, tag: str) -> Thing:
        """Give the version a tag; another version of the dataset that had it loses it."""
        said: Thing = self._http.post(f"dataset-versions/{self.at(version)['id']}/tag/", {"tag": tag})
        return said

    def untag(self, version: str, tag: str) -> Thing:
        said: Thing = self._http.post(f"dataset-versions/{self.at(version)['id']}/untag/", {"tag": tag})
        return said

    def roll_back(self, version: str) -> Thing:
        """A new version with the rows of this one, as the newest; nothing is copied."""
        made: Thing = self._http.post(f"dataset-versions/{self.at(version)['id']}/roll-back/")
        return made

    def holds(self) -> Things:
        """Legal holds of the project, or of every project one may see, newest first."""
        return list(self._http.pages("legal-holds/", project=self._project or None))

    def hold(self, version: str = "", *, dataset: str = "", reason: str, until: str | None = None) -> Thing:
        """Place a version, or a whole `dataset`, under legal hold; `until` is its last day (2027-12-31)."""
        named = {"dataset": self.get(dataset)["id"]} if dataset else {"version": self.at(version)["id"]}
        placed: Thing = self._http.post("legal-holds/", {**named, "reason": reason, "until": until})
        return placed

    def release(self, hold_id: str, *, reason: str) -> Thing:
        """End a legal hold."""
        ended: Thing = self._http.post(f"legal-holds/{hold_id}/release/", {"reason": reason})
        return ended
