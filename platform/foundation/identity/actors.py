from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from foundation.identity.models import User
    from foundation.tenancy.models import Tenant

EVERYTHING = frozenset({"*"})


@dataclass(frozen=True)
class Actor:
    """Who acts, in which tenant and with what limits; the first word of every service.

    `kind` is user, service, workload (a run or replica) or system; `role` the role in the tenant, empty where
    `scopes` alone decide; `project_id` the project that the token is limited to. `stale` is a person whose session
    proved too long ago who they are for sensitive acts; `by_provider` one for whom the tenant's identity provider
    vouches, so that this session opens no other tenant. `guest_until` is set for a platform operator whom the tenant
    lets in for support, and says when that ends.
    """

    kind: str
    id: UUID | None
    tenant: Tenant
    label: str
    user: User | None = None
    role: str = ""
    scopes: frozenset[str] = EVERYTHING
    project_id: UUID | None = None
    token_id: UUID | None = None
    purpose: str = ""
    request_id: str = ""
    by_provider: bool = False
    stale: bool = False
    guest_until: datetime | None = None
    grants: dict[UUID, frozenset[str]] = field(default_factory=dict, compare=False)
    # The tenant's archived projects, each with the sentence of its refusal once somebody read it (access.archives).
    archived: dict[UUID, str] = field(default_factory=dict, compare=False)
    # Those of them whose deletion has begun: for nobody but the portal itself is anything there.
    going: frozenset[UUID] = field(default=frozenset(), compare=False)

    @classmethod
    def system(cls, tenant: Tenant, label: str = "scheduler") -> Actor:
        """The portal itself, where no person asked: schedules, subscribers, sweeps."""
        return cls(kind="system", id=None, tenant=tenant, label=label)

    @property
    def tenant_id(self) -> UUID:
        return self.tenant.pk

    @property
    def named(self) -> UUID | None:
        """The person or service account that acts; None where the portal or a workload does."""
        return self.id if self.kind in {"user", "service"} else None

    def with_request(self, request_id: str) -> Actor:
        return replace(self, request_id=request_id)
