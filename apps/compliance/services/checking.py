"""The whole chain recomputed because somebody asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from apps.compliance import policies
from foundation import ledger
from foundation.identity import Actor
from foundation.ledger.signing import SignedCheckpoint
from foundation.tenancy.models import Tenant


@dataclass(frozen=True)
class LedgerCheck:
    """What a check found. `entries` were found whole, `signed` of them are covered by a checkpoint; `fault` is the
    sentence of the first difference, empty where there is none, and `fault_at` its entry where one is known."""

    ok: bool
    entries: int
    signed: int
    fault: str
    fault_kind: str
    fault_at: int | None
    last_checkpoint: SignedCheckpoint | None
    checked_at: datetime

    @property
    def trusted(self) -> int:
        """Up to which entry the chain may be relied on."""
        if self.ok:
            return self.entries
        return max(0, min(self.entries, (self.fault_at or 1) - 1))


def verify_ledger(*, actor: Actor, now: datetime) -> LedgerCheck:
    """Every hash, link, root and signature of the actor's tenant again."""
    policies.check_can_verify(actor)
    return check_chain(actor.tenant, now=now)


def check_chain(tenant: Tenant, *, now: datetime) -> LedgerCheck:
    found = ledger.verify_chain(tenant)
    return LedgerCheck(
        ok=found.whole,
        entries=found.entries,
        signed=found.last_checkpoint.tree_size if found.last_checkpoint else 0,
        fault=found.finding.sentence if found.finding else "",
        fault_kind=found.finding.kind if found.finding else "",
        fault_at=found.finding.seq if found.finding else None,
        last_checkpoint=found.last_checkpoint,
        checked_at=now,
    )
