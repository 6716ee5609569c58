"""Finds programs inside installed packages without importing the package."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from portal.launcher.errors import Refusal


def program(package: str, pattern: str) -> Path:
    """The file matching `pattern` below an installed package's folder."""
    found = importlib.util.find_spec(package)
    if found is not None and found.origin is not None:
        for path in Path(found.origin).resolve().parent.glob(pattern):
            return path
    raise Refusal(f"{package} is not installed, or not for this machine: run `make install`.")
