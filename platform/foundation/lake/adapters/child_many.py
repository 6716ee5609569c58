"""In the child: small files of a tar that are one table. A child for each of a hundred thousand would take a day.

Text is gathered into one file, for one look at all values; a mistake in it is named by the file and line it came from.
"""

from __future__ import annotations

import codecs
import csv
import io
import unicodedata
import zlib
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from foundation.lake.adapters import child_arrow, child_csv, tar_members
from foundation.lake.adapters.child_refusal import Refusal
from foundation.lake.adapters.child_signs import FIELD_LIMIT, check_text
from foundation.lake.adapters.tar_members import Member

_RATIO = 200
_HONEST = 16 << 20  # an archive is not suspected of what unpacks to less
_BATCH = 65_536


@dataclass
class Origins:
    """Of each gathered file: at which line its own begin, with which of its lines, and where its header stands."""

    path: str
    begins: array[int] = field(default_factory=lambda: array("Q"))
    first: array[int] = field(default_factory=lambda: array("Q"))
    start: array[int] = field(default_factory=lambda: array("Q"))

    def add(self, member: Member, begins: int, first: int) -> None:
        for column, value in ((self.begins, begins), (self.first, first), (self.start, member.start)):
            column.append(value)

    def named(self, refusal: Refusal) -> Refusal:
        """The refusal with the file that is meant, and its own lines."""
        facts = {**refusal.said}
        kind, line, first = facts.pop("refused"), facts.get("line"), facts.get("first_line")
        if "file" in facts or not line:
            return refusal
        facts["file"], facts["line"] = self._place(line)
        if first:
            facts["first_file"], facts["first_line"] = self._place(first)
            kind = kind if facts["first_file"] == facts["file"] else f"{kind}_apart"
        return Refusal(kind, **facts)

    def _place(self, line: int) -> tuple[str, int]:
        at = max(0, bisect_right(self.begins, line) - 1)
        with open(self.path, "rb") as tar:  # noqa: PTH123 - a path of /proc, resolved by the kernel
            return tar_members.name_at(tar, self.start[at]), line - self.begins[at] + self.first[at]


def gathered(path: str, format_: str, options: dict[str, Any], folder: str) -> tuple[str, Origins]:
    """The path of one text with the rows of all files in the range, and where its lines are from."""
    target, origins = f"{folder}/gathered", Origins(path)
    gather = _csv if format_ == "csv" else _json_lines
    with open(path, "rb") as tar, open(target, "wb") as text:  # noqa: PTH123 - paths of /proc
        gather(tar, _members(tar, options), text, origins, options, folder)
    return target, origins


def rows_of(path: str, format_: str, options: dict[str, Any]) -> pa.RecordBatchReader:
    """The rows of Parquet or Arrow files, which all have the columns of the first."""
    tar = open(path, "rb")  # noqa: PTH123, SIM115 - a path of /proc; read for as long as the child lives
    files = _members(tar, options)
    first = next(files)
    batches, schema = _opened(first, _bytes(tar, first), format_)
    child_csv.check_names(schema.names, line=None)

    def all_rows() -> Iterator[pa.RecordBatch]:
        yield from batches
        for member in files:
            others, found = _opened(member, _bytes(tar, member), format_)
            _check_same(member, found, schema)
            yield from (batch.select(schema.names) for batch in others)

    return pa.RecordBatchReader.from_batches(schema, all_rows())


def _members(tar: BinaryIO, options: dict[str, Any]) -> Iterator[Member]:
    """Those of the range that have bytes, and are nobody's but the user's."""
    within = options["members"]
    for member in tar_members.members(tar, within["start"], within["until"]):
        if member.size and not tar_members.is_hidden(member.name):
            yield member


