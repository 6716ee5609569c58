"""Many files of users as one stream of rows: all have the same columns, or it is said which file differs, and where."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager

import pyarrow as pa

from foundation.lake.errors import FileRefused
from foundation.lake.ports import FileParser, UserFile
from foundation.words import kept as _


@contextmanager
def rows_of(files: Iterable[UserFile], parse: FileParser, wanted: pa.Schema | None) -> Iterator[pa.RecordBatchReader]:
    """The rows of all files, one file open at a time; with the columns `wanted`, or else those of the first file."""
    waiting = iter(files)
    first = next(waiting, None)
    if first is None:
        raise FileRefused(_("There is no file to read."))
    with parse(first.path, first.format, _options(first, wanted)) as reader:
        schema = wanted or reader.schema
        stream = _stream(first, reader, waiting, parse, schema)
        try:
            yield pa.RecordBatchReader.from_batches(schema, stream)
        finally:
            stream.close()


def _stream(
    first: UserFile, reader: pa.RecordBatchReader, others: Iterator[UserFile], parse: FileParser, schema: pa.Schema
) -> Generator[pa.RecordBatch]:
    yield from _fitted(first, reader, schema)
    for file in others:
        with parse(file.path, file.format, _options(file, schema)) as rows:
            yield from _fitted(file, rows, schema)


def _fitted(file: UserFile, rows: pa.RecordBatchReader, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    _check_columns(file, rows.schema, schema)
    same = rows.schema.equals(schema)
    for batch in rows:
        yield batch if same else _cast(file, batch, schema)


def _check_columns(file: UserFile, found: pa.Schema, wanted: pa.Schema) -> None:
    lacking = _("“%(file)s” has no column “%(column)s”, which the others have. Add it, or read it by itself.")
    beyond = _("“%(file)s” has a column “%(column)s”, which the others lack. Leave it out, or read it by itself.")
    another = _(
        "The column “%(column)s” is %(found)s in “%(file)s” and %(wanted)s in the others. Correct the values, or read "
        "the column as text."
    )
    for sentence, names in ((lacking, wanted.names), (beyond, found.names)):
        for name in names:
            if name not in found.names or name not in wanted.names:
                raise _refusal(sentence, file, name)
    for field in wanted:
        kind = found.field(field.name).type
        if not _widens(kind, field.type):
            raise _refusal(another, file, field.name, found=kind, wanted=field.type)


def _refusal(sentence: str, file: UserFile, column: str, **words: object) -> FileRefused:
    said = {"file": file.name, "column": column}
    return FileRefused(sentence % {**said, **words}, details=said)


def _widens(found: pa.DataType, wanted: pa.DataType) -> bool:
    """Whether every value of one type is a value of the other."""
    if found.equals(wanted) or pa.types.is_null(found):
        return True
    if pa.types.is_integer(found):
        return pa.types.is_floating(wanted) or (pa.types.is_integer(wanted) and found.bit_width <= wanted.bit_width)
    return pa.types.is_floating(found) and pa.types.is_floating(wanted) and found.bit_width <= wanted.bit_width


def _cast(file: UserFile, batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    try:
        return batch.select(schema.names).cast(schema)
    except pa.ArrowInvalid as error:
        sentence = _("“%(file)s” holds a number that the column's type in the other files cannot hold without a loss.")
        raise FileRefused(sentence % {"file": file.name}) from error


def _options(file: UserFile, wanted: pa.Schema | None) -> dict[str, object]:
    """What is text in the others, or a number, is so here too, whatever it looks like."""
    kinds = {field.name: kind for field in wanted or [] if (kind := _kind(field.type))}
    return {**file.options, "like": {**kinds, **file.options.get("like", {})}, "name": file.name}


def _kind(type_: pa.DataType) -> str:
    if pa.types.is_string(type_) or pa.types.is_large_string(type_):
        return "text"
    return "number" if pa.types.is_integer(type_) or pa.types.is_floating(type_) else ""
