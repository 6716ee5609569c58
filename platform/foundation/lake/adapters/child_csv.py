"""In the child: CSV. Names and dialect first, then types over the whole file; mistakes are named by line and column."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
from duckdb import DuckDBPyConnection

from foundation.lake.adapters import child_text
from foundation.lake.adapters.child_refusal import Refusal
from foundation.lake.adapters.child_signs import FIELD_LIMIT, check_text
from foundation.quoting import identifier, literal

MISSING = ("NA", "N/A", "n/a", "NULL", "null", "NaN", "nan", "None", "-", "?")
_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE = 64 * 1024
_MIXED_FROM = 0.5  # of a column's values; below it, numbers among words are words
FIRST_ROWS = 20_480
# Of wide tables fewer rows are looked at for codes: each cell costs a look.
_MOST_CELLS = 4_000_000
# Each is a column of the lake with files, sketches and a row on a page of its own.
MOST_COLUMNS = 2_000
# Digits that name something: a telephone number, a code that is filled up with zeros (of two digits it is a month or an
# hour), or more digits than a number keeps.
_CODE = r"\+\d{7,15}|0\d{2,}|\d{20,}"
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def plan(reader: DuckDBPyConnection, path: str, options: dict[str, Any], spare: str) -> str:
    """The query whose rows are the file's; raises Refusal for what cannot be a table.

    A file whose lines end in several ways is rewritten into `spare` first, with one way for all.
    """
    check_text(path)
    try:
        return _planned(reader, path, options)
    except duckdb.Error:
        if not child_text.with_one_end(path, spare):
            raise
    return _planned(reader, spare, options)


def _planned(reader: DuckDBPyConnection, path: str, options: dict[str, Any]) -> str:
    """The query, of lines that end in one way.

    Types are found over the whole file, so that no later row can break them, and then said: found once more while the
    rows are read, they would cost a pass.
    """
    delimiter, quote = dialect(path, options)
    names = header(path, delimiter, quote)
    missing = tuple(options.get("missing", MISSING))
    texts = texts_of(reader, path, settings(delimiter, quote), names, options)
    kinds, forms = sniffed(reader, path, settings(delimiter, quote), names, texts)
    given = told(path, settings(delimiter, quote), names, kinds, forms)
    suspects = [name for name in names if kinds[name] == "VARCHAR" and name not in texts]
    numbers = _numbers(reader, given, may_be_numbers(reader, given, suspects, missing), missing)
    mixed = next((name for name, found in numbers.items() if found.share >= _MIXED_FROM and found.share < 1), None)
    if mixed is not None:
        _refuse_mixed(path, delimiter, quote, names, mixed, missing)
    columns = ", ".join(_column(name, kinds[name], numbers.get(name), missing) for name in names)
    return f"SELECT {columns} FROM {given}"


def texts_of(
    reader: DuckDBPyConnection, path: str, settings: str, names: Sequence[str], options: dict[str, Any]
) -> list[str]:
    """The columns that are text, whatever they look like: their owner says so, or their first rows are codes.

    A code is no number: its zeros and its plus would be lost, and nobody computes with it.
    """
    said = options.get("types", {})
    if unknown := [name for name in said if name not in names]:
        raise Refusal("no_such_column", column=unknown[0], names=", ".join(names[:12]))
    kinds = {**options.get("like", {}), **said}
    asked, missing = [name for name in names if name not in kinds], tuple(options.get("missing", MISSING))
    texts = [name for name in names if kinds.get(name) == "text"]
    return texts + _codes(reader, path, settings, names, asked, missing)


def _codes(
    reader: DuckDBPyConnection,
    path: str,
    settings: str,
    names: Sequence[str],
    asked: Sequence[str],
    missing: Sequence[str],
) -> list[str]:
    """Of the columns asked for: those that hold nothing but digits in the first rows, and a code among them."""
    if not asked:
        return []
    given = told(path, settings, names, dict.fromkeys(names, "VARCHAR"), {})
    parts = []
    for name in asked:
        value = f"trim({_without(name, missing)})"
        parts.append(f"bool_and(regexp_full_match({value}, '[+-]?\\d+'))")
        parts.append(f"bool_or(regexp_full_match({value}, '{_CODE}'))")
    first = f"(SELECT * FROM {given} LIMIT {max(1, min(FIRST_ROWS, _MOST_CELLS // len(names)))})"
    row = reader.execute(f"SELECT {', '.join(parts)} FROM {first}").fetchone() or ()
    return [name for name, digits, code in zip(asked, row[::2], row[1::2], strict=True) if digits and code]


def settings(delimiter: str, quote: str) -> str:
    """How the file is written, as DuckDB takes it."""
    said = (
        f"delim={literal(delimiter)}, quote={literal(quote)}, escape={literal(quote)}, header=true, skip=0, nullstr=''"
    )
    said += ", encoding='utf-8', strict_mode=true, null_padding=false"
    return f"{said}, max_line_size={FIELD_LIMIT}, buffer_size={FIELD_LIMIT}"


def sniffed(
    reader: DuckDBPyConnection, path: str, settings: str, names: Sequence[str], texts: Sequence[str], sample: int = -1
) -> tuple[dict[str, str], dict[str, str]]:
    """Each column's type by so many of the rows (-1: by all), and how dates and times are written."""
    said = f"{settings}, sample_size={sample}, names=[{', '.join(map(literal, names))}]"
    if texts:
        said += f", types={{{', '.join(literal(name) + ': ' + literal('VARCHAR') for name in texts)}}}"
    query = f"SELECT Columns, DateFormat, TimestampFormat FROM sniff_csv({literal(path)}, {said})"
    columns, dates, times = reader.execute(query).fetchone() or ((), None, None)
    forms = {"dateformat": dates, "timestampformat": times}
    return {column["name"]: column["type"] for column in columns}, {name: form for name, form in forms.items() if form}


