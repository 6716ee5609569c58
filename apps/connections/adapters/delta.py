"""Delta Lake's log, read up to one version (https://github.com/delta-io/delta/blob/master/PROTOCOL.md).

Read here and not by a library: those call out by themselves and open data files in this process. What the protocol
version or a table feature asks of a reader beyond what stands here is refused by its name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from apps.connections.adapters import deletions
from apps.connections.adapters.files import shown
from apps.connections.adapters.table_files import MOST_FILES, DataFile, Snapshot, Store, TableColumn, too_many
from apps.connections.errors import PlaceMissing, SourceBroken
from foundation.quoting import identifier
from foundation.words import kept as _

LOG = "_delta_log/"
_COMMIT = re.compile(r"(\d{20})\.json")
_CHECKPOINT = re.compile(r"(\d{20})\.checkpoint(?:\.(\d{10})\.(\d{10}))?\.parquet")
_MOST_COMMIT, _MOST_VECTORS = 256 << 20, 256 << 20
# What of a table's features a reader has to know.
_KNOWN = {"columnMapping", "deletionVectors", "timestampNtz", "typeWidening", "typeWidening-preview", "v2Checkpoint"}
_KNOWN |= {"vacuumProtocolCheck"}
_NEWEST_PLAIN = 2
_TYPES = {
    "string": "VARCHAR", "long": "BIGINT", "integer": "INTEGER", "short": "SMALLINT", "byte": "TINYINT",
    "float": "FLOAT", "double": "DOUBLE", "boolean": "BOOLEAN", "binary": "BLOB", "date": "DATE",
    "timestamp": "TIMESTAMP WITH TIME ZONE", "timestamp_ntz": "TIMESTAMP",
}  # fmt: skip
_DECIMAL = re.compile(r"decimal\((\d+),\s*(-?\d+)\)")


@dataclass
class _State:
    """What the log says so far; files by path and vector, since the same file comes again when its rows go."""

    protocol: Mapping[str, Any] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)
    files: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)

    def take(self, action: Mapping[str, Any]) -> None:
        if action.get("protocol"):
            self.protocol = action["protocol"]
        if action.get("metaData"):
            self.meta = action["metaData"]
        if action.get("remove"):
            self.files.pop(_known_by(action["remove"]), None)
        if action.get("add"):
            self.files[_known_by(action["add"])] = _kept(action["add"])
        if len(self.files) > MOST_FILES:
            raise too_many()


def _kept(file: Mapping[str, Any]) -> dict[str, Any]:
    """What is needed of a file: its statistics, which are most of a log, no longer than to see how many rows it has."""
    try:
        rows = json.loads(file.get("stats") or "{}").get("numRecords")
    except (ValueError, RecursionError):
        rows = None
    return {**{name: file.get(name) for name in ("path", "size", "partitionValues", "deletionVector")}, "rows": rows}


def _known_by(file: Mapping[str, Any]) -> tuple[str, str]:
    vector = file.get("deletionVector") or {}
    return str(
        file["path"]
    ), f"{vector.get('storageType', '')}{vector.get('pathOrInlineDv', '')}@{vector.get('offset')}"


def snapshot(store: Store, base: str, *, version: int | None = None, as_of: datetime | None = None) -> Snapshot:
    """The table below `base` at a version, or as it was at a time; without either, the newest."""
    try:
        return _snapshot(store, base, version, as_of)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SourceBroken(_("The Delta table's log is damaged, or newer than what is known here.")) from error


def _snapshot(store: Store, base: str, version: int | None, as_of: datetime | None) -> Snapshot:
    log = _Log(store, base)
    wanted = log.newest if version is None else version
    if as_of is not None:
        wanted = log.version_at(as_of)
    state = log.state_at(wanted)
    _check_protocol(state.protocol)
    columns, partitions = _columns(state.meta)
    files = [_data_file(store, base, file, partitions) for file in state.files.values()]
    says = _("Delta table, version %(version)d") % {"version": wanted}
    return Snapshot("delta", str(wanted), says, columns, files)


class _Log:
    def __init__(self, store: Store, base: str) -> None:
        self._store, self._base = store, base + LOG
        names = [file.key.removeprefix(self._base) for file in store.names(self._base)]
        self._commits = sorted(int(found[1]) for name in names if (found := _COMMIT.fullmatch(name)))
        self._checkpoints: dict[int, list[str]] = {}
        for name in names:
            if found := _CHECKPOINT.fullmatch(name):
                self._checkpoints.setdefault(int(found[1]), []).append(name)
        if not self._commits and not self._checkpoints:
            raise SourceBroken(_("The Delta table's log holds no version."))

    @property
    def newest(self) -> int:
        return max([*self._commits[-1:], *self._checkpoints])

    def version_at(self, when: datetime) -> int:
        for version in reversed(self._commits):
            said: Mapping[str, Any] = next((a["commitInfo"] for a in self._commit(version) if a.get("commitInfo")), {})
            at = said.get("inCommitTimestamp") or said.get("timestamp")
            if at is not None and int(at) <= when.timestamp() * 1000:
                return version
        raise PlaceMissing(
            _("The Delta table has no version that is so old, or its log does not say when it was made.")
        )

    def state_at(self, wanted: int) -> _State:
        begun = max((v for v in self._checkpoints if v <= wanted and self._whole(v)), default=-1)
        needed = range(begun + 1, wanted + 1)
        if wanted < 0 or wanted > self.newest or not set(needed) <= set(self._commits):
            raise PlaceMissing(
                _(
                    "The Delta table has no version %(version)d, or its log does not reach back so far; the newest is "
                    "%(newest)d."
                )
                % {"version": wanted, "newest": self.newest}
            )
        state = _State()
        if begun >= 0:
            for name in sorted(self._checkpoints[begun]):
                for action in self._store.rows(self._base + name, ("protocol", "metaData", "add")):
                    state.take(_as_dicts(action))
        for version in needed:
            for action in self._commit(version):
                state.take(action)
        return state

    def _whole(self, version: int) -> bool:
        """Whether every part of a checkpoint is there."""
        parts = [_CHECKPOINT.fullmatch(name) for name in self._checkpoints[version]]
        if any(part and part[3] is None for part in parts):
            self._checkpoints[version] = [part[0] for part in parts if part and part[3] is None]
            return True
        return bool(parts and parts[0] and len(parts) == int(parts[0][3]))

    def _commit(self, version: int) -> Iterator[dict[str, Any]]:
        for line in self._store.content(f"{self._base}{version:020d}.json", _MOST_COMMIT).splitlines():
            if line.strip():
                try:
                    action = json.loads(line)
                except (ValueError, RecursionError) as error:
                    raise _unread(version) from error
                if not isinstance(action, dict):
                    raise _unread(version)
                yield action


def _unread(version: int) -> SourceBroken:
    return SourceBroken(_("Version %(version)d of the Delta table's log cannot be read.") % {"version": version})


def _as_dicts(action: Mapping[str, Any]) -> dict[str, Any]:
    """A checkpoint's row as the log has it: maps come out of Parquet as pairs."""
    found: dict[str, Any] = {}
    for name, said in action.items():
        if said is not None and any(value is not None for value in said.values()):
            found[name] = {key: dict(value) if _is_map(key, value) else value for key, value in said.items()}
    return found


