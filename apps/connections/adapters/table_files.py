"""A table that lies in files with a log beside them: what is read is fixed as a list of its files, and read in pieces.

Each data file is Parquet and is opened in the sandbox; which of its columns is which, and which rows are gone, was
fixed with the pin. Neither Delta Lake nor Iceberg ever changes a data file: one of that name is that content.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from apps.connections.adapters.files import GROUP_BYTES, GROUP_FILES, Listed, shown
from apps.connections.errors import SourceBroken
from apps.connections.ports import Asked, ColumnOf, Described, Piece
from foundation import lake
from foundation.words import kept as _
from foundation.words import kept_many as ngettext

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

MOST_FILES = 1_000_000
_MOST_LISTING = 1 << 31


class Store(Protocol):
    """What of the object store a table's log is read through; keys are whole. Errors are those of the port."""

    def names(self, below: str) -> list[Listed]:
        """The objects whose keys begin so."""

    def content(self, key: str, most: int) -> bytes:
        """An object whole; SourceBroken where it is larger than `most`, PlaceMissing where there is none."""

    def rows(self, key: str, names: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Some columns of a Parquet file of the log, opened in the sandbox; a column that it lacks is None."""


@dataclass(frozen=True)
class TableColumn:
    """A column: `source` says where it lies in a data file (`name`, `id`, `names`), see the child's `child_columns`."""

    name: str
    type: str
    nullable: bool
    source_type: str
    source: Mapping[str, Any]


@dataclass(frozen=True)
class DataFile:
    """A data file: constants for columns that are not in it, and where the numbers of its deleted rows stand."""

    key: str
    bytes: int
    rows: int | None
    constants: Mapping[str, str | None] = field(default_factory=dict)
    deleted: Any = None


@dataclass(frozen=True)
class Snapshot:
    """A table as it was at one version; `says` names it for people, such as “Delta table, version 12”."""

    form: str
    version: str
    says: str
    columns: Sequence[TableColumn]
    files: Sequence[DataFile]

    @property
    def rows(self) -> int | None:
        """None where a file does not say how many it has, or some of them are gone."""
        counts = [file.rows for file in self.files if not file.deleted]
        return None if None in counts or len(counts) < len(self.files) else sum(count or 0 for count in counts)


def pin_of(said: Mapping[str, Any], snapshot: Snapshot) -> str:
    if len(snapshot.files) > MOST_FILES:
        raise too_many()
    files = [[file.key, file.bytes, file.rows, file.constants, file.deleted] for file in snapshot.files]
    text = json.dumps(files, ensure_ascii=False, separators=(",", ":")).encode()
    columns = [[c.name, c.type, c.nullable, c.source_type, c.source] for c in snapshot.columns]
    table = {"form": snapshot.form, "version": snapshot.version, "says": snapshot.says, "columns": columns}
    packed = base64.b85encode(zlib.compress(text, 6)).decode()
    told = {**said, "table": table, "digest": hashlib.sha256(text).hexdigest(), "files": packed}
    return json.dumps(told, ensure_ascii=False)


def pin_since(said: Mapping[str, Any], snapshot: Snapshot, asked: Asked) -> str:
    """As `pin_of`; nothing is left to read where this very version was reached already.

    SourceBroken where the table has moved on: which of its rows are new, its log does not say.
    """
    if not asked.since or asked.cursor:
        return pin_of(said, snapshot)
    if asked.since != version_in(snapshot.form, snapshot.version):
        sentence = _("%(says)s is read as a whole. Choose to replace all rows, or to replace them by their key.")
        raise SourceBroken(sentence % {"says": snapshot.says})
    return pin_of(said, replace(snapshot, files=()))


def reached(pin: str) -> str:
    """Which version of the table was read, as the next `since`."""
    table = json.loads(pin)["table"]
    return version_in(table["form"], table["version"])


def version_in(form: str, version: str) -> str:
    return f"{form} {version}"


def too_many() -> SourceBroken:
    return SourceBroken(_("The table has more than a million files. Compact it first."))


def is_table(pin: str) -> bool:
    return "table" in json.loads(pin)


def pieces_of(pin: str) -> Iterator[Piece]:
    """Small files together, a large one by itself, as the log lists them."""
    said = json.loads(pin)
    unpacked = zlib.decompressobj().decompress(base64.b85decode(said["files"]), _MOST_LISTING)
    groups = list(_groups(json.loads(unpacked)))
    for place, group in enumerate(groups, start=1):
        # As `files` takes them: whatever is fetched has exactly this size.
        listed = [[key, size, "", ""] for key, size, *_rest in group]
        data = {
            "files": listed,
            "more": [[rows, held, gone] for _k, _s, rows, held, gone in group],
            "table": said["table"],
        }
        identity = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
        rows = [row for _k, _s, row, _held, _gone in group]
        total = None if None in rows else sum(rows)
        yield Piece(
            place, identity, _says(place, len(groups), len(group)), sum(size for _k, size, *_r in group), total, data
        )


def _groups(files: Sequence[list[Any]]) -> Iterator[list[list[Any]]]:
    group: list[list[Any]] = []
    size = 0
    for file in files:
        if group and (size + file[1] > GROUP_BYTES or len(group) >= GROUP_FILES):
            yield group
            group, size = [], 0
        group.append(file)
        size += file[1]
    if group:
        yield group


def _says(place: int, count: int, files: int) -> str:
    sentence = ngettext(
        "Part %(place)d of %(count)d: %(files)d file", "Part %(place)d of %(count)d: %(files)d files", files
    )
    return sentence % {"place": place, "count": count, "files": files}


def described(snapshot: Snapshot, pin: str, sample: pa.Table) -> Described:
    columns = [ColumnOf(c.name, c.type, c.nullable, c.source_type) for c in snapshot.columns]
    total, rows = sum(file.bytes for file in snapshot.files), snapshot.rows
    about = sum(file.rows or 0 for file in snapshot.files)
    return Described(
        columns,
        about if rows is None else rows,
        rows is not None,
        total,
        len(snapshot.files),
        sample,
        pin,
        snapshot.says,
    )


@contextmanager
def opened(
    path: Path, name: str, table: Mapping[str, Any], constants: Mapping[str, str | None]
) -> Iterator[pa.RecordBatchReader]:
    """A data file's rows in the table's columns; SourceBroken says what of it cannot be read."""
    columns = [
        {"name": column, "type": kind, **source, **({"constant": constants[column]} if column in constants else {})}
        for column, kind, _nullable, _source_type, source in table["columns"]
    ]
    try:
        with lake.sandbox.rows_of(path, "parquet", {"columns": columns, "name": shown(name)}) as rows:
            yield rows
    except lake.FileRefused as refusal:
        raise SourceBroken(refusal.sentence) from refusal


def without(rows: pa.RecordBatchReader, gone: np.ndarray[Any, Any]) -> Iterator[pa.RecordBatch]:
    """The batches without the rows of these numbers (sorted, from 0), which are counted through the file."""
    import numpy as np
    import pyarrow as pa

    start = 0
    for batch in rows:
        first, last = np.searchsorted(gone, [start, start + batch.num_rows])
        if first == last:
            yield batch
        else:
            kept = np.ones(batch.num_rows, bool)
            kept[gone[first:last] - start] = False
            yield batch.filter(pa.array(kept))
        start += batch.num_rows
