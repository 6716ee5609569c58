"""Writing to the ledger: in the caller's transaction, or not at all."""

from __future__ import annotations

import re
import threading
import time
from uuid import UUID

from django.db import connection, transaction
from django.db.utils import ProgrammingError

from foundation.identity import Actor
from foundation.ledger.errors import LedgerMisuse
from foundation.ledger.events import Event
from foundation.ledger.models import LedgerEvent

CHANNEL = "sanad_ledger"
_SUBJECT_KIND = re.compile(r"[a-z][a-z0-9_]{0,39}")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{0,200}")
_NOT_PERMITTED = "42501"


def record(event: Event, *, actor: Actor, subject: tuple[str, UUID], project_id: UUID | None = None) -> LedgerEvent:
    """Write the event as part of the caller's transaction, in whose tenant scope it stands.

    `subject` is (kind word, id). LedgerMisuse outside a transaction, outside the actor's tenant scope, or where the
    event holds more than ids, digests, numbers and words.
    """
    subject_kind, subject_id = subject
    _check(actor=actor, subject_kind=subject_kind)
    row = LedgerEvent(
        tenant_id=actor.tenant_id,
        kind=event.kind,
        version=event.version,
        actor_kind=actor.kind,
        actor_id=actor.id,
        project_id=project_id,
        subject_kind=subject_kind,
        subject_id=subject_id,
        payload=event.payload(),
        request_id=actor.request_id,
    )
    _insert(row)
    transaction.on_commit(_bell.ring, robust=True)
    return row


def _check(*, actor: Actor, subject_kind: str) -> None:
    if not connection.in_atomic_block:
        raise LedgerMisuse(
            "ledger.record was called outside a transaction; record inside tenancy.scope, with the change."
        )
    if not _SUBJECT_KIND.fullmatch(subject_kind):
        raise LedgerMisuse(f"{subject_kind!r} is no kind of subject; use one small word such as “dataset”.")
    if not _REQUEST_ID.fullmatch(actor.request_id):
        raise LedgerMisuse("The actor's request id holds more than letters, digits and the signs . _ : -")


def _insert(row: LedgerEvent) -> None:
    try:
        row.save(force_insert=True)
    except ProgrammingError as error:
        if getattr(error.__cause__, "sqlstate", None) != _NOT_PERMITTED:
            raise
        raise LedgerMisuse(
            "ledger.record was called outside the scope of the actor's tenant; open tenancy.scope(actor.tenant_id)."
        ) from error


class _Bell:
    """Wakes the sequencer after a commit, at most every 20 ms per process.

    NOTIFY inside the transaction would put all commits of the server in one queue; and a sequencer that is awake
    looks again for longer than that before it sleeps (loops.LINGER), so that no skipped ring is missed.
    """

    pause = 0.02

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rang = 0.0

    def ring(self) -> None:
        with self._lock:
            now = time.monotonic()
            if now - self._rang < self.pause:
                return
            self._rang = now
        with connection.cursor() as cursor:
            cursor.execute(f"NOTIFY {CHANNEL}")


_bell = _Bell()
