"""Iceberg's metadata, read up to one snapshot (https://iceberg.apache.org/spec/), by what pyiceberg knows of its files.

pyiceberg would fetch by itself, with what the table's own properties tell it; here it is handed bytes alone.
"""

from __future__ import annotations

import io
import json
import re
import zlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from apps.connections.adapters import avro_size, iceberg_types
from apps.connections.adapters.files import shown
from apps.connections.adapters.table_files import DataFile, Snapshot, Store, TableColumn
from apps.connections.errors import PlaceMissing, SourceBroken
from foundation.words import kept as _

METADATA = "metadata/"
_NAMED = re.compile(r"(?:v(\d+)|(\d+)-[0-9a-fA-F-]+)(?:\.gz)?\.metadata\.json(?:\.gz)?")
_MOST_METADATA, _MOST_MANIFEST, _MOST_UNPACKED = 64 << 20, 64 << 20, 512 << 20
_NAMES = "schema.name-mapping.default"


def newest_metadata(names: Iterable[str]) -> str | None:
    """Of the names in `metadata/` that of the newest state of the table, which the number in it says."""
    numbered = [(int(found[1] or found[2]), name) for name in names if (found := _NAMED.fullmatch(name))]
    return max(numbered)[1] if numbered else None


def snapshot(store: Store, base: str, *, version: int | None = None, as_of: datetime | None = None) -> Snapshot:
    """The table below `base` at a snapshot, or as it was at a time; without either, as it is now."""
    name = newest_metadata(file.key.removeprefix(base + METADATA) for file in store.names(base + METADATA))
    if name is None:
        raise SourceBroken(_("The Iceberg table has no metadata that can be read."))
    from pyiceberg.exceptions import ValidationError

    broken = (ValidationError, ValueError, TypeError, LookupError, AttributeError, EOFError, NotImplementedError)
    try:
        return _Table(store, base, name).snapshot(version, as_of)
    except (*broken, StopIteration, OSError, zlib.error) as error:
        raise SourceBroken(
            _("The Iceberg table's metadata cannot be read: it is damaged, or newer than what is known here.")
        ) from error


