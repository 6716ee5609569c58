"""Names and texts as SQL takes them, whatever signs they hold; of PostgreSQL and DuckDB alike."""

from __future__ import annotations


def identifier(name: str) -> str:
    """A delimited identifier: the name of a column or table."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text constant. Backslashes mean nothing in it: standard_conforming_strings is on since PostgreSQL 9.1."""
    return "'" + text.replace("'", "''") + "'"
