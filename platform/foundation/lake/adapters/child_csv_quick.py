"""In the child: CSV in one pass, where it is written so plainly that what its first rows are tells what all are.

Arrow takes types at their word: a value that is none of its column's type ends the reading, and the file is read again
the careful way (`child_csv`), which looks at all of it first. What comes out is the same. So nothing is taken that the
two would read differently: other types than those here, dates in other forms, signs after a closing quote.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv
from duckdb import DuckDBPyConnection

from foundation.lake.adapters import child_csv
from foundation.lake.adapters.child_pieces import PIECE, Checked
from foundation.lake.adapters.child_refusal import Refusal
from foundation.lake.adapters.child_signs import FIELD_LIMIT
from foundation.quoting import identifier

_MOMENT = pa.timestamp("us")
_DAY, _MINUTES = len("2000-01-01"), len("2000-01-01 00:00")
_TYPES = {
    "BIGINT": pa.int64(),
    "DOUBLE": pa.float64(),
    "VARCHAR": pa.string(),
    "DATE": pa.date32(),
    "TIMESTAMP": _MOMENT,
    "BOOLEAN": pa.bool_(),
}
_FORMATS = {f"%Y-%m-%d{time}" for time in ("", " %H:%M:%S", " %H:%M:%S.%f", "T%H:%M:%S", "T%H:%M:%S.%f")}
# So much of the file tells how the rest of it is written, or more, until it has the rows that the careful way looks at
# first; a file that is no longer has no rest.
HEAD, MOST_HEAD = 8 << 20, 64 << 20


class Quoted(pa.ArrowInvalid):
    """There is a quote where the beginning has none, and it was read without looking for any."""


def rows_of(
    reader: DuckDBPyConnection, pieces: Iterator[bytes], options: dict[str, Any], head: str, path: str = ""
) -> pa.RecordBatchReader | None:
    """The file's rows, while which an ArrowInvalid asks for the careful way; None: that way at once.

    The file is read once. Its beginning is written to `head`, and tells of the rest; a short one that lies at `path` is
    its own beginning.
    """
    taken, whole = _begun(pieces)
    first = b"".join(taken)
    if whole and path:
        head = path
    else:
        Path(head).write_bytes(first if whole else first[: first.rfind(b"\n") + 1])
    try:
        delimiter, quote = child_csv.dialect(head, options)
        if not (delimiter.isascii() and quote.isascii()):
            return None
        looked = Plain(delimiter, quote)
        looked.take(first)
        if whole:
            looked.end()
        names = child_csv.header(head, delimiter, quote)
        types = _types(reader, head, options, names, (delimiter, quote), whole=whole)
        written = child_csv.names_as_written(head, delimiter, quote)
        quoted = options["quick"] == "quoted" or quote.encode() in first
        source = Checked(chain(taken, pieces), Plain(delimiter, quote, quoted=quoted))
        return _opened(source, names, written, types, delimiter, quote if quoted else "") if types else None
    except Quoted:
        raise  # some of the rest is read, too
    except (duckdb.Error, pa.ArrowInvalid, Refusal, UnicodeDecodeError):
        return None


def _begun(pieces: Iterator[bytes]) -> tuple[list[bytes], bool]:
    """The pieces of the head, and whether there are no others."""
    taken, size, lines = list[bytes](), 0, 0
    while size < HEAD or (lines <= child_csv.FIRST_ROWS and size < MOST_HEAD):
        if not (piece := next(pieces, b"")):
            return taken, True
        taken.append(piece)
        size, lines = size + len(piece), lines + piece.count(b"\n")
    return taken, False


def _types(
    reader: DuckDBPyConnection,
    path: str,
    options: dict[str, Any],
    names: list[str],
    dialect: tuple[str, str],
    *,
    whole: bool,
) -> list[pa.DataType]:
    """Of the first rows' columns; none where they do not tell."""
    settings, first = child_csv.settings(*dialect), child_csv.FIRST_ROWS
    texts = child_csv.texts_of(reader, path, settings, names, options)
    kinds, forms = child_csv.sniffed(reader, path, settings, names, texts, sample=first)
    if len(names) < 2 or not set(kinds.values()) <= _TYPES.keys() or not set(forms.values()) <= _FORMATS:
        return []
    given = child_csv.told(path, settings, names, kinds, {})
    reader.execute(f"CREATE OR REPLACE TEMP TABLE first_rows AS SELECT * FROM {given} LIMIT {first}")
    counts = ", ".join(f"count({identifier(name)})" for name in names)
    rows, *present = reader.execute(f"SELECT count(*), {counts} FROM first_rows").fetchone() or (0, 0)
    if not all(present) or (rows < first and not whole):
        return []
    words = [name for name in names if kinds[name] == "VARCHAR" and name not in texts]
    missing = tuple(options.get("missing", child_csv.MISSING))
    if child_csv.may_be_numbers(reader, "first_rows", words, missing):
        return []
    return [_TYPES[kinds[name]] for name in names]


