"""In the child: CSV in one pass, where it is written so plainly that what its first rows are tells what all are.

Arrow takes types at their word: a value that is none of its column's type ends the reading, and the file is read again
the careful way (`child_csv`), which looks at all of it first. What comes out is the same. So nothing is taken that the
two would read differently: other types than those here, dates in other forms, signs after a closing quote.
"""

from __future__ import annotations

import re
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv
from duckdb import DuckDBPyConnection

from foundation.lake.adapters import child_csv
from foundation.lake.adapters.child_sql import identifier

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
_CHUNK = 1 << 20
_BLOCK = 4 << 20


def rows_of(reader: DuckDBPyConnection, path: str, options: dict[str, Any]) -> pa.RecordBatchReader | None:
    """The file's rows, while which an ArrowInvalid asks for the careful way; None: that way at once."""
    child_csv.check_text(path)
    delimiter, quote = child_csv.dialect(path, options)
    if not (delimiter.isascii() and quote.isascii() and _is_plain(path, delimiter, quote)):
        return None
    names = child_csv.header(path, delimiter, quote)
    try:
        types = _types(reader, path, options, names, (delimiter, quote))
        return _opened(path, names, types, delimiter, quote) if types else None
    except (duckdb.Error, pa.ArrowInvalid):
        return None


def _types(
    reader: DuckDBPyConnection, path: str, options: dict[str, Any], names: list[str], dialect: tuple[str, str]
) -> list[pa.DataType]:
    """Of the first rows' columns; none where they do not tell."""
    settings, first = child_csv.settings(*dialect), child_csv.FIRST_ROWS
    texts = child_csv.texts_of(options, names)
    kinds, forms = child_csv.sniffed(reader, path, settings, names, texts, sample=first)
    if len(names) < 2 or not set(kinds.values()) <= _TYPES.keys() or not set(forms.values()) <= _FORMATS:
        return []
    given = child_csv.told(path, settings, names, kinds, {})
    reader.execute(f"CREATE OR REPLACE TEMP TABLE first_rows AS SELECT * FROM {given} LIMIT {first}")
    counts = ", ".join(f"count({identifier(name)})" for name in names)
    if not all(reader.execute(f"SELECT {counts} FROM first_rows").fetchone() or [0]):
        return []
    words = [name for name in names if kinds[name] == "VARCHAR" and name not in texts]
    missing = tuple(options.get("missing", child_csv.MISSING))
    if child_csv.may_be_numbers(reader, "first_rows", words, missing):
        return []
    return [_TYPES[kinds[name]] for name in names]


def _opened(
    path: str, names: list[str], types: list[pa.DataType], delimiter: str, quote: str
) -> pa.RecordBatchReader | None:
    written = child_csv.names_as_written(path, delimiter, quote)
    rows = arrow_csv.open_csv(
        path,
        read_options=arrow_csv.ReadOptions(use_threads=False, block_size=_BLOCK),
        parse_options=arrow_csv.ParseOptions(
            delimiter=delimiter, quote_char=quote, double_quote=True, escape_char=False, newlines_in_values=True
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
    return pa.RecordBatchReader.from_batches(schema, (_finished(batch, schema) for batch in rows))


def _finished(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    columns = [
        _moments(column) if field.type == _MOMENT else column for column, field in zip(batch, schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _moments(texts: pa.StringArray) -> pa.TimestampArray:
    """Arrow takes an hour without minutes for a time, too."""
    lengths = pc.binary_length(texts)
    if pc.any(pc.and_(pc.greater(lengths, _DAY), pc.less(lengths, _MINUTES))).as_py():
        raise pa.ArrowInvalid("an hour without minutes")
    return texts.cast(_MOMENT)


def _is_plain(path: str, delimiter: str, quote: str) -> bool:
    """Whether every quote opens a value, closes it or is doubled within, and every line ends with a line feed."""
    mark, part = re.escape(quote.encode()), re.escape(delimiter.encode())
    inner, ends = b"[^" + mark + part + b"\r\n]", b"[" + part + b"\r\n]"
    odd = re.compile(b"|".join((inner + mark + inner, ends + mark * 2 + inner, inner + mark * 2 + ends)))
    quotes, tail = 0, b"\n"
    with open(path, "rb") as file:  # noqa: PTH123 - a path of /proc, resolved by the kernel
        while chunk := file.read(_CHUNK):
            if found := chunk.count(quote.encode()):
                quotes += found
                if odd.search(tail + chunk):
                    return False
            if b"\r" in chunk or tail.endswith(b"\r"):
                seen = tail[-1:] + chunk
                if seen.count(b"\r") - seen.endswith(b"\r") != seen.count(b"\r\n"):
                    return False
            tail = chunk[-3:]
    return quotes % 2 == 0 and not tail.endswith(b"\r")
