"""What is said of dataset versions: classes of columns, tags, a way back, legal holds."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sanad.errors import NotFound
from sanad.resource import Resource, Thing, Things, is_id

_AT = re.compile(r"(?P<name>.+)@(?P<at>[^@/]+)")
_NUMBER = re.compile(r"(?P<name>.+)(?:/v?| v)(?P<at>\d+)")


class Governed(Resource):
    """The acts on versions beside reading and writing their rows.

    A version is named by its id, or as `flights` (the newest), `flights@v3`, `flights@gold`, `flights@2026-01-31`;
    its number also as a model's is: `flights/3` or `flights v3`.
    """

    def get(self, said: str) -> Thing:
        """The dataset of this id or name."""
        return self._one("datasets/", said)

    def at(self, said: str, *, as_of: str = "") -> Thing:
        """The version that is named so; `as_of`: what the newest version of the dataset was on a day or at a moment."""
        if is_id(said) and not as_of:
            found: Thing = self._http.get(f"dataset-versions/{said}/")
            return found
        dataset, at = self._named(said)
        asked = {"as_of": as_of} if as_of else {"at": at}
        versions = list(self._http.pages(f"datasets/{dataset['id']}/versions/", **asked))
        if not versions:
            raise NotFound(f"There was no version of {dataset['name']} as of {as_of}.")
        return versions[0]

    def _named(self, said: str) -> tuple[Thing, str]:
        """The dataset and what is said of its version. A dataset may itself be called like a version of another one."""
        if named := _AT.fullmatch(said):
            return self.get(named["name"]), named["at"]
        try:
            return self.get(said), "latest"
        except NotFound as error:
            if not (numbered := _NUMBER.fullmatch(said)):
                raise NotFound(f"{error.sentence} A version is said as NAME@v3, NAME@TAG or NAME@2026-01-31.") from None
            return self.get(numbered["name"]), f"v{numbered['at']}"

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

    def diff(self, version: str, before: str, *, key: Sequence[str] = (), kind: str = "", offset: int = 0) -> Thing:
        """What changed in the version since another one: {"columns", "rows", "examples", "same_rows"}.

        Rows are told apart by the columns of `key`; without it by one that names every row, where there is one.
        `kind` (added, removed, changed) picks examples, `offset` passes over so many.
        """
        asked = {"before_version": self.at(before)["id"], "key": list(key), "kind": kind or None, "offset": offset}
        found: Thing = self._http.get(f"dataset-versions/{self.at(version)['id']}/diff/", **asked)
        return found

    def roll_back(self, version: str) -> Thing:
        """A new version with the rows of this one, as the newest; nothing is copied."""
        made: Thing = self._http.post(f"dataset-versions/{self.at(version)['id']}/roll-back/")
        return made

    def retention(self, dataset: str) -> Thing:
        """The rule of a dataset and what becomes of each version by it: {"keep_newest", "keep_days", "fates"}."""
        found: Thing = self._http.get(f"datasets/{self.get(dataset)['id']}/retention/")
        return found

    def set_retention(
        self, dataset: str, *, keep_newest: int | None = None, keep_days: int | None = None, preview: bool = False
    ) -> Thing:
        """Keep so many of the newest versions and those of the last days; `preview` changes nothing."""
        path = f"datasets/{self.get(dataset)['id']}/retention/"
        limits = {"keep_newest": keep_newest, "keep_days": keep_days}
        said: Thing = self._http.post(f"{path}preview/", limits) if preview else self._http.put(path, json=limits)
        return said

    def destroy_token_key(self, *, confirmation: str) -> None:
        """Destroy the key behind all tokens; `confirmation` is the organisation's short name.

        Nobody can tell any more whose they are, nor try a value out; columns that are tokenised later have a new key.
        """
        self._http.post("column-tokens/destroy-key/", {"confirmation": confirmation})

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
