"""Compiles locale/*/LC_MESSAGES/django.po to the .mo files that Django reads."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def compile_catalogues(root: Path = ROOT) -> int:
    """Compile every catalogue that is newer than what was made of it; answers how many."""
    stale = [source for source in sorted(root.glob("locale/*/LC_MESSAGES/django.po")) if _is_stale(source)]
    for source in stale:
        _compile(source)
    return len(stale)


def _is_stale(source: Path) -> bool:
    made = source.with_suffix(".mo")
    return not made.exists() or made.stat().st_mtime_ns < source.stat().st_mtime_ns


def _compile(source: Path) -> None:
    """Written aside and renamed: another process may read or make the same file."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    aside = source.with_suffix(f".{os.getpid()}.mo")
    with source.open("rb") as words, aside.open("wb") as made:
        write_mo(made, read_po(words, abort_invalid=True))
    aside.replace(source.with_suffix(".mo"))


if __name__ == "__main__":
    compile_catalogues()
