"""In the child: JSON lines, one object a line."""

from __future__ import annotations

import json
from typing import Any

from duckdb import DuckDBPyConnection

from foundation.lake.adapters.child_csv import MOST_COLUMNS, check_names
from foundation.lake.adapters.child_refusal import Refusal
from foundation.lake.adapters.child_signs import check_text
from foundation.quoting import identifier

_LINE_LIMIT = 16 << 20


def plan(reader: DuckDBPyConnection, path: str, options: dict[str, Any]) -> str:
    """The query whose rows are the file's; raises Refusal for what cannot be a table."""
    check_text(path)
    given = (
        f"read_json('{path}', format='newline_delimited', records=true, sample_size=-1, maximum_depth=-1,"
        f" maximum_object_size={_LINE_LIMIT})"
    )
    described = reader.execute(f"DESCRIBE FROM {given}").fetchall()
    names = [name for name, *_ in described]
    check_names(names, line=None)
    texts = {name for name, kind in options.get("types", {}).items() if kind == "text"}
    columns = []
    for name, kind, *_ in described:
        quoted = identifier(name)
        if "JSON" in kind and name not in texts:
            _refuse_mixed(path, name)
        columns.append(f"json_extract_string({quoted}, '$') AS {quoted}" if kind == "JSON" else quoted)
    return f"SELECT {', '.join(columns)} FROM {given}"


def _refuse_mixed(path: str, column: str) -> None:
    first: tuple[int, str] | None = None
    for line, record in _records(path):
        kind = _kind(record.get(column))
        if kind is None:
            continue
        first = first or (line, kind)
        if kind != first[1]:
            raise Refusal("mixed_kinds", line=line, column=column, kind=kind, first_line=first[0], first_kind=first[1])


def _kind(value: object) -> str | None:
    if value is None:
        return None
    kinds = {bool: "boolean", int: "number", float: "number", str: "text", list: "list", dict: "object"}
    return kinds[type(value)]


def explain(path: str) -> None:
    """Raise the Refusal that names the first line which is not one object, or says that there are too many names."""
    names: set[str] = set()
    for _line, record in _records(path):
        names |= record.keys()
    if len(names) > MOST_COLUMNS:
        raise Refusal("many_columns", count=len(names), most=MOST_COLUMNS)


def _records(path: str) -> Any:
    with open(path, encoding="utf-8-sig") as file:  # noqa: PTH123 - a path of /proc, resolved by the kernel
        line = 0
        while text := file.readline(_LINE_LIMIT):
            line += 1
            if text.strip():
                yield line, _record(text, line)


def _record(text: str, line: int) -> dict[str, Any]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        for name in (name for name, _ in pairs if [other for other, _ in pairs].count(name) > 1):
            raise Refusal("duplicate_name", line=line, column=name[:120])
        return dict(pairs)

    try:
        record = json.loads(text, object_pairs_hook=once)
    except ValueError as error:
        raise Refusal("bad_json", line=line, place=getattr(error, "colno", 1)) from None
    except RecursionError:
        raise Refusal("bad_json", line=line, place=1) from None
    if not isinstance(record, dict):
        raise Refusal("not_an_object", line=line)
    return record
