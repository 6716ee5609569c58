"""What one commit of a stream holds: rows, what was set aside, and how far the stream has come with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from apps.connections.services import Events
from apps.streams.ports import Decoder
from apps.streams.services.marking import Progress
from apps.streams.services.shaping import Shape, set_aside, shape

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Batch:
    """`progress` is true once the batch is committed; `told` is what the stream was told when it was read."""

    count: int
    told: tuple[Decoder, Shape]
    progress: Progress
    rows: pa.Table | None = None
    aside: pa.Table | None = None


def batch_of(found: Sequence[Events], progress: Progress, told: tuple[Decoder, Shape]) -> Batch:
    """What these events come to after what was read before them; nothing is asked and nothing written."""
    import pyarrow as pa

    rows, aside = [], []
    decoder, wanted = told
    for events in found:
        shaped = shape(decoder, events.bodies, events.times, wanted, progress.high.get(events.partition))
        rows.append(shaped.rows)
        if shaped.aside:
            places = [f"{events.partition}:{place}" for place in events.offsets]
            aside.append(set_aside(events.bodies, places, events.times, shaped))
        progress = progress.beyond(
            events.partition,
            events.place or events.offsets[-1],
            shaped.high,
            rows=shaped.rows.num_rows,
            late=shaped.late,
            quarantined=len(shaped.aside),
        )
    return Batch(
        count=sum(len(events.offsets) for events in found),
        told=told,
        progress=progress,
        rows=pa.concat_tables(rows) if rows else None,
        aside=pa.concat_tables(aside) if aside else None,
    )
