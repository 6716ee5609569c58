"""Is the record whole? Every hash, link, root and signature again, and the first difference by name."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from foundation.ledger import anchors
from foundation.ledger.chain import Walk, links
from foundation.ledger.checkpoints import newest_trusted, trusted_keys, walk_after
from foundation.ledger.errors import ChainBroken
from foundation.ledger.models import Checkpoint, LedgerEvent, LedgerHead
from foundation.ledger.naming import Finding, name_break
from foundation.ledger.signing import SignedCheckpoint
from foundation.tenancy import scope
from foundation.tenancy.models import Tenant


@dataclass(frozen=True)
class Verification:
    """What a check found: how many entries are whole, the last checkpoint that agrees, and the first difference."""

    from_seq: int
    entries: int
    last_checkpoint: SignedCheckpoint | None
    finding: Finding | None

    @property
    def whole(self) -> bool:
        return self.finding is None


@dataclass(frozen=True)
class _Mark:
    """A signed root that the chain has to reach; `source` says where it was kept."""

    source: str
    checkpoint: SignedCheckpoint


def verify_chain(tenant: Tenant, *, from_seq: int = 1) -> Verification:
    """Recompute the tenant's chain and compare it with its checkpoints and anchors, in bounded memory.

    With `from_seq` the walk begins after the last checkpoint before it, which is then taken on its signature.
    """
    with scope(tenant.pk):
        head = LedgerHead.objects.filter(tenant_id=tenant.pk).first()
        try:
            start = newest_trusted(tenant.pk, below=from_seq)
        except ChainBroken as broken:
            return Verification(from_seq, 0, None, Finding("signature", None, broken.sentence))
        marks = _marks(tenant, above=start.tree_size if start else 0)
    walk, first = walk_after(tenant.pk, start), (start.tree_size + 1 if start else 1)
    return _verify(tenant, head.seq if head else 0, walk, marks, first)


def _verify(tenant: Tenant, end: int, walk: Walk, marks: list[_Mark], first: int) -> Verification:
    passed: SignedCheckpoint | None = None
    if finding := _check_signatures(marks):
        return Verification(first, walk.tree.size, None, finding)
    waiting = list(reversed(marks))
    for link in links(tenant.pk, after=walk.tree.size):
        if not walk.accept(link):
            return Verification(first, walk.tree.size, passed, name_break(walk, link))
        while waiting and waiting[-1].checkpoint.tree_size == walk.tree.size:
            mark = waiting.pop()
            if mark.checkpoint.root_hash != walk.tree.root():
                return Verification(first, walk.tree.size, passed, _rewritten(mark, passed, first))
            passed = mark.checkpoint
    finding = _check_end(walk.tree.size, end, waiting) or (_check_orphans(tenant) if first == 1 else None)
    return Verification(first, walk.tree.size, passed, finding)


def _marks(tenant: Tenant, *, above: int) -> list[_Mark]:
    """All signed roots of more than `above` entries, smallest first; anchors before our own checkpoints."""
    found = [
        _Mark(_("anchor “%(sink)s”") % {"sink": sink.name}, kept)
        for sink in anchors.sinks()
        for kept in sink.read(tenant.pk)
    ]
    found += [
        _Mark(_("checkpoint"), row.signed())
        for row in Checkpoint.objects.filter(tenant_id=tenant.pk, tree_size__gt=above).order_by("tree_size").iterator()
    ]
    return sorted(
        (mark for mark in found if mark.checkpoint.tree_size > above), key=lambda mark: mark.checkpoint.tree_size
    )


def _check_signatures(marks: list[_Mark]) -> Finding | None:
    keys, seen = trusted_keys(), set[SignedCheckpoint]()
    for mark in marks:
        if mark.checkpoint in seen:
            continue  # an anchor and its checkpoint say the same
        seen.add(mark.checkpoint)
        if not mark.checkpoint.is_signed_by(keys):
            sentence = _("The %(source)s at entry %(size)d does not carry the signature of a key of this portal.")
            say = sentence % {"source": mark.source, "size": mark.checkpoint.tree_size}
            return Finding("signature", mark.checkpoint.tree_size, say)
    return None


def _rewritten(mark: _Mark, passed: SignedCheckpoint | None, first: int) -> Finding:
    begin = passed.tree_size + 1 if passed else first
    sentence = _(
        "An entry between %(first)d and %(last)d was altered and all after it hashed anew: "
        "the %(source)s of %(at)s says another root."
    )
    values = {"first": begin, "last": mark.checkpoint.tree_size, "source": mark.source, "at": mark.checkpoint.signed_at}
    return Finding("altered", begin, sentence % values)


def _check_end(size: int, end: int, waiting: list[_Mark]) -> Finding | None:
    if waiting:
        mark = waiting[0]
        sentence = _(
            "The chain ends at entry %(size)d, but the %(source)s of %(at)s covers %(covered)d: its end was cut off."
        )
        values = {
            "size": size,
            "source": mark.source,
            "at": mark.checkpoint.signed_at,
            "covered": mark.checkpoint.tree_size,
        }
        return Finding("truncated", size + 1, sentence % values)
    if end > size:
        sentence = _("The chain ends at entry %(size)d, but had %(end)d: its end was cut off.")
        return Finding("truncated", size + 1, sentence % {"size": size, "end": end})
    return None


def _check_orphans(tenant: Tenant) -> Finding | None:
    """An event with neither a place nor a row that waits for one was taken out of the chain."""
    with scope(tenant.pk):
        lost = LedgerEvent.objects.raw(
            "SELECT e.* FROM ledger_ledgerevent e WHERE e.tenant_id = %s"
            " AND NOT EXISTS (SELECT 1 FROM ledger_ledgerplace p WHERE p.event_id = e.id)"
            " AND NOT EXISTS (SELECT 1 FROM ledger_pendingevent q WHERE q.event_id = e.id)"
            " ORDER BY e.recorded_at LIMIT 1",
            [tenant.pk],
        )
        for event in lost:
            sentence = _("Event %(id)s was recorded, but neither has a place in the chain nor waits for one.")
            return Finding("missing", None, sentence % {"id": event.pk})
    return None
