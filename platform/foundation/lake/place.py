"""Where one tenant's lake lies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class LakePlace:
    """Catalogue, files, spill and key of one lake; the key is asked for each time that a session is used."""

    database_url: str = field(repr=False)
    schema: str
    data: Path
    spill: Path
    memory_mb: int
    key: Callable[[], bytes] = field(repr=False, compare=False)
