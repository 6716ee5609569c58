"""The folder of one workload: its state, its log, and the lock that says whether its keeper lives."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import Any

STATE = "state.json"
USAGE = "usage.json"
LOG = "output.log"
LOCK = "keeper.lock"
STOP = "stop.json"
WORK = "work"


def write_json(path: Path, document: dict[str, Any]) -> None:
    """Write so that a reader sees the old document or the new one, never half of it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("w") as file:
        json.dump(document, file)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)


def read_json(path: Path) -> dict[str, Any] | None:
    try:
        document: dict[str, Any] = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    return document


def hold_lock(folder: Path) -> int:
    """Take the keeper's lock for as long as this process lives; raises BlockingIOError when another keeper has it."""
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return descriptor


def keeper_lives(folder: Path) -> bool:
    try:
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
