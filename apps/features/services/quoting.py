"""Names in SQL that we write ourselves."""

from __future__ import annotations

from collections.abc import Iterable


def quoted(name: str) -> str:
    """An identifier, whatever signs it has."""
    return '"' + name.replace('"', '""') + '"'


def column_list(names: Iterable[str]) -> str:
    """Names for a sentence."""
    return ", ".join(f"“{name}”" for name in names)
