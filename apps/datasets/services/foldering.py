"""A folder of files that came as one tar: small ones are read many at a time, large ones each by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from apps.datasets.choices import FORMAT_OF_ENDING, FileFormat
from apps.datasets.errors import FileRefused
from apps.datasets.services.unpacking import SourceFile, opened
from foundation import lake
from foundation.words import kept as _

if TYPE_CHECKING:
    from foundation.lake.adapters.tar_members import Member

# A child holds a small file whole; a large one is worth a child of its own, which streams it.
_SMALL = 8 << 20
# Gathered at once: types are found over all of them. Text lies once more on the child's disk.
_AT_ONCE_BYTES, _AT_ONCE_FILES = 2 << 30, 250_000
_TOGETHER = frozenset({FileFormat.CSV, FileFormat.JSON_LINES, FileFormat.PARQUET, FileFormat.ARROW})
_PIECE = 1 << 20


def tables_in(
    file: SourceFile,
    folder: Path,
    options: Mapping[str, Any],
    told: Callable[[int], None] = lambda _files: None,
) -> Iterator[lake.UserFile]:
    """What is to be read, one after the other: the file itself, or the files of a folder in their order.

    `told` hears how many files of the folder were handed out. FileRefused names one that cannot become rows.
    """
    if file.format is not FileFormat.FOLDER:
        yield _user_file(file, options)
        return
    count, run = 0, _Run()
    for member in lake.sandbox.members_of(file.path, file.name):
        kind = _format_of(member.name, file.name)
        alone = kind not in _TOGETHER or member.size > _SMALL
        count += 1
        if run.files and (alone or not run.takes(member, kind)):
            told(count - 1)
            yield run.as_file(file, options)
            run = _Run()
        if not alone:
            run.take(member, kind)
            continue
        told(count)
        yield _user_file(_taken_out(file, member, folder), options)
    if run.files:
        told(count)
        yield run.as_file(file, options)
    if not count:
        raise FileRefused(_("“%(name)s” holds no file that can become a table.") % {"name": file.name})


class _Run:
    """Neighbours of one format that are read as one."""

    def __init__(self) -> None:
        self.files, self.kind, self._bytes, self._first, self._until = 0, FileFormat.CSV, 0, "", 0
        self._start = 0

    def takes(self, member: Member, kind: FileFormat) -> bool:
        return kind == self.kind and self.files < _AT_ONCE_FILES and self._bytes + member.size <= _AT_ONCE_BYTES

    def take(self, member: Member, kind: FileFormat) -> None:
        if not self.files:
            self.kind, self._first, self._start = kind, member.name, member.start
        self.files, self._bytes, self._until = self.files + 1, self._bytes + member.size, member.end

    def as_file(self, file: SourceFile, options: Mapping[str, Any]) -> lake.UserFile:
        name = f"{file.name} › {self._first}" + (f" … (+{self.files - 1})" if self.files > 1 else "")
        where = {"members": {"start": self._start, "until": self._until}}
        return lake.UserFile(file.path, self.kind.value, name, {**options, **where})  # type: ignore[arg-type]


def _format_of(name: str, title: str) -> FileFormat:
    found = FORMAT_OF_ENDING.get(PurePosixPath(name.lower().removesuffix(".gz")).suffix)
    if found is None or found is FileFormat.FOLDER:
        sentence = _(
            "“%(file)s” in “%(folder)s” is not of a kind that can become rows. Leave it out and send the rest."
        )
        raise FileRefused(sentence % {"file": name, "folder": title}, details={"file": name})
    return found


def _taken_out(file: SourceFile, member: Member, folder: Path) -> SourceFile:
    """The member as a file of its own; the one before is gone."""
    target = folder / "member"
    with file.path.open("rb") as tar, target.open("wb") as alone:
        tar.seek(member.offset)
        left = member.size
        while piece := tar.read(min(_PIECE, left)):
            alone.write(piece)
            left -= len(piece)
    name = f"{file.name} › {member.name}"
    return opened(target, name, folder) if name.lower().endswith(".gz") else _as_it_is(target, member, name)


def _as_it_is(path: Path, member: Member, name: str) -> SourceFile:
    return SourceFile(path, FORMAT_OF_ENDING[PurePosixPath(member.name.lower()).suffix], name)


def _user_file(file: SourceFile, options: Mapping[str, Any]) -> lake.UserFile:
    return lake.UserFile(file.path, file.format.value, file.name, options)  # type: ignore[arg-type]
