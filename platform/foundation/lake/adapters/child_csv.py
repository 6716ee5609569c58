"""In the child: CSV. Names and dialect first, then types over the whole file; mistakes are named by line and column."""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from duckdb import DuckDBPyConnection

from foundation.lake.adapters.child_refusal import Refusal

MISSING = ("NA", "N/A", "n/a", "NULL", "null", "NaN", "nan", "None", "-", "?")
_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE = 64 * 1024
_MIXED_FROM = 0.5  # of a column's values; below it, numbers among words are words
_FIELD_LIMIT = 16 << 20
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_BOMS = {codecs.BOM_UTF16_LE: "UTF-16", codecs.BOM_UTF16_BE: "UTF-16"}


def plan(reader: DuckDBPyConnection, path: str, options: dict[str, Any]) -> str:
    """The query whose rows are the file's; raises Refusal for what cannot be a table."""
    check_text(path)
    delimiter, quote = dialect(path, options)
    names = _header(path, delimiter, quote)
    texts = [name for name, kind in options.get("types", {}).items() if kind == "text"]
    given = _given(path, delimiter, quote, names, texts)
    kinds = {name: kind for name, kind, *_ in reader.execute(f"DESCRIBE FROM {given}").fetchall()}
    missing = tuple(options.get("missing", MISSING))
    suspects = [name for name in names if kinds[name] == "VARCHAR" and name not in texts]
    numbers = _numbers(reader, given, suspects, missing)
    mixed = next((name for name, found in numbers.items() if found.share >= _MIXED_FROM and found.share < 1), None)
    if mixed is not None:
        _refuse_mixed(path, delimiter, quote, names, mixed, missing)
    columns = (_column(name, kinds[name], numbers.get(name), missing) for name in names)
    return f"SELECT {', '.join(columns)} FROM {given}"


def _given(path: str, delimiter: str, quote: str, names: Sequence[str], texts: Sequence[str]) -> str:
    """What DuckDB reads: types are found over the whole file, so that no later row can break them."""
    settings = [
        f"delim={_q(delimiter)}, quote={_q(quote)}, escape={_q(quote)}, header=true, skip=0, nullstr=''",
        f"encoding='utf-8', strict_mode=true, null_padding=false, sample_size=-1, max_line_size={_FIELD_LIMIT}",
        f"names=[{', '.join(map(_q, names))}]",
    ]
    if texts:
        settings.append(f"types={{{', '.join(_q(name) + ': ' + _q('VARCHAR') for name in texts)}}}")
    return f"read_csv({_q(path)}, {', '.join(settings)})"


def check_text(path: str) -> None:
    """UTF-8 from the first byte to the last, or a refusal that says where not."""
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    line = 1
    with open(path, "rb") as file:  # noqa: PTH123 - a path of /proc, resolved by the kernel
        head = file.read(4)
        if head[:2] in _BOMS:
            raise Refusal("encoding", line=1, guess=_BOMS[head[:2]])
        file.seek(0)
        while chunk := file.read(1 << 20):
            if b"\0" in chunk:
                raise Refusal("binary", line=line + chunk[: chunk.index(b"\0")].count(b"\n"))
            held = decoder.getstate()[0]
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                place = max(0, error.start - len(held))
                line += chunk[:place].count(b"\n")
                raise Refusal("encoding", line=line, guess=_guess(chunk[place : place + 400])) from None
            line += chunk.count(b"\n")
        if decoder.getstate()[0]:
            raise Refusal("encoding", line=line, guess="")


def _guess(sample: bytes) -> str:
    """The likely encoding, told by how many letters of one script it gives; none where nothing fits."""
    scores = {}
    for name, script in (("windows-1256", "ARABIC"), ("windows-1252", "LATIN")):
        text = sample.decode(name, errors="replace")
        odd = [sign for sign in text if ord(sign) > 127]
        scores[name] = sum(unicodedata.name(sign, "").startswith(script) for sign in odd) / max(1, len(odd))
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] > 0.5 else ""


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


def _header(path: str, delimiter: str, quote: str) -> list[str]:
    rows = _rows(path, delimiter, quote)
    line, names = next(rows, (1, []))
    names = [unicodedata.normalize("NFC", name.strip()) for name in names]
    check_names(names, line=line)
    if all(_NUMBER.fullmatch(name) for name in names):
        raise Refusal("no_header", line=line)
    if next(rows, None) is None:
        raise Refusal("no_rows")
    return names


def check_names(names: Sequence[str], *, line: int | None) -> None:
    """Every column has a name of its own; the lake does not tell A from a."""
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


def _numbers(
    reader: DuckDBPyConnection, given: str, names: Sequence[str], missing: Sequence[str]
) -> dict[str, _Numbers]:
    """What is in columns that are text, perhaps only because of some values."""
    if not names:
        return {}
    parts = []
    for name in names:
        kept = _without(name, missing)
        whole = f"count({kept}) FILTER (regexp_full_match(trim({_i(name)}), '[+-]?\\d{{1,18}}'))"
        parts += [f"count({kept})", f"count(TRY_CAST({kept} AS DOUBLE))", whole]
    row = reader.execute(f"SELECT {', '.join(parts)} FROM {given}").fetchone() or ()
    counted = zip(names, row[::3], row[1::3], row[2::3], strict=True)
    return {name: _Numbers(number / there, whole == there) for name, there, number, whole in counted if there}


def _column(name: str, kind: str, numbers: _Numbers | None, missing: Sequence[str]) -> str:
    if kind == "VARCHAR" and numbers is not None and numbers.share == 1:
        return f"{_without(name, missing)}::{'BIGINT' if numbers.whole else 'DOUBLE'} AS {_i(name)}"
    return _i(name)


def _without(name: str, missing: Sequence[str]) -> str:
    words = ", ".join(map(_q, missing))
    return f"CASE WHEN trim({_i(name)}) NOT IN ({words}) THEN {_i(name)} END" if words else _i(name)


def _refuse_mixed(
    path: str, delimiter: str, quote: str, names: Sequence[str], column: str, missing: Sequence[str]
) -> None:
    place, rows = names.index(column), _rows(path, delimiter, quote)
    next(rows)
    for line, row in rows:
        value = row[place].strip()
        if value and value not in missing and not _NUMBER.fullmatch(value):
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
    csv.field_size_limit(_FIELD_LIMIT)
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


def _q(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _i(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
