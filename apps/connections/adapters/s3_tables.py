"""Tables that lie in a bucket, Delta Lake's and Iceberg's: a folder with a log is one table, read as of one version."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apps.connections.adapters import delta, iceberg, table_files
from apps.connections.adapters.files import Alive, Listed, shown
from apps.connections.adapters.s3_wire import Opened
from apps.connections.adapters.table_files import Snapshot
from apps.connections.errors import PlaceMissing, SourceBroken, SourceChanged
from apps.connections.ports import Described, File, Piece, Place, Table, Thing
from foundation import lake
from foundation.folders import held_folder
from foundation.words import kept as _

if TYPE_CHECKING:
    import pyarrow as pa

SAMPLED = 50
# Of a listing's folders, how many are looked into: each costs two questions.
_LOOKED_INTO, _AT_ONCE = 40, 8
_MOST_LISTED, _MOST_PARQUET, _MOST_LOOKED_AT = 1000, 1 << 30, 64 << 20


@dataclass(frozen=True)
class ObjectStore:
    """The bucket, as the logs of tables are read: see `table_files.Store`."""

    opened: Opened
    prefix: str
    scratch: Path
    listing: Callable[[Opened, str], Iterator[Listed]]
    object: Callable[[Opened, str], Listed | None]
    take: Callable[[Opened, int | None, Listed, Path, Alive], tuple[int, bool]]

    def names(self, below: str) -> list[Listed]:
        return list(self.listing(self.opened, below))

    def begins(self, below: str) -> list[str]:
        """The first of the keys that begin so."""
        found = self.opened.sdk.list_objects_v2(Bucket=self.opened.at.bucket, Prefix=below, MaxKeys=_MOST_LISTED)
        return [one["Key"] for one in found.get("Contents", ())]

    def content(self, key: str, most: int) -> bytes:
        with self._fetched(key, most) as path:
            return path.read_bytes()

    def rows(self, key: str, names: Sequence[str]) -> Iterator[dict[str, Any]]:
        columns = [{"name": name, "type": None, "source": name} for name in names]
        with self._fetched(key, _MOST_PARQUET) as path:
            try:
                with lake.sandbox.rows_of(path, "parquet", {"columns": columns, "name": shown(key)}) as rows:
                    for batch in rows:
                        yield from batch.to_pylist()
            except lake.FileRefused as refusal:
                raise SourceBroken(refusal.sentence) from refusal

    @contextmanager
    def _fetched(self, key: str, most: int) -> Iterator[Path]:
        listed = self.object(self.opened, key)
        if listed is None:
            raise SourceChanged(_("%(name)s, which the table needs, is not there.") % {"name": shown(key)})
        if (listed.bytes or 0) > most:
            raise SourceBroken(_("%(name)s is larger than a table's log should be.") % {"name": shown(key)})
        with held_folder(self.scratch, "source-") as folder:
            path = folder / "fetched"
            self.take(self.opened, None, listed, path, lambda: None)
            yield path


def with_tables(store: ObjectStore, folders: Sequence[Thing]) -> list[Thing]:
    """The folders, those that are one table named as such."""
    looked = folders[:_LOOKED_INTO]
    with ThreadPoolExecutor(_AT_ONCE, "source-tables") as pool:
        forms = list(pool.map(lambda thing: _form_of(store, store.prefix + thing.name), looked))
    found = [replace(thing, kind="table") if form else thing for thing, form in zip(looked, forms, strict=True)]
    return [*found, *folders[_LOOKED_INTO:]]


def _form_of(store: ObjectStore, base: str) -> str:
    if any(key.endswith((".json", ".parquet")) for key in store.begins(base + delta.LOG)):
        return "delta"
    names = (key.removeprefix(base + iceberg.METADATA) for key in store.begins(base + iceberg.METADATA))
    return "iceberg" if any(name.endswith(".metadata.json") or ".metadata.json." in name for name in names) else ""


def snapshot_of(store: ObjectStore, place: Place) -> Snapshot | None:
    """The table that a folder is; None where it is a folder of files, or where files of it are picked by a pattern."""
    if not place.name or place.pattern:
        return None
    base = store.prefix + place.name.rstrip("/") + "/"
    form = _form_of(store, base)
    if not form:
        return None
    read = delta.snapshot if form == "delta" else iceberg.snapshot
    return read(store, base, **_wanted(place.options))


def _wanted(options: Mapping[str, Any]) -> dict[str, Any]:
    """Which version was asked for, by its number or by a time."""
    version, as_of = (str(options.get(name, "")).strip() for name in ("version", "as_of"))
    if version and not (version.isascii() and version.isdigit()):
        raise PlaceMissing(_("A version is a number, like 12, and a snapshot a longer one."))
    try:
        at = datetime.fromisoformat(as_of) if as_of else None
    except ValueError as error:
        raise PlaceMissing(_("A time is written like 2026-01-31 12:00.")) from error
    if at is not None and at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return {"version": int(version) if version else None, "as_of": at}


def described(store: ObjectStore, snapshot: Snapshot, said: Mapping[str, str]) -> Described:
    """The table's columns and size, and rows out of its smallest file where that is small enough to be looked into."""
    pin = table_files.pin_of(said, snapshot)
    small = sorted((file for file in snapshot.files if 0 < file.bytes <= _MOST_LOOKED_AT), key=lambda file: file.bytes)
    looked = replace(snapshot, files=small[:1])
    for piece in table_files.pieces_of(table_files.pin_of(said, looked)):
        with store._fetched(small[0].key, _MOST_LOOKED_AT) as path:
            file = File(path, small[0].key, "parquet", small[0].bytes)
            with rows_of(store, piece, iter([file])) as rows:
                return table_files.described(snapshot, pin, _first(rows.batches))
    return table_files.described(snapshot, pin, _none_of(snapshot))


