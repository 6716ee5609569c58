"""What one case measured, as `make bench` prints and writes it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

import psutil


def machine() -> dict[str, Any]:
    """Cores, memory, and how busy it was before we began: what a reader needs to judge the figures."""
    memory = round(psutil.virtual_memory().total / 2**30, 1)
    return {"cores": os.cpu_count(), "memory_gib": memory, "load_before": round(os.getloadavg()[0], 1)}


@dataclass(frozen=True)
class Row:
    """One case. Figures are medians; a ratio is oriented so that larger is better for us; `spread` is max/min of ours.

    `bar` is the least `ratio_peer` that passes; None: there is no bar yet.
    """

    area: str
    case: str
    unit: str
    ours: float
    peer: float | None
    peer_name: str
    limit: float | None
    ratio_peer: float | None
    ratio_limit: float | None
    machine: dict[str, Any]
    runs: int
    spread: float
    bar: float | None = field(default=None)

    @classmethod
    def of_rates(
        cls,
        area: str,
        case: str,
        unit: str,
        *,
        ours: Sequence[float],
        peer: Sequence[float],
        peer_name: str,
        limit: Sequence[float],
        machine: dict[str, Any],
        bar: float | None = None,
    ) -> Row:
        """A row of figures where more is better, one of each side a round."""
        middle, other, most = median(ours), median(peer), median(limit)
        return cls(
            area=area,
            case=case,
            unit=unit,
            ours=round(middle, 1),
            peer=round(other, 1),
            peer_name=peer_name,
            limit=round(most, 1),
            ratio_peer=round(middle / other, 2),
            ratio_limit=round(middle / most, 3),
            machine=machine,
            runs=len(ours),
            spread=round(max(ours) / min(ours), 2),
            bar=bar,
        )

    @property
    def missed(self) -> bool:
        return self.bar is not None and (self.ratio_peer is None or self.ratio_peer < self.bar)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
