"""Folders for clear text on its way between store and lake: gone with the block, or soon after its process died."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from foundation import folders
from foundation.errors import Unavailable


@contextmanager
def scratch(purpose: str) -> Iterator[Path]:
    """A private folder that is removed when the block ends, whatever ends it; Unavailable where the disk is full."""
    with folders.held_folder(_home(), f"{purpose}-") as folder:
        try:
            yield folder
        except OSError as error:
            if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
                raise
            raise Unavailable(
                _("This machine's disk is full; nothing was kept. Ask whoever runs it for room, then try again.")
            ) from error


def sweep_scratch() -> int:
    """Remove what killed processes left; how many folders there were."""
    return folders.sweep(_home())


def _home() -> Path:
    return Path(settings.SANAD_HOME) / "scratch"
