"""Answers on the terminal: tables for people on a terminal, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def show(thing: Any, *, as_json: bool) -> None:
    """One thing: JSON, or its plain values line by line."""
    if as_json or not sys.stdout.isatty():
        print(json.dumps(thing, ensure_ascii=False, indent=None if not sys.stdout.isatty() else 2))
        return
    for name, value in thing.items():
        if not isinstance(value, dict | list):
            print(f"{name:<18} {value}")


def table(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool) -> None:
    """Many things: JSON lines for programs, aligned columns for people."""
    listed = list(rows)
    if as_json or not sys.stdout.isatty():
        for row in listed:
            print(json.dumps(row, ensure_ascii=False))
        return
    texts = [[str(row.get(column, "")) for column in columns] for row in listed]
    widths = [
        max(len(column), *(len(text[place]) for text in texts), 0) if texts else len(column)
        for place, column in enumerate(columns)
    ]
    print("  ".join(column.upper().ljust(width) for column, width in zip(columns, widths, strict=True)))
    for text in texts:
        print("  ".join(value.ljust(width) for value, width in zip(text, widths, strict=True)))


def tell(sentence: str) -> None:
    """Progress and remarks go to standard error, so that answers can be piped."""
    print(sentence, file=sys.stderr)
