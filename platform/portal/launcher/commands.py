"""Command lines of the portal's own programs."""

from __future__ import annotations

import sys

from portal.launcher.home import ROOT


def python(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, *arguments)


def manage(command: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, str(ROOT / "manage.py"), command, *arguments)


def has_command(name: str) -> bool:
    """Whether an app of this checkout brings a management command."""
    trees = (ROOT / "platform", ROOT / "apps")
    return any(any(tree.glob(f"**/management/commands/{name}.py")) for tree in trees)


def has_file(path: str) -> bool:
    return (ROOT / path).exists()
