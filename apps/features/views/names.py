"""Names in one cell of a table: whole where they are short, else their beginning, in whose place a key brings all."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.html import format_html
from django.utils.safestring import SafeString

_SHORT, _BEGINNING = 60, 58


def names_cell(names: Iterable[str]) -> SafeString:
    """Names of SQL, in their order, from left to right on every page."""
    whole = ", ".join(names)
    if len(whole) <= _SHORT:
        return format_html("<bdi>{}</bdi>", whole)
    beginning = f"{whole[:_BEGINNING]}…"
    return format_html(
        '<details class="s-names"><summary><bdi>{}</bdi><bdi>{}</bdi></summary></details>', beginning, whole
    )
