"""Tables of Delta Lake and Iceberg in a bucket, written by the libraries that people write them with."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import deltalake
import pyarrow as pa
import pyarrow.parquet as pq
from pyroaring import BitMap64

MAGIC = 1_681_511_377
_Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"


class DeltaFolder:
    """A Delta table that is written on this machine and then put into a bucket."""

    def __init__(self, folder: Path, put) -> None:
        self.folder, self._put, self._sent = folder, put, set()

    def write(self, table: pa.Table, **words) -> None:
        deltalake.write_deltalake(str(self.folder), table, **words)
        self.send()

    @property
    def table(self):
        return deltalake.DeltaTable(str(self.folder))

    def send(self) -> None:
        for path in sorted(self.folder.rglob("*")):
            name = str(path.relative_to(self.folder))
            if path.is_file() and (name not in self._sent or name.endswith("_last_checkpoint")):
                self._put(name, path.read_bytes())
                self._sent.add(name)

    def commit(self, *actions) -> None:
        """One more version, with just these actions."""
        version = self.table.version() + 1
        text = "\n".join(json.dumps(action) for action in actions)
        (self.folder / "_delta_log" / f"{version:020d}.json").write_text(text)
        self.send()

    def delete_rows(self, numbers, *, inline: bool) -> None:
        """Let the rows of these numbers go from the table's only file, by a deletion vector."""
        [add] = [a["add"] for a in self.log(self.table.version()) if "add" in a]
        vector = MAGIC.to_bytes(4, "little") + BitMap64(numbers).serialize()
        said = {"sizeInBytes": len(vector), "cardinality": len(numbers)}
        if inline:
            said |= {"storageType": "i", "pathOrInlineDv": z85(vector)}
        else:
            framed = len(vector).to_bytes(4, "big") + vector + zlib.crc32(vector).to_bytes(4, "big")
            name = "deletion_vector_00010203-0405-0607-0809-0a0b0c0d0e0f.bin"
            (self.folder / name).write_bytes(b"\1" + framed)
            said |= {"storageType": "u", "pathOrInlineDv": z85(bytes(range(16))), "offset": 1}
        protocol = {
            "minReaderVersion": 3,
            "minWriterVersion": 7,
            "readerFeatures": ["deletionVectors"],
            "writerFeatures": ["deletionVectors"],
        }
        remove = {"path": add["path"], "dataChange": True, "deletionTimestamp": 0}
        self.commit({"protocol": protocol}, {"remove": remove}, {"add": {**add, "deletionVector": said}})

    def log(self, version: int):
        text = (self.folder / "_delta_log" / f"{version:020d}.json").read_text()
        return [json.loads(line) for line in text.splitlines()]


def z85(content: bytes) -> str:
    content += bytes(-len(content) % 4)
    digits = []
    for at in range(0, len(content), 4):
        value = int.from_bytes(content[at : at + 4], "big")
        digits += [_Z85[value // 85**power % 85] for power in (4, 3, 2, 1, 0)]
    return "".join(digits)


def catalogue(folder: Path):
    """A catalogue of Iceberg tables that lie on this machine."""
    from pyiceberg.catalog.sql import SqlCatalog

    found = SqlCatalog("tests", uri="sqlite:///:memory:", warehouse=f"file://{folder}")
    found.create_namespace("shop")
    return found


def send_iceberg(table, put) -> None:
    """The table's files as they are now, under another address than the one that they were written at."""
    home = Path(table.location().removeprefix("file://"))
    for path in sorted(home.rglob("*")):
        if path.is_file():
            put(str(path.relative_to(home)), path.read_bytes())


def delete_by_position(table, path: str, numbers, *, content=None) -> None:
    """One more snapshot of the table, in which rows of one data file are gone by a file of positions (format 2)."""
    from pyiceberg.manifest import (
        DataFile,
        DataFileContent,
        FileFormat,
        ManifestContent,
        ManifestEntry,
        ManifestEntryStatus,
        ManifestWriterV2,
        write_manifest_list,
    )
    from pyiceberg.table.snapshots import Operation, Snapshot, Summary
    from pyiceberg.table.update import AddSnapshotUpdate, SetSnapshotRefUpdate
    from pyiceberg.typedef import Record

    home, io, now = Path(table.location().removeprefix("file://")), table.io, table.current_snapshot()
    gone = home / "data" / f"gone-{len(numbers)}.parquet"
    pq.write_table(pa.table({"file_path": [path] * len(numbers), "pos": pa.array(numbers, pa.int64())}), gone)
    number = now.snapshot_id + 1
    file = DataFile.from_args(
        content=content or DataFileContent.POSITION_DELETES,
        file_path=f"file://{gone}",
        file_format=FileFormat.PARQUET,
        partition=Record(),
        record_count=len(numbers),
        file_size_in_bytes=gone.stat().st_size,
        spec_id=0,
    )
    entry = ManifestEntry.from_args(
        status=ManifestEntryStatus.ADDED,
        snapshot_id=number,
        sequence_number=None,
        file_sequence_number=None,
        data_file=file,
    )

    class Deletes(ManifestWriterV2):
        def content(self):
            return ManifestContent.DELETES

    written = Deletes(
        table.spec(), table.schema(), io.new_output(f"file://{home}/metadata/{number}-m.avro"), number, "null"
    )
    with written as manifest:
        manifest.add_entry(entry)
    place = f"file://{home}/metadata/snap-{number}.avro"
    sequence = table.metadata.last_sequence_number + 1
    with write_manifest_list(2, io.new_output(place), number, now.snapshot_id, sequence, "null") as listed:
        listed.add_manifests([*now.manifests(io), manifest.to_manifest_file()])
    snapshot = Snapshot(
        **{
            "snapshot-id": number,
            "parent-snapshot-id": now.snapshot_id,
            "sequence-number": sequence,
            "timestamp-ms": now.timestamp_ms + 1,
            "manifest-list": place,
            "summary": Summary(Operation.DELETE),
            "schema-id": table.schema().schema_id,
        }
    )
    reference = SetSnapshotRefUpdate(**{"ref-name": "main", "type": "branch", "snapshot-id": number})
    table.catalog.commit_table(table, (), (AddSnapshotUpdate(snapshot=snapshot), reference))
    table.refresh()