class _Table:
    def __init__(self, store: Store, base: str, name: str) -> None:
        from pyiceberg.serializers import FromByteStream

        content = store.content(base + METADATA + name, _MOST_METADATA)
        if ".gz" in name:
            unpacker = zlib.decompressobj(wbits=31)
            content = unpacker.decompress(content, _MOST_METADATA)
            if not unpacker.eof:
                raise ValueError("the metadata is cut off or unpacks to too much")
        self._meta = FromByteStream.table_metadata(io.BytesIO(content))
        self._base, self._files = base, _Files(store, base, self._meta.location)

    def snapshot(self, version: int | None, as_of: datetime | None) -> Snapshot:
        found = self._found(version, as_of)
        columns = [self._column(field) for field in self._schema(found).fields]
        files = self._data_files(found) if found else []
        says = _("Iceberg table, snapshot %(snapshot)s") % {"snapshot": found.snapshot_id if found else "–"}
        return Snapshot("iceberg", str(found.snapshot_id) if found else "", says, columns, files)

    def _found(self, version: int | None, as_of: datetime | None) -> Any:
        if as_of is not None:
            before = [entry for entry in self._meta.snapshot_log if entry.timestamp_ms <= as_of.timestamp() * 1000]
            if not before:
                raise PlaceMissing(_("The Iceberg table has no snapshot that is so old."))
            version = before[-1].snapshot_id
        found = self._meta.current_snapshot() if version is None else self._meta.snapshot_by_id(version)
        if found is None and version is not None:
            newest = self._meta.snapshots[-1:]
            at = datetime.fromtimestamp(newest[0].timestamp_ms / 1000, UTC).isoformat(" ", "minutes") if newest else "–"
            raise PlaceMissing(
                _("The Iceberg table has no snapshot %(snapshot)d, or keeps it no more; the newest is of %(at)s.")
                % {"snapshot": version, "at": at}
            )
        return found

    def _schema(self, found: Any) -> Any:
        wanted = found.schema_id if found is not None and found.schema_id is not None else self._meta.current_schema_id
        return next(schema for schema in self._meta.schemas if schema.schema_id == wanted)

    def _column(self, field: Any) -> TableColumn:
        names = self._names().get(field.field_id, ())
        source: dict[str, Any] = {
            "id": field.field_id,
            "names": names,
            "nested": iceberg_types.nested_names(field.field_type),
        }
        if getattr(field, "initial_default", None) is not None:
            source["otherwise"] = str(field.initial_default)
        kind = iceberg_types.sql_type(field.field_type, field.name)
        return TableColumn(field.name, kind, not field.required, shown(str(field.field_type)), source)

    def _names(self) -> dict[int, list[str]]:
        """For files that were not written as Iceberg's: what their columns are called."""
        said = json.loads(self._meta.properties.get(_NAMES, "[]"))
        return {one["field-id"]: list(one["names"]) for one in said if "field-id" in one}

    def _data_files(self, found: Any) -> list[DataFile]:
        from pyiceberg.manifest import DataFileContent

        data: list[tuple[int, int, Any]] = []
        deletes: list[tuple[int, int, Any]] = []
        for manifest in found.manifests(self._files):
            for entry in manifest.fetch_manifest_entry(self._files):
                content = entry.data_file.content
                if content == DataFileContent.EQUALITY_DELETES:
                    raise SourceBroken(
                        _(
                            "Rows of the Iceberg table are deleted by equality, which is not read here. Compact the "
                            "table first."
                        )
                    )
                row = (manifest.partition_spec_id, entry.sequence_number or 0, entry.data_file)
                (data if content == DataFileContent.DATA else deletes).append(row)
        for _spec, _seq, file in [*data, *deletes]:
            if str(getattr(file.file_format, "value", file.file_format)).upper() != "PARQUET":
                sentence = _("The Iceberg table has files of the format %(format)s; Parquet alone is read here.")
                raise SourceBroken(
                    sentence % {"format": shown(str(getattr(file.file_format, "value", file.file_format)))}
                )
        by_partition: dict[Any, list[tuple[int, Any]]] = {}
        for spec, sequence, file in deletes:
            by_partition.setdefault((spec, repr(file.partition)), []).append((sequence, file))
        return [
            self._data_file(file, sequence, by_partition.get((spec, repr(file.partition)), []))
            for spec, sequence, file in data
        ]

    def _data_file(self, file: Any, sequence: int, deletes: list[tuple[int, Any]]) -> DataFile:
        gone = [self._files.key(one.file_path) for at, one in deletes if at >= sequence]
        deleted = {"path": file.file_path, "files": gone} if gone else None
        return DataFile(self._files.key(file.file_path), file.file_size_in_bytes, file.record_count, {}, deleted)


class _Files:
    """What pyiceberg takes for a FileIO: the table's own files, read whole through the store."""

    properties: Mapping[str, str] = {}

    def __init__(self, store: Store, base: str, location: str) -> None:
        self._store, self._base, self._location = store, base, location.rstrip("/") + "/"

    def key(self, location: str) -> str:
        """Where a file lies: below the table, wherever that was when it was written."""
        if not location.startswith(self._location):
            raise SourceBroken(
                _("The Iceberg table has files outside its own folder, at %(place)s; they are not read.")
                % {"place": shown(location)}
            )
        return self._base + location.removeprefix(self._location)

    def new_input(self, location: str) -> _Content:
        content = self._store.content(self.key(location), _MOST_MANIFEST)
        avro_size.check_size(content, _MOST_UNPACKED)
        return _Content(content, location)


class _Content:
    """What pyiceberg takes for an InputFile."""

    def __init__(self, content: bytes, location: str) -> None:
        self._content, self.location = content, location

    def __len__(self) -> int:
        return len(self._content)

    def exists(self) -> bool:
        return True

    def open(self, seekable: bool = True) -> io.BytesIO:
        return io.BytesIO(self._content)


def deleted_rows(store: Store, said: Mapping[str, Any], known: dict[str, Any]) -> Any:
    """The numbers of a data file's deleted rows, sorted; `known` keeps what was read for the other files of a piece."""
    import numpy as np

    found = []
    for key in said["files"]:
        if key not in known:
            rows: dict[str, list[int]] = {}
            for row in store.rows(key, ("file_path", "pos")):
                rows.setdefault(row["file_path"], []).append(row["pos"])
            known[key] = {path: np.array(numbers, np.int64) for path, numbers in rows.items()}
        found.append(known[key].get(said["path"], np.empty(0, np.int64)))
    return np.unique(np.concatenate(found))
