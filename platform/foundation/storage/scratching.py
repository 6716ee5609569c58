"""Folders for clear text on its way between store and lake: gone with the block, or soon after its process died."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from foundation import folders


@contextmanager
def scratch(purpose: str) -> Iterator[Path]:
    """A private folder that is removed when the block ends, whatever ends it."""
    with folders.held_folder(_home(), f"{purpose}-") as folder:
        yield folder


def sweep_scratch() -> int:
    """Remove what killed processes left; how many folders there were."""
    return folders.sweep(_home())


def _home() -> Path:
    return Path(settings.SANAD_HOME) / "scratch"
