"""What a version says of its source only while it is read: of a folder of many files that is millions of signs."""

from __future__ import annotations

import hashlib
from typing import Any

# The place of a table's cursor and the snapshot of a Delta table are short, and tell people what was read.
_MOST = 2_000
_WHILE_READ = ("since", "reached", "pin")


def without_listings(source: dict[str, Any]) -> dict[str, Any]:
    """The source of a version that has come to its end: of a long pin stays the SHA-256, as `pin_digest`."""
    long = {name for name in _WHILE_READ if len(str(source.get(name) or "")) > _MOST}
    if "pin" in long:
        source = {**source, "pin_digest": hashlib.sha256(source["pin"].encode()).hexdigest()}
    return {name: said for name, said in source.items() if name not in long}