def _is_map(key: str, value: Any) -> bool:
    return key in {"partitionValues", "configuration", "tags"} and isinstance(value, list)


def _check_protocol(protocol: Mapping[str, Any]) -> None:
    reader = int(protocol.get("minReaderVersion") or 1)
    features = set(protocol.get("readerFeatures") or ()) if reader > _NEWEST_PLAIN else set()
    if reader > 3:
        features.add(f"reader version {reader}")
    if unknown := sorted(features - _KNOWN):
        sentence = _("The Delta table asks of its reader what is not known here: %(features)s.")
        raise SourceBroken(sentence % {"features": shown(", ".join(unknown))})


def _columns(meta: Mapping[str, Any]) -> tuple[list[TableColumn], dict[str, str]]:
    """The columns, and of those that the table is parted by the name in the log with the name of the column."""
    if not meta or (meta.get("format") or {}).get("provider", "parquet") != "parquet":
        raise SourceBroken(_("The Delta table does not say what its columns are, or its files are no Parquet."))
    mode = (meta.get("configuration") or {}).get("delta.columnMapping.mode", "none")
    try:
        fields = json.loads(meta["schemaString"])["fields"]
        parted = list(meta.get("partitionColumns") or ())
        found, partitions = [], dict[str, str]()
        for one in fields:
            physical = one.get("metadata", {}).get("delta.columnMapping.physicalName", one["name"])
            source: dict[str, Any] = {"source": physical if mode != "none" else one["name"]}
            if mode == "id":
                source["id"] = one["metadata"]["delta.columnMapping.id"]
            if mode != "none":
                _check_nested(one["name"], one["type"])
            found.append(
                TableColumn(
                    one["name"],
                    sql_type(one["type"], one["name"]),
                    bool(one.get("nullable", True)),
                    _shown_type(one["type"]),
                    source,
                )
            )
            if one["name"] in parted:
                partitions[source["source"]] = one["name"]
    except (KeyError, TypeError, ValueError) as error:
        raise SourceBroken(
            _("The Delta table does not say what its columns are, or its files are no Parquet.")
        ) from error
    return found, partitions


