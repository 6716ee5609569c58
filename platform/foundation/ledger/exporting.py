"""The ledger as a file that anybody can check without the portal. The format: docs/ledger-format.md."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from foundation.clock import database_now
from foundation.ledger.canonical import FORMAT, NO_PREVIOUS, canonical, instant
from foundation.ledger.chain import Link, links
from foundation.ledger.checkpoints import sign_now, trusted_keys
from foundation.ledger.delivering import deliver_tenant
from foundation.ledger.errors import ChainBroken
from foundation.ledger.models import Checkpoint, LedgerHead
from foundation.ledger.signing import SignedCheckpoint
from foundation.tenancy import scope
from foundation.tenancy.models import Tenant


def export_ledger(tenant: Tenant) -> Iterator[bytes]:
    """Header, one line per entry, the checkpoints, footer; each line ends with a newline. Bounded memory.

    It ends with an entry that is signed and, where the anchors take it, anchored: what leaves can be proven whole.
    """
    signed = sign_now(tenant.pk)
    deliver_tenant(tenant.pk)
    with scope(tenant.pk):
        head = LedgerHead.objects.filter(tenant_id=tenant.pk).first()
        # A broken chain is handed out all the same, to its end: the verifier says what is wrong with it.
        end = signed if signed is not None else head.seq if head else 0
        checkpoints = _checkpoints(tenant, end)
        exported_at = instant(database_now())
    yield _line(
        "header", format=FORMAT, tenant_id=str(tenant.pk), key_ids=sorted(trusted_keys()), exported_at=exported_at
    )
    count, last_hash = 0, NO_PREVIOUS
    for link in links(tenant.pk, until=end):
        yield _entry(link)
        count, last_hash = count + 1, link.hash
    for checkpoint in checkpoints:
        yield checkpoint.line()
    yield _line("footer", entries=count, last_hash=last_hash)


def _checkpoints(tenant: Tenant, end: int) -> list[SignedCheckpoint]:
    rows = Checkpoint.objects.filter(tenant_id=tenant.pk, tree_size__lte=end).order_by("tree_size")
    return [row.signed() for row in rows]


def _entry(link: Link) -> bytes:
    if link.event is None:
        raise ChainBroken(f"The event of entry {link.seq} is gone, so the ledger cannot be exported; verify it first.")
    return _line("event", entry=link.entry(), hash=link.hash)


def _line(kind: str, **fields: Any) -> bytes:
    return canonical({"type": kind, **fields}) + b"\n"
