"""Regular expressions as the lake's engine reads them: RE2, without look-around, in time that grows with the text."""

from __future__ import annotations

import duckdb


def is_pattern(text: str) -> bool:
    """Whether it can be compiled at all."""
    with duckdb.connect() as bare:
        try:
            bare.execute("SELECT regexp_full_match('', ?)", [text]).fetchall()
        except duckdb.Error:
            return False
    return True
