"""Users' files, parsed in a child: it gets the open file and answers rows, or why there are none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any, get_args

import pyarrow as pa
from django.utils.translation import gettext as _

from foundation.lake.adapters import tar_members
from foundation.lake.adapters.child_refusal import Refusal
from foundation.lake.errors import FileRefused, ReadAgain
from foundation.lake.ports import Coming, FileFormat
from foundation.lake.sandbox import answers, children, file_wording, places
from foundation.lake.sandbox.children import Child, Limits
from foundation.lake.sandbox.feeding import Feeder

_LIMITS = Limits(seconds=3600, memory_mb=2048, disk_mb=20_480, result_mb=1 << 20)
# A few bytes of Parquet or Arrow can stand for a million million rows. Of honest files the most repetitive ones grow
# some hundred times.
_GROWTH, _ALWAYS_MB = 1000, 4096
_MOST_MEMBERS = 2_000_000  # of a tar; a number is kept of each


@contextmanager
def parsed(
    path: Path,
    format: FileFormat,
    options: Mapping[str, Any],
    coming: Coming | None = None,
    *,
    limits: Limits = _LIMITS,
) -> Iterator[pa.RecordBatchReader]:
    """The file's rows, streamed; FileRefused also while they are read.

    With the option `quick` a plain CSV is read in one pass, with "quoted" looking for quotes from the first row on;
    ReadAgain where a later row shows that it takes two. So only can it be `coming`, with no file there yet.
    """
    title, limits = (
        str(options.get("name") or Path(path).name),
        _within(limits, coming.size if coming else Path(path).stat().st_size),
    )
    if format not in get_args(FileFormat):
        raise FileRefused(
            _("“%(name)s” is neither CSV, JSON lines, Parquet, Arrow, a spreadsheet nor a zip of one of them.")
            % {"name": title}
        )
    with ExitStack() as stack:
        feeder = stack.enter_context(Feeder(coming.pieces())) if coming else None
        files = [feeder.source] if feeder else stack.enter_context(places.lent([path]))
        child = stack.enter_context(children.take())
        job = {"kind": "file", "format": format, "options": dict(options), "piped": feeder is not None}
        child.give(job, files, limits)
        if feeder:
            feeder.begin(child)
            feeder.feed()
        stream = child.rows()
        if stream is None:
            raise _failed(child, child.outcome(), title, format, limits)
        batches = _fed(answers.sound(stream), feeder)
        yield pa.RecordBatchReader.from_batches(stream.schema, _batches(child, batches, title, format, limits))


def _within(limits: Limits, size: int) -> Limits:
    """The limits for a file of so many bytes: what comes of it is no more than so many times that."""
    grown = _GROWTH * (size >> 20)
    return replace(limits, result_mb=min(limits.result_mb, max(_ALWAYS_MB, grown)))


def first_rows(path: Path, format: FileFormat, options: Mapping[str, Any], *, limit: int) -> pa.Table:
    """As many rows as are asked for; the child is given up once they are here."""
    taken: list[pa.RecordBatch] = []
    with parsed(path, format, options) as rows:
        for batch in rows:
            taken.append(batch.slice(0, limit - sum(one.num_rows for one in taken)))
            if sum(one.num_rows for one in taken) >= limit:
                break
        return pa.Table.from_batches(taken, rows.schema)


def members_of(path: Path, title: str) -> Iterator[tar_members.Member]:
    """The files in a tar, in their order, told by its headers alone."""
    with path.open("rb") as file:
        try:
            yield from _each_once(m for m in tar_members.members(file) if not tar_members.is_hidden(m.name))
        except Refusal as refusal:
            raise file_wording.refusal(refusal.said, title, "tar", _LIMITS, timed_out=False) from refusal


def _each_once(found: Iterator[tar_members.Member]) -> Iterator[tar_members.Member]:
    """Refusal for a name that comes twice: nobody knows which of the two files is meant."""
    # Not the names, which may have 4 kB each; two of two million share their number once in ten million such tars.
    known: set[int] = set()
    for member in found:
        name = str(PurePosixPath(member.name))
        if (number := hash(name)) in known:
            raise Refusal("tar_twice", name=name[:120])
        known.add(number)
        if len(known) > _MOST_MEMBERS:
            raise Refusal("tar_many", most=f"{_MOST_MEMBERS:,}")
        yield member


def _fed(batches: Iterator[pa.RecordBatch], feeder: Feeder | None) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        yield batch
        if feeder:
            feeder.feed()


def _batches(
    child: Child, batches: Iterator[pa.RecordBatch], title: str, format: FileFormat, limits: Limits
) -> Iterator[pa.RecordBatch]:
    try:
        yield from batches
    except (pa.ArrowInvalid, OSError) as error:
        raise _failed(child, child.outcome(), title, format, limits) from error
    said = child.outcome()
    if "rows" not in said:
        raise _failed(child, said, title, format, limits)


def _failed(child: Child, said: dict[str, Any], title: str, format: FileFormat, limits: Limits) -> Exception:
    if "again" in said:
        return ReadAgain(quoted=said["again"] == "quoted")
    return file_wording.refusal(said, title, format, limits, timed_out=child.timed_out)
