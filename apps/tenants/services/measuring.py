"""Storage as it is found: what rests is as large as its files are.

Whoever makes or frees something says so in the transaction that does it, so that the quota sees it at once. Besides,
all rooms say now and then what they keep: so what was made before it was metered counts too, and a log whose files
were merged or written anew is as large as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from uuid import UUID

from apps.tenants.models import UsageSpan
from apps.tenants.services.usage import Metered, keep_measured
from foundation import tenancy
from foundation.clock import database_now
from foundation.tenancy.models import Tenant

Kept = Callable[[Tenant], Iterable[Metered]]
_rooms: dict[str, Kept] = {}


def register_kept(room: str, kept: Kept) -> None:
    """How a room measures what it keeps: each thing with its bytes as they are now. Called in the tenant's scope.

    In the order in which the room itself makes and frees things, so that neither waits for the other for ever.
    """
    _rooms[room] = kept


def measure_storage() -> None:
    """Measure what rests in every tenant; of one that withdrew its key nothing can be measured, and nothing changes."""

    def measure(tenant: Tenant) -> None:
        if not tenancy.why_locked(tenant):
            for kept in _rooms.values():
                _measure(tenant, kept)

    tenancy.in_each(measure)


def _measure(tenant: Tenant, kept: Kept) -> None:
    moment = database_now()
    known = _known(tenant.pk)
    for what in kept(tenant):
        if known.get(what.subject_id) != what.byte_count:
            keep_measured(what, at=moment, unless_later=True)


def _known(tenant_id: UUID) -> dict[UUID, int]:
    rows = UsageSpan.objects.filter(tenant_id=tenant_id, ended_at=None, resource_class="")
    return dict(rows.values_list("subject_id", "byte_count"))