def told(path: str, settings: str, names: Sequence[str], kinds: Mapping[str, str], forms: Mapping[str, str]) -> str:
    """The file's rows, of types that are found no more but said."""
    columns = ", ".join(f"{literal(name)}: {literal(kinds[name])}" for name in names)
    written = "".join(f", {name}={literal(form)}" for name, form in forms.items())
    return f"read_csv({literal(path)}, {settings}, auto_detect=false, columns={{{columns}}}{written})"


def dialect(path: str, options: dict[str, Any]) -> tuple[str, str]:
    """Delimiter and quote: as told, else the delimiter that parts the first lines most evenly."""
    with _opened(path) as file:
        sample = file.read(_SAMPLE)
    if not sample.strip():
        raise Refusal("empty")
    quote = options.get("quote") or _quote_of(sample)
    if given := options.get("delimiter"):
        return given, quote
    lines = sample.splitlines(keepends=True)[:200]
    return max(_DELIMITERS, key=lambda delimiter: _evenness(lines, delimiter, quote)), quote


def _quote_of(sample: str) -> str:
    apostrophes = len(re.findall(r"(?:^|[,;\t|])'[^'\n]*'(?=[,;\t|\r\n])", sample, re.MULTILINE))
    return "'" if apostrophes > 2 and '"' not in sample else '"'


def _evenness(lines: Sequence[str], delimiter: str, quote: str) -> tuple[float, int]:
    try:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter, quotechar=quote) if row]
    except csv.Error:
        return (0.0, 0)
    header = widths[0] if widths else 0
    even = sum(width == header for width in widths) / max(1, len(widths))
    return (even if header > 1 else 0.0, header)


def header(path: str, delimiter: str, quote: str) -> list[str]:
    """The columns' names; Refusal where they are none, or no row follows."""
    rows = _rows(path, delimiter, quote)
    line, names = next(rows, (1, []))
    names = [unicodedata.normalize("NFC", name.strip()) for name in names]
    check_names(names, line=line)
    if all(NUMBER.fullmatch(name) for name in names):
        raise Refusal("no_header", line=line)
    if next(rows, None) is None:
        raise Refusal("no_rows")
    return names


def names_as_written(path: str, delimiter: str, quote: str) -> list[str]:
    """The first line's fields as they stand there."""
    return next(_rows(path, delimiter, quote), (1, []))[1]


