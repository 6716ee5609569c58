"""How much of a view's rows is held at once on their way online, whether it is all of them, what came, or a step.

Chunks, by a hash of the keys, are what the engine looks through together; of a chunk so many rows are handed on, sealed
and written at once as are no larger than PIECE_BYTES. Both have a bound in rows and one in bytes: a text may be of any
length.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from django.conf import settings

from apps.features.models import FeatureView
from foundation.quoting import identifier

# Rows of the view that are looked at together: some hundred megabytes of keys and values in the engine.
CHUNK_ROWS = 2_000_000
# Handed on at once.
PIECE_ROWS, PIECE_BYTES = 20_000, 16 << 20
# Files are packed to a half or a quarter, and the engine holds a chunk's rows while it looks for the newest ones.
_ROOM = 8
# Of values as they are, which may be packed to next to nothing: the rows, and those of them that are the newest.
_UNPACKED_ROOM = 3
_NUMBER_BYTES = 8
_WHOLE = ("TINYINT", "SMALLINT", "INT", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINT", "UBIGINT", "UHUGEINT")
_NUMBERS = (*_WHOLE, "BOOL", "DATE", "DECIMAL", "DOUBLE", "FLOAT", "REAL", "TIME", "UUID")
# What makes a weight, as columns of a query over `__bytes`, beside the count of rows.
WEIGHT = (
    "coalesce(sum(__bytes), 0)::BIGINT AS size, coalesce(max(__bytes), 0)::BIGINT AS largest, "
    f"coalesce(sum(__bytes) FILTER (__bytes > {PIECE_BYTES // (2 * PIECE_ROWS)}), 0)::BIGINT AS large"
)


@dataclass(frozen=True)
class Weight:
    """Rows, the bytes of their values unpacked, those of the largest row, and of all that are larger than most."""

    rows: int
    size: int
    largest: int
    large: int

    def chunks(self, packed: int) -> int:
        """So many that the rows of one fit into the engine's memory several times; `packed`: bytes of their files."""
        room = settings.LAKE_MEMORY_MB << 20
        parts = (self.rows / CHUNK_ROWS, packed * _ROOM / room, self.size * _UNPACKED_ROOM / room)
        return max(1, *map(math.ceil, parts))

    @property
    def at_once(self) -> int:
        """The large ones could all lie side by side; what is left is half of the room at most."""
        return PIECE_ROWS if self.large <= PIECE_BYTES // 2 else max(1, min(PIECE_ROWS, PIECE_BYTES // self.largest))


def bytes_sql(view: FeatureView) -> str:
    """How large a row's values are, unpacked."""
    texts = [f"coalesce(strlen({identifier(name)}::VARCHAR), 0)" for name in texts_of(view)]
    return " + ".join([str(_NUMBER_BYTES * len(view.feature_names)), *texts])


def texts_of(view: FeatureView) -> list[str]:
    """The features whose values may be of any length."""
    return [one["name"] for one in view.features if one["type"].endswith("]") or not one["type"].startswith(_NUMBERS)]
