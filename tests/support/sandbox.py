"""The processes of this process's sandbox."""

from __future__ import annotations

import psutil


def templates() -> list[psutil.Process]:
    """What children are forked from; one for each pool."""
    return [process for process in _running(psutil.Process()) if "child_main" in " ".join(process.cmdline())]


def children() -> list[psutil.Process]:
    """At work, or waiting for work."""
    return [child for template in templates() for child in _running(template)]


def _running(process: psutil.Process) -> list[psutil.Process]:
    return [child for child in process.children() if child.status() != psutil.STATUS_ZOMBIE]
