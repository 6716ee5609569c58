from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sanad.client import Client
from sanad.errors import Failed
from sanad.samples import flights
from sanad.samples.kept import Kept

if TYPE_CHECKING:
    from sanad.demo import Walk


def must(holds: object, sentence: str) -> None:
    """End the walk unless this holds."""
    if not holds:
        raise Failed(sentence)


class Stage:
    """What the steps hand on to each other. `files` stand in for the package's own: fewer of the same rows, say."""

    def __init__(
        self, walk: Walk, people: dict[str, Client], home: Path, *, files: Mapping[str, Path] | None = None
    ) -> None:
        self.walk, self.figures, self.began = walk, walk.figures, walk.began
        self.scientist, self.officer, self.admin = (people[role] for role in ("scientist", "officer", "admin"))
        self.home, self.files = home, files or flights.files()
        self.whole = files is None
        self.kept = Kept(self.scientist)
        self.made: dict[str, Any] = {}
