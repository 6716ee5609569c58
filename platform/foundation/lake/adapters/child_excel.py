"""In the child: one sheet of a spreadsheet (.xlsx, .xlsm, .xls, .xlsb, .ods), read whole, with a type for each column.

A cell holds a number, a date, a time, a span of time, a truth or a text, whatever its format shows; a formula holds
the value that was saved with it, and an error (#N/A, #DIV/0!) is no value. A column of one kind keeps it; one of
several becomes text.
"""

from __future__ import annotations

import unicodedata
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

import pyarrow as pa
import python_calamine as calamine

from foundation.lake.adapters.child_csv import MISSING, NUMBER, check_names
from foundation.lake.adapters.child_refusal import Refusal

# What a file may be at most, packed and unpacked: the sheet is held as a whole, at about 32 bytes a cell.
MOST_MB, _MOST_UNPACKED_MB = 100, 2048
_BATCH = 16_384
_CONTAINER, _ENCRYPTED = bytes.fromhex("d0cf11e0a1b11ae1"), "EncryptedPackage".encode("utf-16-le")
_WHOLE = 2**53
_EMPTY = ""


@dataclass
class _Kinds:
    """What was seen in one column; `name` and `place` (from 0, in the sheet) are those of its header."""

    name: str
    place: int
    seen: set[type] = field(default_factory=set)
    whole: bool = True

    def see(self, values: Sequence[Any], missing: frozenset[str]) -> None:
        """Some of its values; words for missing ones say nothing of its kind."""
        kinds = set(map(type, values))
        if str in kinds and not {value.strip() for value in values if type(value) is str} - missing:
            kinds.remove(str)
        if float in kinds and self.whole:
            numbers = (value for value in values if type(value) is float)
            self.whole = all(value.is_integer() and abs(value) <= _WHOLE for value in numbers)
        self.seen |= kinds

    def type(self) -> pa.DataType:
        seen = self.seen
        if seen == {bool}:
            return pa.bool_()
        if seen and seen <= {int, float}:
            return pa.int64() if self.whole else pa.float64()
        if seen == {date}:
            return pa.date32()
        if seen and seen <= {date, datetime}:
            return pa.timestamp("us")
        if seen == {time}:
            return pa.time64("us")
        return pa.string()


def rows_of(path: str, options: dict[str, Any]) -> pa.RecordBatchReader:
    """The rows of the sheet that `sheet` names (its name, or its number from 1); Refusal for what is no table."""
    with open(path, "rb") as file:  # noqa: PTH123 - a path of /proc, resolved by the kernel
        _check_size(file)
        _check_open(file)
        try:
            book = calamine.CalamineWorkbook.from_filelike(file)
            sheet = book.get_sheet_by_name(_wanted(book, str(options.get("sheet") or "").strip()))
        except calamine.PasswordError as error:
            raise Refusal("excel_password") from error
        except (calamine.CalamineError, calamine.XmlError, calamine.ZipError, calamine.WorksheetNotFound) as error:
            raise Refusal("damaged", format="Excel") from error
    return _table(_Sheet(sheet, options))


def _check_size(file: Any) -> None:
    size = file.seek(0, 2)
    file.seek(0)
    if size > MOST_MB << 20:
        raise Refusal("excel_large", megabytes=MOST_MB)
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as packed:
            # These figures may lie; then the child's own limit of memory ends it.
            if sum(part.file_size for part in packed.infolist()) > _MOST_UNPACKED_MB << 20:
                raise Refusal("excel_large", megabytes=MOST_MB)
    file.seek(0)


def _check_open(file: Any) -> None:
    """What is encrypted lies in the container of the old format, under a name that says so."""
    if file.read(8) == _CONTAINER and _ENCRYPTED in file.read(1 << 20):
        raise Refusal("excel_password")
    file.seek(0)


def _wanted(book: calamine.CalamineWorkbook, wanted: str) -> str:
    tables = [sheet.name for sheet in book.sheets_metadata if sheet.typ == calamine.SheetTypeEnum.WorkSheet]
    if not tables:
        raise Refusal("excel_no_sheet")
    if not wanted:
        return tables[0]
    if wanted in tables:
        return wanted
    if wanted.isdigit() and 0 < int(wanted) <= len(tables):
        return tables[int(wanted) - 1]
    raise Refusal("excel_sheet", sheet=wanted[:60], known=", ".join(name[:60] for name in tables[:10]))


