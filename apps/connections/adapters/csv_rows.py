"""Rows that a database sends as lines of CSV, into Arrow: parsed by Arrow's own reader, with the types given.

A line is one whole row, NULL is nothing and text is quoted where it is empty. Its last field is a note of the database
on the row: the numbers of columns whose value the lake cannot hold (they came as NULL), or `w` and the numbers of
columns that made it too wide to be sent.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from apps.connections.adapters.lake_types import arrow_type, width
from apps.connections.errors import SourceBroken
from apps.connections.ports import ColumnOf, Table
from foundation.words import kept as _

if TYPE_CHECKING:
    import pyarrow as pa

# A batch holds a block of text, or one row where that is more, and its numbers: 16 MiB together.
MOST_ROW_BYTES = 12 << 20
_BLOCK_BYTES = _NUMBERS_BYTES = 4 << 20
_COLUMN = re.compile(r"In CSV column #(\d+)")
WIDE = "w"


def most_row_bytes(columns: Iterable[ColumnOf]) -> int:
    """Bytes of text that one row may have; a list of short numbers is four times as long in Arrow."""
    return MOST_ROW_BYTES // 4 if any(column.type.endswith("[]") for column in columns) else MOST_ROW_BYTES


def table_of(table: str, columns: Sequence[ColumnOf], lines: Iterable[bytes | memoryview]) -> Table:
    """The rows of `lines`, read as they are asked for; SourceBroken names row and column, and no value."""
    import pyarrow as pa

    # Also a column that may not be empty there may hold what the lake cannot: then it is empty here.
    schema = pa.schema([pa.field(column.name, arrow_type(column.type)) for column in columns])
    emptied: Counter[str] = Counter()
    parser = _Parser(table, columns, schema, emptied)
    return Table(pa.RecordBatchReader.from_batches(schema, parser.batches(lines)), emptied)


def too_wide(table: str, row: int, columns: Sequence[str], most: int) -> SourceBroken:
    """The refusal of a row that is larger than what is held in memory at once."""
    said = {"row": row, "table": table, "most": most >> 20, "columns": ", ".join(columns)}
    if columns:
        return SourceBroken(
            _(
                "Row %(row)d of %(table)s is larger than %(most)d MB, for the most part in %(columns)s. Leave these"
                " columns out, or shorten their values in a view."
            )
            % said
        )
    return SourceBroken(
        _("Row %(row)d of %(table)s is larger than %(most)d MB. Leave long columns out, or shorten them in a view.")
        % said
    )


class _Parser:
    def __init__(self, table: str, columns: Sequence[ColumnOf], schema: pa.Schema, emptied: Counter[str]) -> None:
        self._table, self._columns, self._schema, self._emptied = table, columns, schema, emptied
        self._most_row = most_row_bytes(columns)
        self._block = _BLOCK_BYTES * self._most_row // MOST_ROW_BYTES
        self._most_rows = max(1, _NUMBERS_BYTES // max(1, sum(width(column.type) for column in columns)))
        self._done = 0
        self._options = self._made_options()

    def batches(self, lines: Iterable[bytes | memoryview]) -> Iterator[pa.RecordBatch]:
        block, rows = bytearray(), 0
        for line in lines:
            if rows and (rows >= self._most_rows or len(block) + len(line) > self._block):
                yield self._batch(block, rows)
                block, rows = bytearray(), 0
            block += line
            rows += 1
        if rows:
            yield self._batch(block, rows)

    def _batch(self, block: bytearray, rows: int) -> pa.RecordBatch:
        import pyarrow as pa
        from pyarrow import csv

        reading, parsing, converting = self._options
        reading.block_size = len(block) + 1
        try:
            found = csv.read_csv(
                pa.py_buffer(block), read_options=reading, parse_options=parsing, convert_options=converting
            ).combine_chunks()
            if found.num_rows != rows:
                raise pa.ArrowInvalid("The lines are not one row each.")
            self._heed(found.column(len(self._columns)))
            arrays = [self._decoded(found.column(number), number) for number in range(len(self._columns))]
        except pa.ArrowInvalid as error:
            raise self._broken(str(error), rows) from None
        self._done += rows
        return pa.RecordBatch.from_arrays(arrays, schema=self._schema)

    def _heed(self, notes: pa.ChunkedArray) -> None:
        if notes.null_count == len(notes):
            return
        for row, note in enumerate(notes.to_pylist(), start=self._done + 1):
            words = note.split() if note else []
            if WIDE in words:
                named = [self._columns[int(word)].name for word in words[words.index(WIDE) + 1 :]]
                raise too_wide(self._table, row, named, self._most_row)
            self._emptied.update(self._columns[int(word)].name for word in words)

    def _decoded(self, found: pa.ChunkedArray, number: int) -> pa.Array:
        import pyarrow as pa

        wanted = self._schema.field(number).type
        if pa.types.is_binary(wanted):
            hexed = found.to_pylist()
            return pa.array([None if one is None else bytes.fromhex(one) for one in hexed], wanted)
        if pa.types.is_list(wanted):
            return _lists(found.to_pylist(), wanted)
        return found.chunk(0) if found.num_chunks else pa.array([], wanted)

    def _broken(self, why: str, rows: int) -> SourceBroken:
        place = {"first": self._done + 1, "last": self._done + rows, "table": self._table}
        number = _COLUMN.match(why)
        if number is None or int(number[1]) >= len(self._columns):
            return SourceBroken(
                _("Among the rows %(first)d to %(last)d of %(table)s are some that cannot be read.") % place
            )
        column = self._columns[int(number[1])]
        return SourceBroken(
            _(
                "Among the rows %(first)d to %(last)d of %(table)s, column %(column)s holds a value that is no"
                " %(type)s. Convert it in a view, or leave the column out."
            )
            % {**place, "column": column.name, "type": column.source_type}
        )

    def _made_options(self) -> tuple[Any, Any, Any]:
        import pyarrow as pa
        from pyarrow import csv

        # Names of columns may be anything, also twice the same: their numbers are not.
        names = [str(number) for number in range(len(self._columns) + 1)]
        types = {name: field.type for name, field in zip(names, self._schema, strict=False)}
        as_text = {name: pa.string() for name, one in types.items() if pa.types.is_binary(one) or pa.types.is_list(one)}
        return (
            csv.ReadOptions(column_names=names),
            csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
            csv.ConvertOptions(
                column_types={**types, **as_text, names[-1]: pa.string()},
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
                true_values=["t"],
                false_values=["f"],
            ),
        )


def _lists(texts: Sequence[str | None], wanted: pa.DataType) -> pa.Array:
    """Lists that were sent as JSON text."""
    import pyarrow as pa
    from pyarrow import json

    if not texts:
        return pa.array([], wanted)
    lines = "".join(f'{{"v":{"null" if text is None else text}}}\n' for text in texts).encode()
    parsed = json.read_json(
        pa.py_buffer(lines),
        read_options=json.ReadOptions(block_size=len(lines) + 1),
        parse_options=json.ParseOptions(explicit_schema=pa.schema([("v", wanted)]), unexpected_field_behavior="ignore"),
    )
    if parsed.num_rows != len(texts):
        raise pa.ArrowInvalid("The lists are not one row each.")
    return parsed.column(0).combine_chunks()
