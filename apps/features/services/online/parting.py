"""Into how many chunks a view's rows are parted on their way online, so that each fits into the engine's memory."""

from __future__ import annotations

import math

from django.conf import settings

# Rows of the view that are looked at together: some hundred megabytes of keys and values in the engine.
CHUNK_ROWS = 2_000_000
# Files are packed to a half or a quarter, and the engine holds a chunk's rows while it looks for the newest ones.
_ROOM = 8


def chunks_of(rows: int, size: int) -> int:
    """So many that the rows of one fit into the engine's memory several times, packed in their files as they are."""
    return max(1, math.ceil(rows / CHUNK_ROWS), math.ceil(size * _ROOM / (settings.LAKE_MEMORY_MB << 20)))
