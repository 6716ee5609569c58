"""Where checkpoints go outside the database."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol
from uuid import UUID

from foundation.ledger.signing import SignedCheckpoint


class AnchorSink(Protocol):
    """A place outside the database that keeps signed checkpoints. A sink that only sends (mail) reads nothing back."""

    name: str

    def deliver(self, checkpoint: SignedCheckpoint) -> None:
        """Keep it durably; calling twice is the same as once. AnchorConflict where newer or other is kept already."""

    def newest(self, tenant_id: UUID) -> SignedCheckpoint | None:
        """The last checkpoint kept for the tenant. ValueError where what is kept cannot be read."""

    def read(self, tenant_id: UUID) -> Iterable[SignedCheckpoint]:
        """All checkpoints kept for the tenant, oldest first. ValueError where what is kept cannot be read."""

    def tenants(self) -> list[UUID]:
        """The tenants for whom something is kept."""

    def set_aside(self, tenant_id: UUID, mark: str) -> None:
        """Keep what is there under another name, so that the tenant's anchor begins anew."""
