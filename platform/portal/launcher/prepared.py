"""What has been done to the database already, so that a start need not ask Django again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import LiteralString

import psycopg

from portal.launcher.home import ROOT, Home, write_private

IDENTITY: LiteralString = """
SELECT (SELECT system_identifier FROM pg_control_system()),
       (SELECT oid FROM pg_database WHERE datname = current_database())
"""
MIGRATED: LiteralString = "SELECT count(*), max(id) FROM django_migrations"
REQUIREMENTS = ROOT / "requirements" / "base.txt"


def migrations_digest() -> str:
    """Changes with every migration and table policy of ours, and with the packages that bring theirs."""
    digest = hashlib.sha256()
    for path in sorted(_sources()):
        digest.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def _sources() -> Iterator[Path]:
    for tree in ("platform/foundation", "apps"):
        yield from (ROOT / tree).glob("**/migrations/*.py")
        # Row-level security is laid over the tables after migrate, out of the models.
        yield from (ROOT / tree).glob("**/models.py")
        yield from (ROOT / tree).glob("**/models/*.py")
    yield ROOT / "platform" / "foundation" / "tenancy" / "row_security.py"
    if REQUIREMENTS.exists():
        yield REQUIREMENTS


def database_mark(url: str) -> str | None:
    """Which database this is and how far it was migrated; None when nothing was."""
    return _ask(url, IDENTITY, MIGRATED)


def database_identity(url: str) -> str | None:
    """Which database this is; another one behind the same URL has another identity."""
    return _ask(url, IDENTITY)


def _ask(url: str, *questions: LiteralString) -> str | None:
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            rows = [connection.execute(question).fetchone() or () for question in questions]
    except psycopg.Error:
        return None  # nothing is known, so the step is run, and says itself what is wrong
    return ":".join(str(part) for row in rows for part in row)


def is_done(home: Home, step: str, mark: str | None) -> bool:
    return mark is not None and _read(home).get(step) == mark


def note(home: Home, step: str, mark: str) -> None:
    write_private(home.prepared, json.dumps({**_read(home), step: mark}, indent=1) + "\n")


def _read(home: Home) -> dict[str, str]:
    try:
        content = json.loads(home.prepared.read_text())
    except (FileNotFoundError, ValueError):
        return {}  # the worst that follows is that a step which does nothing runs once more
    return content if isinstance(content, dict) else {}