def check_names(names: Sequence[str], *, line: int | None) -> None:
    """Every column has a name of its own; the lake does not tell A from a."""
    if len(names) > MOST_COLUMNS:
        raise Refusal("many_columns", count=len(names), most=MOST_COLUMNS)
    seen: dict[str, int] = {}
    for place, name in enumerate(names, start=1):
        if not name:
            raise Refusal("unnamed_column", line=line, place=place)
        if len(name) > 200 or any(unicodedata.category(sign) == "Cc" for sign in name):
            raise Refusal("bad_name", line=line, place=place)
        if name.casefold() in seen:
            raise Refusal("duplicate_column", line=line, column=name, first=seen[name.casefold()], place=place)
        seen[name.casefold()] = place


@dataclass(frozen=True)
class _Numbers:
    """Of the values that are there: the share that are numbers, and whether all are whole ones."""

    share: float
    whole: bool


def may_be_numbers(reader: DuckDBPyConnection, given: str, names: Sequence[str], missing: Sequence[str]) -> list[str]:
    """Those that are not words alone in the first rows: to look whether all of a column is one takes a pass more."""
    first = f"(SELECT * FROM {given} LIMIT {FIRST_ROWS})"
    words = {name for name, found in _numbers(reader, first, names, missing).items() if not found.share}
    return [name for name in names if name not in words]


def _numbers(
    reader: DuckDBPyConnection, given: str, names: Sequence[str], missing: Sequence[str]
) -> dict[str, _Numbers]:
    """What is in columns that are text, perhaps only because of some values."""
    if not names:
        return {}
    parts = []
    for name in names:
        kept = _without(name, missing)
        whole = f"count({kept}) FILTER (regexp_full_match(trim({identifier(name)}), '[+-]?\\d{{1,18}}'))"
        parts += [f"count({kept})", f"count(TRY_CAST({kept} AS DOUBLE))", whole]
    row = reader.execute(f"SELECT {', '.join(parts)} FROM {given}").fetchone() or ()
    counted = zip(names, row[::3], row[1::3], row[2::3], strict=True)
    return {name: _Numbers(number / there, whole == there) for name, there, number, whole in counted if there}


def _column(name: str, kind: str, numbers: _Numbers | None, missing: Sequence[str]) -> str:
    if kind == "VARCHAR" and numbers is not None and numbers.share == 1:
        return f"{_without(name, missing)}::{'BIGINT' if numbers.whole else 'DOUBLE'} AS {identifier(name)}"
    return identifier(name)


def _without(name: str, missing: Sequence[str]) -> str:
    words = ", ".join(map(literal, missing))
    return (
        f"CASE WHEN trim({identifier(name)}) NOT IN ({words}) THEN {identifier(name)} END"
        if words
        else identifier(name)
    )


def _refuse_mixed(
    path: str, delimiter: str, quote: str, names: Sequence[str], column: str, missing: Sequence[str]
) -> None:
    place, rows = names.index(column), _rows(path, delimiter, quote)
    next(rows)
    for line, row in rows:
        value = row[place].strip()
        if value and value not in missing and not NUMBER.fullmatch(value):
            raise Refusal("mixed_column", line=line, column=column, value=value[:40])


def explain(path: str, options: dict[str, Any]) -> None:
    """Raise the Refusal that names the first line which does not fit."""
    delimiter, quote = dialect(path, options)
    rows = _rows(path, delimiter, quote)
    width = len(next(rows, (1, []))[1])
    for line, row in rows:
        if len(row) != width:
            raise Refusal("wrong_width", line=line, found=len(row), wanted=width)


def _rows(path: str, delimiter: str, quote: str) -> Iterator[tuple[int, list[str]]]:
    """The line each record begins on, and its fields; strict about quotes."""
    csv.field_size_limit(FIELD_LIMIT)
    with _opened(path) as file:
        reader = csv.reader(file, delimiter=delimiter, quotechar=quote, strict=True)
        line = 1
        while True:
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                open_quote = "end of data" in str(error) or "field larger" in str(error)
                raise Refusal(
                    "open_quote" if open_quote else "quote", line=line if open_quote else reader.line_num
                ) from None
            if row:
                yield line, row
            line = reader.line_num + 1


def _opened(path: str) -> io.TextIOWrapper:
    return open(path, encoding="utf-8-sig", newline="")  # noqa: PTH123 - a path of /proc, resolved by the kernel