def _opened(
    source: Checked, names: list[str], written: list[str], types: list[pa.DataType], delimiter: str, quote: str
) -> pa.RecordBatchReader | None:
    rows = arrow_csv.open_csv(
        source,
        read_options=arrow_csv.ReadOptions(use_threads=False, block_size=PIECE),
        parse_options=arrow_csv.ParseOptions(
            delimiter=delimiter,
            quote_char=quote or False,
            double_quote=bool(quote),
            escape_char=False,
            newlines_in_values=bool(quote),
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types={
                name: pa.string() if kind == _MOMENT else kind for name, kind in zip(written, types, strict=True)
            },
            null_values=[""],
            strings_can_be_null=True,
            true_values=["true", "True", "TRUE"],
            false_values=["false", "False", "FALSE"],
            check_utf8=False,
        ),
    )
    if rows.schema.names != written:
        return None
    schema = pa.schema(list(zip(names, types, strict=True)))
    return pa.RecordBatchReader.from_batches(schema, _proven(rows, schema, source))


def _proven(rows: Iterator[pa.RecordBatch], schema: pa.Schema, source: Checked) -> Iterator[pa.RecordBatch]:
    for batch in rows:
        yield _finished(batch, schema)
    try:
        source.prove()
    except EOFError as error:
        raise pa.ArrowInvalid("not read to its end") from error


def _finished(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    columns = [
        _moments(column) if field.type == _MOMENT else column for column, field in zip(batch, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _moments(texts: pa.StringArray) -> pa.TimestampArray:
    """Arrow takes an hour without minutes for a time, too."""
    lengths = pc.binary_length(texts)
    shortest = pc.min(lengths).as_py()
    if shortest is not None and shortest < _MINUTES:
        of_hours = pc.and_(pc.greater(lengths, _DAY), pc.less(lengths, _MINUTES))
        if pc.any(of_hours).as_py():
            raise pa.ArrowInvalid("an hour without minutes")
    return texts.cast(_MOMENT)


class Plain:
    """Looks at a text that goes by in pieces, and raises ArrowInvalid unless it is plain.

    It is UTF-8 without zero bytes, in lines of bearable length that all end in one way, and every quote opens a
    value, closes it or is doubled within; or there is none.
    """

    def __init__(self, delimiter: str, quote: str, *, quoted: bool = True) -> None:
        mark, part = re.escape(quote.encode()), re.escape(delimiter.encode())
        before, after = b"[^" + part + b"\n" + mark + b"]", b"[^" + part + b"\r\n" + mark + b"]"
        self._odd = re.compile(before + mark + b"|" + mark + after)
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self._quote, self._quoted = quote.encode(), quoted
        self._inside, self._before, self._tail, self._line = False, b"\n", b"\n", 0
        self._feeds, self._returns, self._bare = 0, 0, False

    def take(self, piece: bytes) -> None:
        # Before anything asks for a line of it: one without an end would be taken into memory whole.
        last = piece.rfind(b"\n")
        self._line = len(piece) - last - 1 if last >= 0 else self._line + len(piece)
        if self._line > FIELD_LIMIT or not self._is_text(piece) or not self._is_even(piece):
            raise pa.ArrowInvalid("not plain")
        self._tail = piece[-1:] or self._tail

    def end(self) -> None:
        mixed = self._returns and (self._bare or self._returns != self._feeds)
        if self._decoder.getstate()[0] or self._inside or self._tail == b"\r" or mixed:
            raise pa.ArrowInvalid("not plain to the end")

    def _is_text(self, piece: bytes) -> bool:
        if b"\0" in piece:
            return False
        # Most files are ASCII, and are through in a tenth of the time.
        if piece.isascii() and not self._decoder.getstate()[0]:
            return True
        try:
            self._decoder.decode(piece)
        except UnicodeDecodeError:
            return False
        return True

    def _is_even(self, piece: bytes) -> bool:
        """What lies outside of quotes is looked at alone, with one quote for each value that it went round."""
        outside = piece
        if self._quote in piece or self._inside or self._before == self._quote:
            if not self._quoted:
                raise Quoted
            parts = piece.split(self._quote)
            outside = self._quote.join(parts[int(self._inside) :: 2])
            self._inside ^= len(parts) % 2 == 0
            if self._inside:
                outside += self._quote
            if self._odd.search(self._before + outside):
                return False
        self._before = outside[-1:] or self._before
        return self._ends_alike(piece, outside)

    def _ends_alike(self, piece: bytes, outside: bytes) -> bool:
        """Whether no return stands without its feed; whether lines end in one way shows at the end."""
        if b"\r" not in piece and self._tail != b"\r" and not self._returns:
            self._bare = self._bare or b"\n" in outside
            return True
        self._returns += outside.count(b"\r")
        self._feeds += outside.count(b"\n")
        seen = self._tail + piece
        return seen.count(b"\r") - seen.endswith(b"\r") == seen.count(b"\r\n")
