"""Names of columns in sentences."""

from __future__ import annotations

from collections.abc import Iterable


def column_list(names: Iterable[str]) -> str:
    """One after the other, each in quotation marks."""
    return ", ".join(f"“{name}”" for name in names)
