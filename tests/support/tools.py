"""Programs that a test needs and pip does not bring: without them it is skipped with a word, and in CI it fails."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec

import pytest


def needs(tool: str, package: str = "") -> None:
    """End the test here where there is no such program."""
    if shutil.which(tool) is None:
        _end(f"There is no {tool}: apt install {package or tool}")


def needs_module(module: str, requirements: str) -> None:
    """The same where there is no such module of Python, which a file of requirements brings."""
    if find_spec(module) is None:
        _end(f"There is no {module}: pip install -r {requirements}")


def _end(say: str) -> None:
    pytest.fail(say) if os.environ.get("CI") == "true" else pytest.skip(say)
