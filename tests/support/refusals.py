"""What the ledger tells of refusals, as a fixture."""

from __future__ import annotations

import pytest

__all__ = ["refused_events"]


@pytest.fixture
def refused_events():
    """`refused_events(tenant)`: the payloads of the tenant's entries about refusals, oldest first."""

    def of(tenant):
        from foundation.ledger.models import LedgerEvent
        from foundation.tenancy import scope

        with scope(tenant.pk):
            rows = LedgerEvent.objects.filter(tenant_id=tenant.pk, kind="access.refused").order_by("recorded_at")
            return [row.payload for row in rows]

    return of