def _bytes(tar: BinaryIO, member: Member) -> bytes:
    tar.seek(member.offset)
    data = tar.read(member.size)
    if not member.name.lower().endswith(".gz"):
        return data
    most, unpack = max(_HONEST, _RATIO * member.size), zlib.decompressobj(wbits=31)
    try:
        data = unpack.decompress(data, most + 1)
    except zlib.error as error:
        raise Refusal("damaged", format="gzip", file=member.name) from error
    if len(data) > most:
        raise Refusal("zip_bomb", megabytes=most >> 20, file=member.name)
    if not unpack.eof:
        raise Refusal("damaged", format="gzip", file=member.name)
    return data


def _json_lines(
    tar: BinaryIO, files: Iterator[Member], text: BinaryIO, origins: Origins, _options: Any, _folder: str
) -> None:
    line = 1
    for member in files:
        data = _ended(_utf8(_bytes(tar, member), member))
        origins.add(member, line, 1)
        line += data.count(b"\n")
        text.write(data)


def _csv(
    tar: BinaryIO, files: Iterator[Member], text: BinaryIO, origins: Origins, options: dict[str, Any], folder: str
) -> None:
    """One line of names, then the rows of all; every file is closed in itself: no quote of one swallows the next."""
    csv.field_size_limit(FIELD_LIMIT)
    line, table = 1, None
    for member in files:
        data = _utf8(_bytes(tar, member), member)
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if not data.strip():
            continue
        if table is None:
            table = _Table.of(member, data, options, folder)
            data, skipped = _ended(data), 0
            table.check_closed(member, data, 0)
        else:
            data, skipped = table.rows_of(member, data)
        origins.add(member, line, skipped + 1)
        line += data.count(b"\n")
        text.write(data)
    # What the reader reads from here on is written as the first file is.
    if table is not None:
        options["delimiter"], options["quote"] = table.delimiter, table.quote


@dataclass(frozen=True)
class _Table:
    """How the first file is written: its first line, the names in it, its dialect."""

    head: bytes
    names: list[str]
    delimiter: str
    quote: str

    @classmethod
    def of(cls, member: Member, data: bytes, options: dict[str, Any], folder: str) -> _Table:
        whole = Path(folder) / "first"
        whole.write_bytes(data)
        try:
            # What is no UTF-8 is named by its line before anything asks for the dialect.
            check_text(str(whole))
            delimiter, quote = child_csv.dialect(str(whole), options)
        except Refusal as refusal:
            facts = {key: value for key, value in refusal.said.items() if key != "refused"}
            raise Refusal(refusal.said["refused"], **facts, file=member.name) from None
        finally:
            whole.unlink()
        names, taken = _first_record(member, data, delimiter, quote)
        return cls(data[:taken], names, delimiter, quote)

    def rows_of(self, member: Member, data: bytes) -> tuple[bytes, int]:
        """The file's rows below its names, in the order of the first file's columns, and how many lines they follow."""
        if data.startswith(self.head):
            names, taken = self.names, len(self.head)
        else:
            names, taken = _first_record(member, data, self.delimiter, self.quote)
        skipped, rows = data[:taken].count(b"\n"), _ended(data[taken:])
        for kind, wanted, there in (("other_lacks", self.names, names), ("other_beyond", names, self.names)):
            if missing := [name for name in wanted if name not in there]:
                raise Refusal(kind, file=member.name, column=missing[0][:200])
        if len(names) != len(self.names):
            twice = next(name for name in names if names.count(name) > 1)
            raise Refusal("other_twice", file=member.name, column=twice[:200], line=1)
        self.check_closed(member, rows, skipped)
        return (rows if names == self.names else self._in_order(member, names, rows)), skipped

    def check_closed(self, member: Member, rows: bytes, skipped: int) -> None:
        if self.quote.encode() not in rows:
            return
        # Bytes that are no UTF-8 are named by their line later.
        reader, line = self._reader(rows), 1
        try:
            for _row in reader:
                line = reader.line_num + 1
        except csv.Error as error:
            open_quote = "end of data" in str(error) or "field larger" in str(error)
            kind, at = ("open_quote", line) if open_quote else ("quote", reader.line_num)
            raise Refusal(kind, file=member.name, line=skipped + at) from None

    def _reader(self, rows: bytes) -> Any:
        text = io.StringIO(rows.decode("utf-8", "surrogateescape"), newline="")
        return csv.reader(text, delimiter=self.delimiter, quotechar=self.quote, strict=True)

    def _in_order(self, member: Member, names: list[str], rows: bytes) -> bytes:
        places, written = [names.index(name) for name in self.names], io.StringIO()
        writer = csv.writer(written, delimiter=self.delimiter, quotechar=self.quote, lineterminator="\n")
        reader = self._reader(rows)
        for row in reader:
            if row and len(row) != len(names):
                line = reader.line_num + 1
                raise Refusal("wrong_width", file=member.name, line=line, found=len(row), wanted=len(names))
            if row:
                writer.writerow([row[place] for place in places])
        return written.getvalue().encode("utf-8", "surrogateescape")


