"""How long an entity's key may be: one rule for what is computed, served and asked for. Knows nothing of Django."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

# Of one join key's value, as UTF-8. Longer ones are texts or documents by mistake, and each is hashed on every read.
MOST_BYTES = 1_000


def too_long(values: Iterable[Any]) -> bool:
    """Whether one of an entity's key values is longer than a key may be."""
    return any(len(str(value).encode(errors="surrogatepass")) > MOST_BYTES for value in values)