class _Sheet:
    """A sheet below its header; rows and columns of cells are counted as the program shows them, from 1 and from A."""

    def __init__(self, sheet: calamine.CalamineSheet, options: dict[str, Any]) -> None:
        self._sheet, self.name = sheet, sheet.name[:60]
        self._first = sheet.start[1] if sheet.start else 0
        self.missing = frozenset(options.get("missing", MISSING)) | {_EMPTY}
        self._texts = {name for name, kind in options.get("types", {}).items() if kind == "text"}
        self.header, names = self._names()
        self._check_merged()
        self.columns = [_Kinds(name, place) for place, name in enumerate(names)]

    def cell(self, row: int, place: int) -> str:
        letters, number = "", self._first + place + 1
        while number:
            number, rest = divmod(number - 1, 26)
            letters = chr(65 + rest) + letters
        return f"{letters}{row}"

    def _names(self) -> tuple[int, list[str]]:
        """The row of the header, the first one that holds anything, and its names without what trails empty."""
        for number, row in enumerate(self._sheet.iter_rows(), start=1):
            if any(value != _EMPTY for value in row):
                names = [unicodedata.normalize("NFC", _said(value).strip()) for value in row]
                named = max(place for place, value in enumerate(row, 1) if value != _EMPTY)
                return number, names[: max(named, self._used(number))]
        raise Refusal("excel_empty", sheet=self.name)

    def _used(self, header: int) -> int:
        """How many columns hold something below the header."""
        most = 0
        for row in islice(self._sheet.iter_rows(), header, None):
            while most < len(row) and any(value != _EMPTY for value in row[most:]):
                most = max(place for place, value in enumerate(row, 1) if value != _EMPTY)
        return most

    def _check_merged(self) -> None:
        for (top, left), (bottom, right) in self._sheet.merged_cell_ranges or ():
            if bottom + 1 >= self.header:
                first, last = self.cell(top + 1, left - self._first), self.cell(bottom + 1, right - self._first)
                raise Refusal("excel_merged", sheet=self.name, cells=f"{first}:{last}", line=top + 1)

    def columns_in_parts(self) -> Iterator[list[tuple[Any, ...]]]:
        """The columns of so many rows at a time; rows in which nothing stands are left out."""
        width = len(self.columns)
        below = islice(self._sheet.iter_rows(), self.header, None)
        rows = (row[:width] for row in below if row.count(_EMPTY) < len(row))
        while taken := list(islice(rows, _BATCH)):
            yield list(zip(*taken, strict=True))

    def type_of(self, column: _Kinds) -> pa.DataType:
        return pa.string() if column.name in self._texts else column.type()


def _check_header(sheet: _Sheet) -> None:
    names = [column.name for column in sheet.columns]
    if all(NUMBER.fullmatch(name) for name in names):
        raise Refusal("excel_no_header", sheet=sheet.name, line=sheet.header)
    try:
        check_names(names, line=sheet.header)
    except Refusal as refusal:
        facts = refusal.said
        if "place" not in facts:
            raise
        cell = sheet.cell(sheet.header, int(facts["place"]) - 1)
        first = sheet.cell(sheet.header, int(facts["first"]) - 1) if "first" in facts else ""
        said = {**facts, "sheet": sheet.name, "cell": cell, "first": first}
        raise Refusal(f"excel_{said.pop('refused')}", **said) from None


def _table(sheet: _Sheet) -> pa.RecordBatchReader:
    _check_header(sheet)
    rows = 0
    for part in sheet.columns_in_parts():
        rows += len(part[0])
        for column, values in zip(sheet.columns, part, strict=False):
            column.see(values, sheet.missing)
    if not rows:
        raise Refusal("excel_no_rows", sheet=sheet.name, line=sheet.header)
    types = [sheet.type_of(column) for column in sheet.columns]
    schema = pa.schema(list(zip([column.name for column in sheet.columns], types, strict=True)))
    return pa.RecordBatchReader.from_batches(schema, _batches(sheet, schema))


def _batches(sheet: _Sheet, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for part in sheet.columns_in_parts():
        # A column in which nothing stands to the end of the sheet is not among the sheet's cells.
        part += [(_EMPTY,) * len(part[0])] * (len(schema) - len(part))
        arrays = [pa.array(_fitted(values, kind), kind) for values, kind in zip(part, schema.types, strict=True)]
        yield pa.record_batch(arrays, schema=schema)


def _fitted(values: Sequence[Any], kind: pa.DataType) -> list[Any]:
    """In a column of words all are kept; in any other there are none but those that stand for no value."""
    if pa.types.is_string(kind):
        return [value if type(value) is str and value.strip() else _worded(value) for value in values]
    if pa.types.is_timestamp(kind):
        return [datetime.combine(value, time()) if type(value) is date else _unless_text(value) for value in values]
    if pa.types.is_integer(kind):
        return [None if type(value) is str else int(value) for value in values]
    return [None if type(value) is str else value for value in values]


def _unless_text(value: Any) -> Any:
    return None if type(value) is str else value


def _worded(value: Any) -> str | None:
    return None if type(value) is str else _said(value)


def _said(value: Any) -> str:
    """A value as text: whole numbers without a point, dates and times as ISO 8601 writes them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) <= _WHOLE:
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        minutes, seconds = divmod(value.total_seconds(), 60)
        hours, minutes = divmod(int(minutes), 60)
        return f"{hours:02d}:{minutes:02d}:{seconds:02g}"
    return str(value)
