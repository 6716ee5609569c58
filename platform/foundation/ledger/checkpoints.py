"""Checkpoints: the key says which root the chain has at which size, and never signs what it has not recomputed."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from foundation.clock import database_now
from foundation.ledger import config, signing, system
from foundation.ledger.breaking import mark_broken, mark_whole
from foundation.ledger.chain import Walk, last_hashes, links
from foundation.ledger.errors import ChainBroken
from foundation.ledger.merkle import Frontier
from foundation.ledger.models import AnchorDelivery, Checkpoint, LedgerHead
from foundation.ledger.sequencing import checked_head
from foundation.tenancy import scope


def checkpoint_once(*, even_if_not_due: bool = False) -> int:
    """Sign a checkpoint for every tenant that is due; how many were signed."""
    settings = config.current()
    events, seconds = (1, 0.0) if even_if_not_due else (settings.checkpoint_events, settings.checkpoint_seconds)
    return sum(_sign(tenant_id) for tenant_id in system.tenants_to_sign(events=events, seconds=seconds))


def sign_now(tenant_id: UUID) -> int | None:
    """Sign all that has a place by now; how many entries are signed then, none where the chain is broken."""
    try:
        with scope(tenant_id):
            system.lock("checkpoint", tenant_id)
            if not LedgerHead.objects.filter(tenant_id=tenant_id).exists():
                return 0
            return _sign_rest(tenant_id).tree.size
    except ChainBroken as broken:
        mark_broken(tenant_id, broken)
        return None


def _sign(tenant_id: UUID) -> int:
    try:
        with scope(tenant_id):
            if not system.try_lock("checkpoint", tenant_id):
                return 0
            _sign_rest(tenant_id)
    except ChainBroken as broken:
        mark_broken(tenant_id, broken)
        return 0
    return 1


def _sign_rest(tenant_id: UUID) -> Walk:
    """Sign what has come since the last checkpoint, if anything has; the walk to the end."""
    last = newest_trusted(tenant_id)
    walk = _walk_from(tenant_id, last)
    if walk.tree.size > (last.tree_size if last else 0):
        _keep(tenant_id, walk.tree)
        mark_whole(tenant_id)
    return walk


def _walk_from(tenant_id: UUID, last: Checkpoint | None) -> Walk:
    head = checked_head(tenant_id)
    walk = walk_after(tenant_id, last)
    for link in links(tenant_id, after=walk.tree.size, until=head.seq):
        if not walk.accept(link):
            raise ChainBroken(
                f"Entry {walk.tree.size + 1} is not what was recorded, so no further checkpoint is signed. "
                "Run `manage.py check_ledger --full` to see what happened to it."
            )
    if walk.tree.size != head.seq or walk.previous != head.hash:
        raise ChainBroken(f"The chain should end at entry {head.seq} and ends at {walk.tree.size}.")
    return walk


def walk_after(tenant_id: UUID, checkpoint: Checkpoint | None) -> Walk:
    """A walk that goes on where the checkpoint ends."""
    if checkpoint is None:
        return Walk()
    before, previous = last_hashes(tenant_id, checkpoint.tree_size)
    return Walk(Frontier(checkpoint.tree_size, checkpoint.frontier), previous, before)


def newest_trusted(tenant_id: UUID, *, below: int | None = None) -> Checkpoint | None:
    """The last checkpoint (of a size below `below`) whose own signature and frontier hold; ChainBroken otherwise."""
    found = Checkpoint.objects.filter(tenant_id=tenant_id).order_by("-tree_size")
    if below is not None:
        found = found.filter(tree_size__lt=below)
    checkpoint = found.first()
    if checkpoint is not None and not _holds(checkpoint):
        raise ChainBroken(
            f"The checkpoint at entry {checkpoint.tree_size} was altered, or its key is not among the public keys here."
        )
    return checkpoint


def trusted_keys() -> signing.Keys:
    """The public keys of this installation, past and present."""
    key_file = config.current().signing_key_file
    signing.ensure_key(key_file)
    return signing.load_public_keys(signing.public_key_file(key_file))


def _holds(checkpoint: Checkpoint) -> bool:
    if not checkpoint.signed().is_signed_by(trusted_keys()):
        return False
    try:
        return Frontier(checkpoint.tree_size, checkpoint.frontier).root() == checkpoint.root_hash
    except (ValueError, TypeError):
        return False


def _keep(tenant_id: UUID, tree: Frontier) -> None:
    signed_at = database_now()
    settings = config.current()
    key = signing.signing_key(settings.signing_key_file)
    signed = signing.sign(key=key, tenant_id=tenant_id, tree_size=tree.size, root_hash=tree.root(), signed_at=signed_at)
    with transaction.atomic():
        checkpoint = Checkpoint.objects.create(
            tenant_id=tenant_id,
            tree_size=tree.size,
            root_hash=signed.root_hash,
            frontier=tree.nodes(),
            key_id=signed.key_id,
            signature=signed.signature,
            signed_at=signed_at,
        )
        AnchorDelivery.objects.bulk_create(
            [AnchorDelivery(tenant_id=tenant_id, checkpoint=checkpoint, sink=name) for name in settings.anchor_sinks]
        )
