"""The port of a format: from the bytes of an event to its fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

# The fields of an event by name; None where it cannot be decoded, and anything else where it has no named fields.
Decoded = Any


class Decoder(Protocol):
    """It reads a schema once and holds no more than one event at a time: the bytes are a stranger's.

    Depth and size of what comes out are bounded by the bytes that went in, whatever they say.
    """

    def decode(self, bodies: Sequence[bytes]) -> list[Decoded]:
        """Each event's fields, in their order."""

    def columns(self) -> list[dict[str, Any]] | None:
        """What the schema says of columns, as a stream declares them; None where there is no schema."""
