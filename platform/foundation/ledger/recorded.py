from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from foundation.identity import Actor

if TYPE_CHECKING:
    from foundation.ledger.models import LedgerEvent


@dataclass(frozen=True)
class RecordedEvent:
    """An event as the ledger hands it out; `seq` is 0 while it waits for its place."""

    id: UUID
    tenant_id: UUID
    seq: int
    kind: str
    version: int
    payload: dict[str, Any]
    subject: tuple[str, UUID]
    project_id: UUID | None
    actor_kind: str
    actor_id: UUID | None
    request_id: str
    recorded_at: datetime

    @property
    def named_actor(self) -> UUID | None:
        """The person or service account that acted; None where the portal or a workload did."""
        return self.actor_id if self.actor_kind in {"user", "service"} else None

    @classmethod
    def of(cls, event: LedgerEvent, seq: int) -> RecordedEvent:
        return cls(
            id=event.pk,
            tenant_id=event.tenant_id,
            seq=seq,
            kind=event.kind,
            version=event.version,
            payload=event.payload,
            subject=(event.subject_kind, event.subject_id),
            project_id=event.project_id,
            actor_kind=event.actor_kind,
            actor_id=event.actor_id,
            request_id=event.request_id,
            recorded_at=event.recorded_at,
        )

    def system(self, label: str) -> Actor:
        """The portal itself as actor, for a subscriber that acts on this event."""
        from foundation.tenancy.models import Tenant

        return Actor.system(Tenant.objects.get(pk=self.tenant_id), label).with_request(self.request_id)
