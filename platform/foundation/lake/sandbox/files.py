"""Users' files, parsed in a child: it gets the open file and answers rows, or why there are none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pyarrow as pa
from django.utils.translation import gettext as _

from foundation.lake.adapters import tar_members
from foundation.lake.adapters.child_refusal import Refusal
from foundation.lake.errors import FileRefused, ReadAgain
from foundation.lake.ports import FileFormat
from foundation.lake.sandbox import answers, children, file_wording, places
from foundation.lake.sandbox.children import Child, Limits

_LIMITS = Limits(seconds=3600, memory_mb=2048, disk_mb=20_480, result_mb=1 << 20)
# A few bytes of Parquet or Arrow can stand for a million million rows. Of honest files the most repetitive ones grow
# some hundred times.
_GROWTH, _ALWAYS_MB = 1000, 4096


@contextmanager
def parsed(
    path: Path, format: FileFormat, options: Mapping[str, Any], limits: Limits = _LIMITS
) -> Iterator[pa.RecordBatchReader]:
    """The file's rows, streamed; FileRefused also while they are read.

    With the option `quick` a plain file is read in one pass; ReadAgain where a later row shows that it takes two.
    """
    title, limits = str(options.get("name") or Path(path).name), _within(limits, path)
    if format not in get_args(FileFormat):
        raise FileRefused(
            _("“%(name)s” is neither CSV, JSON lines, Parquet, Arrow, a spreadsheet nor a zip of one of them.")
            % {"name": title}
        )
    with ExitStack() as stack:
        files = stack.enter_context(places.lent([path]))
        child = stack.enter_context(children.take())
        child.give({"kind": "file", "format": format, "options": dict(options)}, files, limits)
        stream = child.rows()
        if stream is None:
            raise _failure(child, title, format, limits)
        yield pa.RecordBatchReader.from_batches(stream.schema, _batches(child, stream, title, format, limits))


def _within(limits: Limits, path: Path) -> Limits:
    """The limits for the file: what comes of it is no more than so many times its size."""
    grown = _GROWTH * (Path(path).stat().st_size >> 20)
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
            yield from (member for member in tar_members.members(file) if not tar_members.is_hidden(member.name))
        except Refusal as refusal:
            raise file_wording.refusal(refusal.said, title, "tar", _LIMITS, timed_out=False) from refusal


def _batches(
    child: Child, stream: pa.RecordBatchReader, title: str, format: FileFormat, limits: Limits
) -> Iterator[pa.RecordBatch]:
    try:
        yield from answers.sound(stream)
    except (pa.ArrowInvalid, OSError) as error:
        raise _failure(child, title, format, limits) from error
    said = child.outcome()
    if "again" in said:
        raise ReadAgain
    if "rows" not in said:
        raise file_wording.refusal(said, title, format, limits, timed_out=child.timed_out)


def _failure(child: Child, title: str, format: FileFormat, limits: Limits) -> FileRefused:
    return file_wording.refusal(child.outcome(), title, format, limits, timed_out=child.timed_out)
