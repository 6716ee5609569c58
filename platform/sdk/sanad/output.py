"""Answers on the terminal: tables for people on a terminal, JSON for programs."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

# What a terminal obeys instead of showing it, and what turns the order of signs round: names and values are strangers'.
_COMMANDS = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def shown(text: str) -> str:
    """The text as a terminal may have it, in one line: what it would obey is written as an escape."""
    return _COMMANDS.sub(lambda sign: f"\\u{ord(sign.group()):04x}", text)


def _as_json(thing: Any) -> str:
    if not sys.stdout.isatty():
        return json.dumps(thing, ensure_ascii=False)
    return "\n".join(map(shown, json.dumps(thing, ensure_ascii=False, indent=2).split("\n")))


def show(thing: Any, *, as_json: bool) -> None:
    """One thing: JSON, or its plain values line by line."""
    if as_json or not sys.stdout.isatty():
        print(_as_json(thing))
        return
    for name, value in thing.items():
        if not isinstance(value, dict | list):
            print(f"{shown(name):<18} {shown(_cell(value))}")


def table(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool) -> None:
    """Many things: JSON lines for programs, aligned columns for people."""
    listed = list(rows)
    if as_json or not sys.stdout.isatty():
        for row in listed:
            said = json.dumps(row, ensure_ascii=False)
            print(shown(said) if sys.stdout.isatty() else said)
        return
    texts = [[shown(_cell(row.get(column, ""))) for column in columns] for row in listed]
    widths = [
        max(len(shown(column)), *(len(text[place]) for text in texts), 0) if texts else len(shown(column))
        for place, column in enumerate(columns)
    ]
    print("  ".join(shown(column).upper().ljust(width) for column, width in zip(columns, widths, strict=True)))
    for text in texts:
        print("  ".join(value.ljust(width) for value, width in zip(text, widths, strict=True)))


def _cell(value: Any) -> str:
    """A value as people read it: nothing as a dash, and six places of what is not whole, or three figures of less."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.3g}" if 0 < abs(value) < 1e-3 else str(round(value, 6))
    return str(value)


def tell(sentence: str) -> None:
    """Progress and remarks go to standard error, so that answers can be piped."""
    print("\n".join(map(shown, sentence.split("\n"))) if sys.stderr.isatty() else sentence, file=sys.stderr)


def tell_warnings(thing: Mapping[str, Any]) -> None:
    """What whoever goes on with the thing should know first, a line each."""
    for warning in [*thing.get("warnings", ()), *thing.get("similar", ())]:
        tell(f"! {warning}")
