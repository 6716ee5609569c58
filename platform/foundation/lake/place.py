"""Where one tenant's lake lies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class LakePlace:
    """Catalogue, files, spill and keys of one lake; the keys are asked for each time that a session is used.

    `keys` are the living ones by number, the last of which seals; `first_key` is what lakes of the first releases are
    sealed under, until they are opened the first time by this one.
    """

    database_url: str = field(repr=False)
    schema: str
    data: Path
    spill: Path
    memory_mb: int
    keys: Callable[[], Mapping[int, bytes]] = field(repr=False, compare=False)
    first_key: Callable[[], bytes] = field(repr=False, compare=False)
