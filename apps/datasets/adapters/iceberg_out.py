"""An Iceberg table (format 2) of one snapshot, its metadata written by pyiceberg into memory."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import pyarrow as pa

from apps.datasets.adapters import table_parts


def files(
    batches: Iterable[pa.RecordBatch],
    schema: pa.Schema,
    *,
    folder: str,
    location: str,
    table_id: UUID,
    made_at: datetime,
) -> Iterator[tuple[str, Iterable[bytes]]]:
    """The table's files; Iceberg writes whole addresses, so `location` says where the folder is going to lie."""
    from pyiceberg.io.pyarrow import _pyarrow_to_schema_without_ids, schema_to_pyarrow
    from pyiceberg.schema import assign_fresh_schema_ids

    kinds = [pa.field(one.name, table_parts.plain(one.type, small=False, clock=True)) for one in schema]
    fields = assign_fresh_schema_ids(_pyarrow_to_schema_without_ids(pa.schema(kinds)))
    written = schema_to_pyarrow(fields, include_field_ids=True)
    made = []
    for part in table_parts.parts_of(batches, written):
        yield f"{folder}/data/{part.name}", part.pieces
        made.append(part)
    for name, content in _metadata(fields, made, location.rstrip("/"), table_id, made_at):
        yield f"{folder}/metadata/{name}", [content]


def _metadata(
    fields: Any, parts: list[table_parts.Part], location: str, table_id: UUID, made_at: datetime
) -> Iterator[tuple[str, bytes]]:
    from pyiceberg.manifest import write_manifest, write_manifest_list
    from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC
    from pyiceberg.table.metadata import new_table_metadata
    from pyiceberg.table.sorting import UNSORTED_SORT_ORDER
    from pyiceberg.table.update import AddSnapshotUpdate, SetSnapshotRefUpdate, update_table_metadata

    table = new_table_metadata(fields, UNPARTITIONED_PARTITION_SPEC, UNSORTED_SORT_ORDER, location, {}, table_id)
    number = table_id.int >> 65
    kept, spec = _Memory(), UNPARTITIONED_PARTITION_SPEC
    place = f"{location}/metadata/snap-{number}.avro"
    with write_manifest(
        2, spec, fields, kept.new_output(f"{location}/metadata/{table_id}-m0.avro"), number, "deflate"
    ) as (manifest):
        for part in parts:
            manifest.add_entry(_entry(part, location, number))
    with write_manifest_list(2, kept.new_output(place), number, None, 1, "deflate") as listed:
        listed.add_manifests([manifest.to_manifest_file()])
    snapshot = _snapshot(number, place, int(made_at.timestamp() * 1000), parts)
    reference = SetSnapshotRefUpdate.model_validate(
        {"action": "set-snapshot-ref", "ref-name": "main", "type": "branch", "snapshot-id": number}
    )
    table = update_table_metadata(table, (AddSnapshotUpdate(snapshot=snapshot), reference))
    for where, content in kept.files.items():
        yield where.rpartition("/")[2], content
    yield "v1.metadata.json", table.model_dump_json(exclude_none=True).encode()
    yield "version-hint.text", b"1"


def _entry(part: table_parts.Part, location: str, number: int) -> Any:
    from pyiceberg.manifest import DataFile, DataFileContent, FileFormat, ManifestEntry, ManifestEntryStatus
    from pyiceberg.typedef import Record

    file = DataFile.from_args(
        content=DataFileContent.DATA,
        file_path=f"{location}/data/{part.name}",
        file_format=FileFormat.PARQUET,
        partition=Record(),
        record_count=part.rows,
        file_size_in_bytes=part.size,
        spec_id=0,
    )
    return ManifestEntry.from_args(
        status=ManifestEntryStatus.ADDED,
        snapshot_id=number,
        sequence_number=None,
        file_sequence_number=None,
        data_file=file,
    )


def _snapshot(number: int, place: str, at: int, parts: list[table_parts.Part]) -> Any:
    from pyiceberg.table.snapshots import Operation, Snapshot, Summary

    counts = {"total-records": str(sum(part.rows for part in parts)), "total-data-files": str(len(parts))}
    said = {"snapshot-id": number, "sequence-number": 1, "timestamp-ms": at, "manifest-list": place, "schema-id": 0}
    return Snapshot.model_validate({**said, "summary": Summary(Operation.APPEND, **counts)})


class _Memory:
    """What pyiceberg takes for places to write to; small files alone come here."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def new_output(self, location: str) -> Any:
        return _Kept(self.files, location)


class _Kept:
    def __init__(self, files: dict[str, bytes], location: str) -> None:
        self._files, self.location = files, location

    def __len__(self) -> int:
        return len(self._files[self.location])

    def create(self, overwrite: bool = False) -> _Sink:
        return _Sink(self._files, self.location)


class _Sink(io.BytesIO):
    def __init__(self, files: dict[str, bytes], location: str) -> None:
        super().__init__()
        self._files, self._location = files, location

    def close(self) -> None:
        if not self.closed:
            self._files[self._location] = self.getvalue()
        super().close()
