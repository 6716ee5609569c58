"""Programs that a test needs and pip does not bring: without them it is skipped with a word, and in CI it fails."""

from __future__ import annotations

import os
import shutil

import pytest


def needs(tool: str) -> None:
    """End the test here where there is no such program."""
    if shutil.which(tool) is None:
        say = f"There is no {tool}: apt install {tool}"
        pytest.fail(say) if os.environ.get("CI") == "true" else pytest.skip(say)