def _first_record(member: Member, data: bytes, delimiter: str, quote: str) -> tuple[list[str], int]:
    """The names, and how many bytes they take with the end of their line."""
    text = io.StringIO(data[:FIELD_LIMIT].decode("utf-8", "surrogateescape"), newline="")
    reader = csv.reader(text, delimiter=delimiter, quotechar=quote, strict=True)
    try:
        names = next((row for row in reader if row), [])
    except csv.Error:
        raise Refusal("open_quote", file=member.name, line=1) from None
    taken = 0
    for _line in range(reader.line_num):
        taken = data.find(b"\n", taken) + 1 or len(data)
    return [unicodedata.normalize("NFC", name.strip()) for name in names], taken


def _utf8(data: bytes, member: Member) -> bytes:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return data.decode("utf-16").encode()
        except UnicodeError:
            raise Refusal("encoding_sixteen", file=member.name, line=1) from None
    return data.removeprefix(codecs.BOM_UTF8)


def _ended(data: bytes) -> bytes:
    return data if not data or data.endswith(b"\n") else data + b"\n"


def _opened(member: Member, data: bytes, format_: str) -> tuple[Iterator[pa.RecordBatch], pa.Schema]:
    """The file's batches as the lake holds them, and their columns."""
    try:
        if format_ == "parquet":
            file = pq.ParquetFile(pa.BufferReader(data))
            schema, batches = file.schema_arrow, file.iter_batches(_BATCH)
        else:
            batches, schema = child_arrow.opened(pa.BufferReader(data))
        wanted = pa.schema([pa.field(one.name, child_arrow.storable(one.type, one.name)) for one in schema])
        return _named(member, child_arrow.fitted(batches, wanted), format_), wanted
    except (pa.ArrowException, OSError) as error:
        raise Refusal("damaged", format=format_, file=member.name) from error
    except Refusal as refusal:
        refusal.said.setdefault("file", member.name)
        raise


def _named(member: Member, batches: Iterator[pa.RecordBatch], format_: str) -> Iterator[pa.RecordBatch]:
    try:
        yield from batches
    except (pa.ArrowException, OSError) as error:
        raise Refusal("damaged", format=format_, file=member.name) from error
    except Refusal as refusal:
        refusal.said.setdefault("file", member.name)
        raise


def _check_same(member: Member, found: pa.Schema, wanted: pa.Schema) -> None:
    for kind, names, others in (("other_lacks", wanted, found), ("other_beyond", found, wanted)):
        if missing := [name for name in names.names if name not in others.names]:
            raise Refusal(kind, file=member.name, column=missing[0][:200])
    for one in wanted:
        if not found.field(one.name).type.equals(one.type):
            kinds = {"found": str(found.field(one.name).type), "wanted": str(one.type)}
            raise Refusal("other_type", file=member.name, column=one.name, **kinds)
