"""A list as a file: CSV, JSON or Parquet, made while it is read, bounded, nothing localised.

A table of a page is fed in by table_files.py; what is no table (the activity, hours of usage) comes with its batches.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import chain
from typing import Any

from django.http import HttpResponseBase
from django.utils.translation import gettext as _

from foundation.errors import NotFound
from foundation.web.downloads import attached

Row = Mapping[str, Any]
# What a spreadsheet would take for a formula, also in full width: OWASP, "CSV Injection".
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_KINDS = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
}
FORMS = tuple(_KINDS)
# Names of formats are not translated.
FORM_LABELS = {"csv": "CSV", "parquet": "Parquet", "json": "JSON"}


class Tape:
    """A write-only file whose bytes are taken away as they come."""

    closed = False

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None: ...

    def close(self) -> None: ...

    def take(self) -> bytes:
        taken, self._pieces = b"".join(self._pieces), []
        return taken


def list_file(
    batches: Iterable[Sequence[Row]], columns: Mapping[str, type], *, form: str, name: str
) -> HttpResponseBase:
    """The file as an answer. `columns` names each column with the type of its values; times stand in UTC.

    The types are `str`, `bool`, `int`, `float`, `date`, `datetime` and `list` (of words). `object` leaves it to the
    first batch: the one type that it holds, whole and broken figures together as `float`, anything else as text. CSV
    and JSON write each value as it is. A Parquet file has one type in a column: what does not fit ends its sending
    with a TypeError, since a value that was quietly bent would be a wrong one. NotFound for another form than those of
    `FORMS`.
    """
    if form not in _KINDS:
        raise NotFound(_("A list can be had as CSV, JSON or Parquet."))
    write = {"csv": _csv, "json": _json, "parquet": _parquet}[form]
    return attached(write(batches, columns), name=f"{name}.{form}", kind=_KINDS[form])


def csv_head(names: Iterable[str]) -> bytes:
    """The beginning of a CSV: with a mark of its order, so that spreadsheets read Arabic names as what they are."""
    return codecs.BOM_UTF8 + csv_lines([names])


def csv_lines(lines: Iterable[Iterable[Any]]) -> bytes:
    """Lines of a CSV; a name that begins like a formula is a text to a spreadsheet too, figures stay as they are."""
    sink = io.StringIO()
    csv.writer(sink).writerows([_plain(cell) for cell in line] for line in lines)
    return sink.getvalue().encode()


def _csv(batches: Iterable[Sequence[Row]], columns: Mapping[str, type]) -> Iterator[bytes]:
    yield csv_head(columns)
    for rows in batches:
        yield csv_lines([_in_csv(row[name]) for name in columns] for row in rows)


def _json(batches: Iterable[Sequence[Row]], columns: Mapping[str, type]) -> Iterator[bytes]:
    before = "[\n"
    for rows in batches:
        lines = [json.dumps({name: _worded(row[name]) for name in columns}, ensure_ascii=False) for row in rows]
        if lines:
            yield (before + ",\n".join(lines)).encode()
            before = ",\n"
    yield b"[]\n" if before == "[\n" else b"\n]\n"


def _parquet(batches: Iterable[Sequence[Row]], columns: Mapping[str, type]) -> Iterator[bytes]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    written = {
        str: pa.string(),
        bool: pa.bool_(),
        int: pa.int64(),
        float: pa.float64(),
        date: pa.date32(),
        datetime: pa.timestamp("us", tz="UTC"),
        list: pa.list_(pa.string()),
    }
    rest = iter(batches)
    first = next(rest, [])
    kinds = {name: _seen(row[name] for row in first) if kind is object else kind for name, kind in columns.items()}
    schema = pa.schema([(name, written[kind]) for name, kind in kinds.items()])
    tape = Tape()
    with pq.ParquetWriter(pa.PythonFile(tape, mode="w"), schema, compression="zstd") as writer:
        for rows in chain([first], rest):
            found = [{name: _fitted(row[name], kind) for name, kind in kinds.items()} for row in rows]
            writer.write_table(pa.Table.from_pylist(found, schema=schema))
            yield tape.take()
    yield tape.take()


def _seen(values: Iterable[Any]) -> type:
    """The one type of the values that are there; text where there are several, another one, or none."""
    found = {type(value) for value in values if value is not None}
    if found == {int, float}:
        return float
    kind = found.pop() if len(found) == 1 else str
    return kind if kind in (bool, int, float, date, datetime, list) else str


def _fitted(value: Any, kind: type) -> Any:
    if value is None:
        return None
    if kind is str:
        return str(_in_csv(value))
    # pyarrow itself would make a 0 of 0.5 in a column of whole numbers.
    if type(value) is not kind and not (kind is float and type(value) is int):
        raise TypeError(
            f"A column of {kind.__name__} holds no {type(value).__name__}; name its type where it is listed."
        )
    return value


def _in_csv(value: Any) -> Any:
    if isinstance(value, list):
        return " ".join(str(one) for one in value)
    return "" if value is None else _worded(value)


def _worded(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _plain(cell: Any) -> Any:
    text = str(cell)
    return f"'{text}" if text.startswith(FORMULA) and not _is_number(text) else cell


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


__all__ = ["FORMS", "Tape", "csv_head", "csv_lines", "list_file"]
