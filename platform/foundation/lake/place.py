"""Where one tenant's lake lies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class LakePlace:
    """Catalogue, files, spill and key of one lake; the key is fetched when a session opens and kept nowhere else."""

    database_url: str = field(repr=False)
    schema: str
    data: Path
    spill: Path
    memory_mb: int
    key: Callable[[], bytes] = field(repr=False, compare=False)
