"""Refused answers that no sign-in of their browser asked for: anybody brings them, so they do not write at will.

Each is a line of the log. The ledger hears of the first at once, and of those of the next ten minutes in one event that
counts them; of a provider that is disabled, or a tenant that is closed, it hears nothing.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from uuid import UUID

from apps.tenants.events import StrayAnswersRefused
from apps.tenants.models import StrayRefusals
from apps.tenants.services.single_sign_on.entering import LABEL, seek_provider
from foundation import ledger
from foundation.identity import Actor
from foundation.tenancy import in_each, scope
from foundation.tenancy.models import Tenant

logger = logging.getLogger(__name__)
TOLD_EVERY = timedelta(minutes=10)


def note_stray(*, tenant_slug: str, provider_id: UUID, reason: str, now: datetime, request_id: str = "") -> None:
    """Count one, and tell the ledger where it was told nothing lately; `reason` is a word such as state."""
    logger.warning("Refused an answer that no sign-in asked for: %s, provider %s", reason, provider_id)
    found = seek_provider(tenant_slug=tenant_slug, provider_id=provider_id)
    if found is None:
        return
    provider, tenant = found
    with scope(tenant.pk):
        rows = StrayRefusals.objects.select_for_update()
        row, _made = rows.get_or_create(provider=provider, defaults={"tenant": tenant})
        row.untold, row.reason = row.untold + 1, reason
        if row.told_at is None or now - row.told_at >= TOLD_EVERY:
            _tell(row, tenant, now, request_id)
        row.save()


def tell_strays(*, now: datetime) -> int:
    """Tell each ledger of those that were only counted so far; answers how many events that made."""

    def tell(tenant: Tenant) -> int:
        rows = StrayRefusals.objects.select_for_update().filter(tenant=tenant, untold__gt=0)
        over = list(rows.filter(told_at__lte=now - TOLD_EVERY))
        for row in over:
            _tell(row, tenant, now)
            row.save()
        return len(over)

    return in_each(tell)


def _tell(row: StrayRefusals, tenant: Tenant, now: datetime, request_id: str = "") -> None:
    refused = StrayAnswersRefused(provider_id=row.provider_id, reason=row.reason, count=row.untold)
    actor = Actor.system(tenant, LABEL).with_request(request_id)
    ledger.record(refused, actor=actor, subject=("identity_provider", row.provider_id))
    row.told_at, row.untold = now, 0
