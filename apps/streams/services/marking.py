"""How far a stream has come: the mark that the lake keeps with its rows, so that no second place has to agree."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from apps.streams.models import Stream
from foundation.lake import Lake


@dataclass(frozen=True)
class Progress:
    """Places by partition, what was counted up to there, and the newest event time of each partition in µs."""

    places: Mapping[str, str] = field(default_factory=dict)
    high: Mapping[str, int] = field(default_factory=dict)
    rows: int = 0
    late: int = 0
    quarantined: int = 0
    # Events of people who were erased.
    left_out: int = 0

    def beyond(
        self,
        partition: str,
        place: str,
        high: int | None,
        *,
        rows: int,
        late: int,
        quarantined: int,
        left_out: int = 0,
    ) -> Progress:
        return replace(
            self,
            places={**self.places, partition: place},
            high=self.high if high is None else {**self.high, partition: high},
            rows=self.rows + rows,
            late=self.late + late,
            quarantined=self.quarantined + quarantined,
            left_out=self.left_out + left_out,
        )

    def as_mark(self, attempt: int | str) -> str:
        """`attempt` says who wrote it, and is never read: two marks of one place are to differ."""
        said = {name: getattr(self, name) for name in ("places", "high", "rows", "late", "quarantined", "left_out")}
        return json.dumps({**said, "attempt": attempt}, separators=(",", ":"))


def replayer(stream: Stream) -> str:
    """In whose name quarantined events come in."""
    return f"replay:{stream.pk.hex}"


def progress_of(lake: Lake, table: str, writer: str) -> tuple[Progress, str]:
    """What the lake says, and the mark itself."""
    mark = lake.mark_of(table, writer)
    if not mark:
        return Progress(), ""
    said = json.loads(mark)
    said.pop("attempt")
    return Progress(**said), mark