def _first(batches: pa.RecordBatchReader) -> pa.Table:
    import pyarrow as pa

    taken: list[pa.RecordBatch] = []
    for batch in batches:
        taken.append(batch.slice(0, SAMPLED - sum(one.num_rows for one in taken)))
        if sum(one.num_rows for one in taken) >= SAMPLED:
            break
    return pa.Table.from_batches(taken, batches.schema)


def _none_of(snapshot: Snapshot) -> pa.Table:
    import pyarrow as pa

    return pa.table({column.name: pa.nulls(0) for column in snapshot.columns})


@contextmanager
def rows_of(store: ObjectStore, piece: Piece, files: Iterator[File]) -> Iterator[Table]:
    """The rows of a piece's files, without those that were deleted."""
    import pyarrow as pa

    table, more = piece.data["table"], iter(piece.data["more"])
    known: dict[str, Any] = {}
    with ExitStack() as first:
        try:
            file = next(files)
        except (SourceChanged, PlaceMissing) as error:
            raise _gone(table) from error
        _rows, constants, gone = next(more)
        rows = first.enter_context(table_files.opened(file.path, file.name, table, constants))

        def batches() -> Iterator[pa.RecordBatch]:
            yield from _kept(store, table, rows, gone, known)
            first.close()
            try:
                for other, (_rows, held, deleted) in zip(files, more, strict=True):
                    with table_files.opened(other.path, other.name, table, held) as others:
                        yield from _kept(store, table, others, deleted, known)
            except (SourceChanged, PlaceMissing) as error:
                raise _gone(table) from error

        yield Table(pa.RecordBatchReader.from_batches(rows.schema, batches()))


def _kept(
    store: ObjectStore, table: Mapping[str, Any], rows: pa.RecordBatchReader, gone: Any, known: dict[str, Any]
) -> Iterator[pa.RecordBatch]:
    try:
        if not gone:
            yield from rows
        elif table["form"] == "delta":
            yield from table_files.without(rows, delta.deleted_rows(store, gone))
        else:
            yield from table_files.without(rows, iceberg.deleted_rows(store, gone, known))
    except lake.FileRefused as refusal:
        raise SourceBroken(refusal.sentence) from refusal


def _gone(table: Mapping[str, Any]) -> SourceChanged:
    sentence = _("Files of the %(version)s are gone, as after a vacuum or an expiry. Read the newest version instead.")
    return SourceChanged(sentence % {"version": table["says"]})