def _check_nested(column: str, kind: Any) -> None:
    """Parts of a column that the files call otherwise than the table does would come out empty."""
    if isinstance(kind, dict):
        for part in kind.get("fields", ()):
            if part.get("metadata", {}).get("delta.columnMapping.physicalName", part["name"]) != part["name"]:
                sentence = _(
                    "Parts of the column “%(column)s” have other names in the table's files; this is not read yet."
                )
                raise SourceBroken(sentence % {"column": shown(column)})
            _check_nested(column, part["type"])
        for name in ("elementType", "keyType", "valueType"):
            _check_nested(column, kind.get(name))


def sql_type(kind: Any, column: str) -> str:
    """The lake's type for one of Delta's; SourceBroken names the column of another."""
    if isinstance(kind, str):
        if found := _DECIMAL.fullmatch(kind):
            return f"DECIMAL({found[1]},{found[2]})"
        if kind in _TYPES:
            return _TYPES[kind]
    elif kind.get("type") == "array":
        return f"{sql_type(kind['elementType'], column)}[]"
    elif kind.get("type") == "map":
        return f"MAP({sql_type(kind['keyType'], column)}, {sql_type(kind['valueType'], column)})"
    elif kind.get("type") == "struct" and kind["fields"]:
        parts = (f"{identifier(part['name'])} {sql_type(part['type'], column)}" for part in kind["fields"])
        return f"STRUCT({', '.join(parts)})"
    sentence = _("The column “%(column)s” is of the type %(type)s, which no dataset holds.")
    raise SourceBroken(sentence % {"column": shown(column), "type": shown(_shown_type(kind))})


def _shown_type(kind: Any) -> str:
    return kind if isinstance(kind, str) else str(kind.get("type", "?"))


def _data_file(store: Store, base: str, file: Mapping[str, Any], partitions: Mapping[str, str]) -> DataFile:
    values = file.get("partitionValues") or {}
    constants = {column: values.get(name) or None for name, column in partitions.items()}
    vector = file.get("deletionVector")
    return DataFile(
        _key(base, str(file["path"])),
        int(file["size"]),
        file["rows"],
        constants,
        _vector(base, vector) if vector else None,
    )


def _key(base: str, path: str) -> str:
    """Where a file lies: below the table, as tables name their own files; a whole address belongs to another one."""
    if urlsplit(path).scheme or path.startswith("/"):
        raise SourceBroken(_("The Delta table uses files of another table (a shallow clone); this is not read."))
    return base + unquote(path)


def _vector(base: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """Where the numbers of deleted rows stand: inside the log itself, or in a file of their own."""
    where, kind = str(said["pathOrInlineDv"]), said["storageType"]
    found = {
        "size": int(said["sizeInBytes"]),
        "count": int(said["cardinality"]),
        "offset": int(said.get("offset") or 0),
    }
    if kind == "i":
        return {**found, "inline": where}
    if kind != "u":
        raise SourceBroken(_("The Delta table uses files of another table (a shallow clone); this is not read."))
    raw, folder = deletions.from_z85(where[-20:]).hex(), where[:-20]
    name = f"deletion_vector_{raw[:8]}-{raw[8:12]}-{raw[12:16]}-{raw[16:20]}-{raw[20:]}.bin"
    return {**found, "file": f"{base}{folder + '/' if folder else ''}{name}"}


def deleted_rows(store: Store, said: Mapping[str, Any]) -> deletions.Positions:
    """The numbers of a data file's deleted rows."""
    if "inline" in said:
        return deletions.positions(deletions.from_z85(said["inline"])[: said["size"]], count=said["count"])
    content = store.content(said["file"], _MOST_VECTORS)
    return deletions.positions(deletions.in_file(content, said["offset"], said["size"]), count=said["count"])
