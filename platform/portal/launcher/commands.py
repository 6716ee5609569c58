"""Command lines of the portal's own programs."""

from __future__ import annotations

import sys

from portal.launcher.home import ROOT


def python(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, *arguments)


def manage(command: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, str(ROOT / "manage.py"), command, *arguments)
