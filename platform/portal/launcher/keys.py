"""Secrets made once, kept as files that only their owner reads."""

from __future__ import annotations

import secrets

from portal.launcher.home import Home, write_private

NAMES = (
    "secret-key",
    "gateway",
    "valkey",
    "database-superuser",
    "database-owner",
    "database-portal",
    "database-lake",
    "database-mlflow",
)


def ensure(home: Home) -> None:
    for name in NAMES:
        path = home.secrets / name
        if not path.exists():
            write_private(path, secrets.token_hex(32))
        path.chmod(0o600)


def read(home: Home, name: str) -> str:
    return (home.secrets / name).read_text().strip()
