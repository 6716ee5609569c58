"""Anchors as one file of JSON lines per tenant, beside the database: the first that notices a restored backup."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from foundation.ledger.errors import AnchorConflict
from foundation.ledger.signing import SignedCheckpoint

_LONGEST_LINE = 8192


class FileAnchors:
    """Appends a line per checkpoint and waits until the disk has it."""

    name = "file"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def deliver(self, checkpoint: SignedCheckpoint) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._locked(checkpoint.tenant_id) as file:
            last = _last_line(file)
            if last is not None and not _follows(last, checkpoint):
                return
            file.seek(0, os.SEEK_END)
            file.write(checkpoint.line())
            file.flush()
            os.fsync(file.fileno())
        self._sync_folder()

    def newest(self, tenant_id: UUID) -> SignedCheckpoint | None:
        path = self._path(tenant_id)
        if not path.exists():
            return None
        with path.open("rb") as file:
            return _last_line(file)

    def read(self, tenant_id: UUID) -> Iterator[SignedCheckpoint]:
        path = self._path(tenant_id)
        if not path.exists():
            return
        with path.open("rb") as file:
            for line in file:
                if line.endswith(b"\n"):  # a line without its end was never acknowledged
                    yield SignedCheckpoint.from_line(line)

    def tenants(self) -> list[UUID]:
        return [UUID(path.stem) for path in sorted(self._folder.glob("*.jsonl")) if _is_uuid(path.stem)]

    def set_aside(self, tenant_id: UUID, mark: str) -> None:
        path = self._path(tenant_id)
        if path.exists():
            path.rename(path.with_name(f"{path.stem}.{mark}.set-aside"))

    def _path(self, tenant_id: UUID) -> Path:
        return self._folder / f"{tenant_id}.jsonl"

    @contextmanager
    def _locked(self, tenant_id: UUID) -> Iterator[BinaryIO]:
        descriptor = os.open(self._path(tenant_id), os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            _drop_torn_end(file)
            yield file

    def _sync_folder(self) -> None:
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _follows(last: SignedCheckpoint, new: SignedCheckpoint) -> bool:
    """Whether `new` is to be written; false where it stands there already."""
    if new.tree_size > last.tree_size:
        return True
    if new.tree_size == last.tree_size and new.root_hash == last.root_hash:
        return False
    raise AnchorConflict(
        f"The anchor of tenant {new.tenant_id} already covers {last.tree_size} entries and cannot take "
        f"{new.tree_size}: the chain lost its end or was rewritten. Run `manage.py check_ledger`."
    )


def _last_line(file: BinaryIO) -> SignedCheckpoint | None:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 2 * _LONGEST_LINE))
    whole = file.read().rpartition(b"\n")[0]
    line = whole.rpartition(b"\n")[2]
    return SignedCheckpoint.from_line(line) if line else None


def _drop_torn_end(file: BinaryIO) -> None:
    """A crash while writing leaves a line without its end; it was never acknowledged and goes."""
    size = file.seek(0, os.SEEK_END)
    start = max(0, size - _LONGEST_LINE)
    file.seek(start)
    tail = file.read()
    if tail and not tail.endswith(b"\n"):
        file.truncate(start + tail.rfind(b"\n") + 1)
        os.fsync(file.fileno())


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
