"""The canonical form of a ledger entry and its hash. docs/ledger-format.md describes it for people outside."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import rfc8785

FORMAT = "sanad-ledger/1"
NO_PREVIOUS = "0" * 64


def canonical(value: Any) -> bytes:
    """The one byte form of a JSON value (RFC 8785)."""
    return rfc8785.dumps(value)


def instant(moment: datetime) -> str:
    """A time as the ledger writes it: UTC, always six digits of a second, `Z` at the end."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def entry_of(*, event: Any, tenant_id: UUID, seq: int, previous_hash: str) -> dict[str, Any]:
    """All that an entry's hash covers: every field of the event, its tenant, its place and the entry before it."""
    return {
        "tenant_id": str(tenant_id),
        "seq": seq,
        "previous_hash": previous_hash,
        "id": str(event.id),
        "kind": event.kind,
        "version": event.version,
        "actor_kind": event.actor_kind,
        "actor_id": str(event.actor_id) if event.actor_id else None,
        "project_id": str(event.project_id) if event.project_id else None,
        "subject_kind": event.subject_kind,
        "subject_id": str(event.subject_id),
        "payload": event.payload,
        "request_id": event.request_id,
        "recorded_at": instant(event.recorded_at),
    }


def hash_of(entry: dict[str, Any]) -> str:
    """SHA-256 of the canonical entry, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical(entry)).hexdigest()
