"""What one commit of a stream holds: rows, what was set aside, and how far the stream has come with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from apps.connections.services import Events
from apps.datasets.services import ErasedPeople, TokenKey
from apps.streams.ports import Decoder
from apps.streams.services.marking import Progress
from apps.streams.services.setting_aside import set_aside
from apps.streams.services.shaping import Shape, shape

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Told:
    """All by which events become rows, as it is at one moment; `tokens` where the stream makes some."""

    stream_id: UUID
    decoder: Decoder
    shape: Shape
    tokens: TokenKey | None
    erased: ErasedPeople


@dataclass(frozen=True)
class Batch:
    """`progress` is true once the batch is committed; `told` is what the stream was told when it was read."""

    count: int
    told: Told
    progress: Progress
    rows: pa.Table | None = None
    aside: pa.Table | None = None


def batch_of(found: Sequence[Events], progress: Progress, told: Told) -> Batch:
    """What these events come to after what was read before them; nothing is asked and nothing written."""
    import pyarrow as pa

    rows, aside = [], []
    for events in found:
        bodies, times, high = events.bodies, events.times, progress.high.get(events.partition)
        shaped = shape(told.decoder, bodies, times, told.shape, high, tokens=told.tokens, erased=told.erased)
        rows.append(shaped.rows)
        if shaped.aside:
            places = [f"{events.partition}:{place}" for place in events.offsets]
            aside.append(
                set_aside(bodies, places, times, shaped, stream_id=told.stream_id, tokens=told.tokens),
            )
        progress = progress.beyond(
            events.partition,
            events.place or events.offsets[-1],
            shaped.high,
            rows=shaped.rows.num_rows,
            late=shaped.late,
            quarantined=len(shaped.aside),
            left_out=len(shaped.left_out),
        )
    return Batch(
        count=sum(len(events.offsets) for events in found),
        told=told,
        progress=progress,
        rows=pa.concat_tables(rows) if rows else None,
        aside=pa.concat_tables(aside) if aside else None,
    )
