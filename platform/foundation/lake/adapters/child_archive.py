"""In the child: a zip with one table in it, unpacked into the child's own folder, never past its limit."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path, PurePosixPath

from foundation.lake.adapters.child_refusal import Refusal

FORMATS = {
    **dict.fromkeys((".csv", ".tsv", ".txt"), "csv"),
    **dict.fromkeys((".parquet", ".pq"), "parquet"),
    **dict.fromkeys((".jsonl", ".ndjson"), "jsonl"),
    **dict.fromkeys((".arrow", ".feather", ".ipc", ".arrows"), "arrow"),
    **dict.fromkeys((".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"), "excel"),
}
_RATIO = 200
_MEMBERS = 1000
_BLOCK = 1 << 20


def unpacked(path: str, folder: str, limit: int) -> tuple[str, str]:
    """The path of the one table in the archive, and its format."""
    try:
        with zipfile.ZipFile(path) as archive:
            member = _only_table(archive)
            target = Path(folder) / f"unpacked{PurePosixPath(member.filename).suffix.lower()}"
            _unpack(archive, member, target, limit)
            return str(target), FORMATS[target.suffix]
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError) as error:
        raise Refusal("damaged", format="zip") from error
    except RuntimeError as error:
        raise Refusal("zip_encrypted") from error


def _only_table(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = archive.infolist()
    if len(members) > _MEMBERS:
        raise Refusal("zip_many", count=len(members))
    for member in members:
        _check_path(member)
    tables = [m for m in members if not m.is_dir() and not _hidden(m) and _suffix(m) in FORMATS]
    if len(tables) != 1:
        raise Refusal("zip_tables", count=len(tables))
    return tables[0]


def _check_path(member: zipfile.ZipInfo) -> None:
    name = member.filename.replace("\\", "/")
    parts = PurePosixPath(name).parts
    if name.startswith("/") or ".." in parts or ":" in name.split("/")[0]:
        raise Refusal("zip_path", name=member.filename[:120])
    if stat.S_ISLNK(member.external_attr >> 16):
        raise Refusal("zip_link", name=member.filename[:120])


def _hidden(member: zipfile.ZipInfo) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(member.filename).parts)


def _suffix(member: zipfile.ZipInfo) -> str:
    return PurePosixPath(member.filename).suffix.lower()


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, limit: int) -> None:
    """What the archive says of its sizes is not believed: the bytes are counted as they come."""
    written, most = 0, min(limit, max(member.compress_size, 1 << 16) * _RATIO)
    with archive.open(member) as source, target.open("wb") as sink:
        while block := source.read(_BLOCK):
            written += len(block)
            if written > most:
                raise Refusal("zip_bomb", megabytes=most >> 20)
            sink.write(block)
