"""What kind of thing a column's type is."""

from __future__ import annotations

from foundation.lake.adapters.widths import is_nested

_NUMBERS = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "UHUGEINT",
)
WHOLE = frozenset(_NUMBERS)


def kind_of(type_: str) -> str:
    """number, time, boolean, text or other."""
    if is_nested(type_):
        return "other"
    if type_ in WHOLE or type_ in ("FLOAT", "DOUBLE") or type_.startswith("DECIMAL"):
        return "number"
    if type_ == "DATE" or type_.startswith("TIMESTAMP"):
        return "time"
    return {"BOOLEAN": "boolean", "VARCHAR": "text", "UUID": "text", "TIME": "text"}.get(type_, "other")
