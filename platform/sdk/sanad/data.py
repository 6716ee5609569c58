"""Datasets and their versions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sanad.errors import NotFound, Refused
from sanad.governed import Governed
from sanad.resource import Thing, Things, is_id
from sanad.sources import Folder, WholeFile, digest_of, source_of
from sanad.transport import save_stream, unmade, wait_for

# Bytes so far and all bytes; of a folder then its files so far and all of them.
Told = Callable[..., None]


class Datasets(Governed):
    def list(self) -> Things:
        return list(self._http.pages("datasets/", project=self._project))

    def find(self, name: str) -> Thing | None:
        """The dataset of this name, None where there is none; `at` finds a version, named like `flights@v3`."""
        found = list(self._http.pages("datasets/", project=self._project, name=name))
        if not found:
            self._check_names_no_version(name)
        return found[0] if found else None

    def _check_names_no_version(self, name: str) -> None:
        """Whoever asks for a dataset and names a version of one is told so; None would say that nothing is there."""
        of = name.rpartition("@")[0]
        if of and any(self._http.pages("datasets/", project=self._project, name=of)):
            sentence = f'“{name}” names a version, and no dataset is called so: datasets.at("{name}") finds it.'
            raise NotFound(sentence)

    def newest(self, said: str) -> str:
        """A version's id as it is, or the id of the version that is named so: see `Governed`."""
        return said if is_id(said) else str(self.at(said)["id"])

    def version(self, said: str, *, as_of: str = "") -> Thing:
        """The version that is named so, or with `as_of` what the dataset's newest was then: see `Governed`."""
        return self.at(said, as_of=as_of)

    def edit(self, dataset: str, **words: object) -> Thing:
        """Change `description`, or `freshness_s`: how old the newest version may be in seconds, None for any age.

        What is not named stays; `why` is kept with the description's edition.
        """
        path = f"datasets/{self.get(dataset)['id']}/"
        changed: Thing = self._http.send("PATCH", path, json=words).json()
        return changed

    def estimate(self, size: int, *, dataset: str = "") -> Thing:
        """What reading in a file of `size` bytes will probably take; `dataset` (name or id): as its next version."""
        words = {"dataset": self.get(dataset)["id"]} if dataset else {}
        found: Thing = self._http.get("uploads/estimate/", project=self._project, size=size, **words)
        return found

    def card(self, dataset: str) -> Thing:
        """What people say of the dataset (its name or id), and what evidence says: `markdown` is both as a file."""
        found: Thing = self._http.get(f"datasets/{self.get(dataset)['id']}/card/")
        return found

    def editions(self, dataset: str) -> Things:
        """What the card's text was, the newest edition first."""
        return list(self._http.pages(f"datasets/{self.get(dataset)['id']}/editions/"))

    def restore_card(self, dataset: str, edition: int, *, why: str = "") -> Thing:
        """The text of an earlier edition counts again, as a new one."""
        path = f"datasets/{self.get(dataset)['id']}/restore-card/"
        found: Thing = self._http.post(path, {"edition": edition, "why": why})
        return found

    def versions(self, dataset_id: str) -> Things:
        return list(self._http.pages(f"datasets/{dataset_id}/versions/"))

    def lineage(self, said: str, *, depth: int = 12, direction: str = "both") -> Thing:
        """Where a dataset (its name or id) comes from and what was made of it: nodes and edges, with their columns.

        `direction` is both, below (where from) or above (what of it); `depth` is how many steps.
        """
        query = {"depth": depth, "direction": direction}
        found: Thing = self._http.get(f"datasets/{self.get(said)['id']}/lineage/", **query)
        return found

    def push(
        self,
        path: str | Path | Folder,
        *,
        name: str = "",
        description: str = "",
        review: bool = False,
        options: Mapping[str, Any] | None = None,
        mode: str = "full",
        key: Sequence[str] = (),
        told: Told | None = None,
        timeout_s: float = 900,
    ) -> Thing:
        """Send a file or a folder and wait until it is a version; a new dataset where `name` is new, else its next one.

        Of a folder all tables become one, also out of folders below it: they have to have the same columns.
        `mode` says what becomes of the rows that are there: full, append, or upsert, which replaces those
        of equal `key`.
        """
        source = source_of(path)
        upload = self.upload(source, told=told)
        name = name or Path(source.name).stem
        dataset = self.find(name)
        if dataset is None:
            body = {"project": self._project, "name": name, "description": description}
            dataset = self._http.post("datasets/", body)
        start = {"upload": upload["id"], "review": review, "options": dict(options or {}), **_put(mode, key)}
        version = self._http.post(f"datasets/{dataset['id']}/versions/", start)
        return self.wait(version["id"], timeout_s=timeout_s)

    def pull(
        self,
        connection: str,
        place: str,
        *,
        name: str = "",
        pattern: str = "",
        review: bool = False,
        options: Mapping[str, Any] | None = None,
        mode: str = "full",
        key: Sequence[str] = (),
        timeout_s: float = 3600,
    ) -> Thing:
        """Read what lies at `place` behind a connection (its name or id), and wait until it is a version.

        A new dataset where `name` (without it: the last word of the place) is new, else its next version. `pattern`
        picks files of a folder; `mode` and `key` are those of `push`.
        """
        connection_id = self._client.connections.get(connection)["id"]
        wanted = name or place.rstrip("/").replace("/", ".").rpartition(".")[2]
        dataset = self.find(wanted)
        if dataset is None:
            dataset = self._http.post("datasets/", {"project": self._project, "name": wanted})
        start = {"connection": connection_id, "place": place, "pattern": pattern, "review": review}
        start |= {"options": dict(options or {}), **_put(mode, key)}
        version = self._http.post(f"datasets/{dataset['id']}/versions/", start)
        return self.wait(version["id"], timeout_s=timeout_s)

    def derive(
        self,
        name: str,
        *,
        sql: str,
        inputs: Mapping[str, str],
        description: str = "",
        mode: str = "full",
        key: Sequence[str] = (),
        timeout_s: float = 900,
    ) -> Thing:
        """A version made by SQL over other versions (`inputs`: name in the SQL to version id); waits for its rows.

        `mode` and `key` are those of `push`.
        """
        dataset = self.find(name)
        if dataset is None:
            dataset = self._http.post("datasets/", {"project": self._project, "name": name, "description": description})
        start = {"sql": sql, "inputs": dict(inputs), **_put(mode, key)}
        version = self._http.post(f"datasets/{dataset['id']}/versions/", start)
        return self.wait(version["id"], timeout_s=timeout_s)

    def take(self, version: str, *, name: str, review: bool = False, timeout_s: float = 900) -> Thing:
        """Take over a version (its id), also of another project, as the next version of the dataset `name`."""
        dataset = self.find(name)
        if dataset is None:
            dataset = self._http.post("datasets/", {"project": self._project, "name": name})
        made = self._http.post(f"datasets/{dataset['id']}/versions/", {"dataset_version": version, "review": review})
        return self.wait(made["id"], timeout_s=timeout_s)

    def upload(self, path: str | Path | Folder | WholeFile, *, told: Told | None = None) -> Thing:
        """The bytes of a file, or of a folder as one tar, chunk by chunk; a broken line goes on where it stopped.

        So does another process, where this one is killed: what is announced by the same digest is the same upload.
        """
        source = path if isinstance(path, WholeFile) else source_of(path)
        start = {"project": self._project, "filename": source.name, "size": source.size, "sha256": digest_of(source)}
        upload: Thing = self._http.post("uploads/", start)
        while upload["offset"] < source.size:
            upload = self._chunk(upload, source.read(upload["offset"], upload["chunk_size"]))
            if told is not None:
                told(*source.done(upload["offset"]))
        completed: Thing = self._http.post(f"uploads/{upload['id']}/complete/")
        return completed

    def _chunk(self, upload: Thing, data: bytes) -> Thing:
        headers = {"Upload-Offset": str(upload["offset"]), "Content-Type": "application/octet-stream"}
        try:
            sent: Thing = self._http.put(f"uploads/{upload['id']}/", content=data, headers=headers)
        except Refused as refusal:
            if "offset" not in refusal.details:
                raise
            return {**upload, "offset": refusal.details["offset"]}
        return sent

    def wait(self, version_id: str, *, timeout_s: float = 900) -> Thing:
        return wait_for(
            lambda: self.version(version_id),
            lambda version: version["state"] in {"ready", "review"},
            failed=unmade,
            timeout_s=timeout_s,
            what="The ingestion",
        )

    def pause(self, version_id: str) -> Thing:
        """Halt the reading of a version through a connection; what is in stays."""
        paused: Thing = self._http.post(f"dataset-versions/{version_id}/pause/")
        return paused

    def resume(self, version_id: str) -> Thing:
        resumed: Thing = self._http.post(f"dataset-versions/{version_id}/resume/")
        return resumed

    def commit(self, version_id: str) -> Thing:
        committed: Thing = self._http.post(f"dataset-versions/{version_id}/commit/")
        return committed

    def destroy(
        self, version_id: str, *, confirmation: str, break_chain: bool = False, timeout_s: float = 900
    ) -> Thing:
        """Destroy a version's rows for good and wait until they are; `confirmation` is its name, as `orders v3`.

        Refused where anything was made from it, without `break_chain`.
        """
        body = {"confirmation": confirmation, "break_chain": break_chain}
        self._http.post(f"dataset-versions/{version_id}/destroy/", body)
        return wait_for(
            lambda: self.version(version_id),
            lambda version: version["state"] == "destroyed",
            failed=lambda version: version["failure"] or None,
            timeout_s=timeout_s,
            what="The destruction",
        )

    def download(
        self, version_id: str, into: str | Path, *, form: str = "parquet", exact: bool = False, location: str = ""
    ) -> Path:
        """The version's rows as one file; nothing is left of a download that broke off.

        `form`: parquet, csv, arrow, delta or iceberg, the last two as a zip with the table's folder. `exact` leaves
        text of a CSV as it is where a spreadsheet would take it for a formula; `location` says where the folder of an
        Iceberg table is going to lie.
        """
        asked = urlencode({"form": form, "exact": str(exact).lower(), "location": location})
        return save_stream(self._http, f"dataset-versions/{version_id}/export/?{asked}", into)


def _put(mode: str, key: Sequence[str]) -> Thing:
    """How rows are put to those that are there."""
    return {"mode": mode, "key": [*key]}
