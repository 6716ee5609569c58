"""A broken chain is kept in sight until somebody mended it."""

from __future__ import annotations

import logging
from uuid import UUID

from foundation.clock import database_now
from foundation.ledger.errors import ChainBroken
from foundation.ledger.models import LedgerHead
from foundation.tenancy import scope

_log = logging.getLogger(__name__)


def mark_broken(tenant_id: UUID, broken: ChainBroken) -> None:
    """Note what is wrong and since when; said once in the log, not at every attempt."""
    with scope(tenant_id):
        unmarked = LedgerHead.objects.filter(tenant_id=tenant_id, broken_since=None)
        marked = unmarked.update(broken=broken.sentence[:400], broken_since=database_now())
    if marked:
        _log.error("A ledger is broken: %s", broken.sentence, extra={"tenant_id": str(tenant_id)})


def mark_whole(tenant_id: UUID) -> None:
    """The chain was walked to its end and is whole, so what was wrong is mended."""
    LedgerHead.objects.filter(tenant_id=tenant_id).exclude(broken_since=None).update(broken="", broken_since=None)
