"""The comparison at start-up: does the chain reach what was anchored outside the database, and say the same?"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from foundation.clock import database_now
from foundation.identity import Actor
from foundation.ledger import anchors
from foundation.ledger.checkpoints import newest_trusted, trusted_keys, walk_after
from foundation.ledger.errors import ChainBroken
from foundation.ledger.models import AnchorDelivery, LedgerPlace
from foundation.ledger.own_events import LossAccepted
from foundation.ledger.ports import AnchorSink
from foundation.ledger.recording import record
from foundation.ledger.signing import SignedCheckpoint
from foundation.tenancy import every_tenant, scope
from foundation.tenancy.models import Tenant


@dataclass(frozen=True)
class Divergence:
    """A chain that is not what was anchored: `kind` is a key of `_sentences`."""

    tenant_id: UUID
    sink: str
    kind: str
    sentence: str


def compare_with_anchors() -> list[Divergence]:
    """What differs, over all tenants and readable sinks; an empty list says that the portal may serve.

    Entries since the last checkpoint but one are read again; all others rest on its signature (`verify_chain` for all).
    """
    known = {tenant.pk: tenant for tenant in every_tenant()}
    found: list[Divergence] = []
    for sink in anchors.sinks():
        found += [_lost_tenant(sink, tenant_id) for tenant_id in sink.tenants() if tenant_id not in known]
        found += [divergence for tenant in known.values() if (divergence := compare(sink, tenant))]
    return found


def accept_loss(*, tenant: Tenant) -> None:
    """A person accepts the chain as it is: what was anchored is set aside, and the ledger itself records that."""
    with scope(tenant.pk):
        size = _size(tenant)
        mark = database_now().strftime("%Y%m%dT%H%M%SZ")
        for sink in anchors.sinks():
            newest = _readable(sink, tenant)
            record(
                LossAccepted(
                    sink=sink.name,
                    anchored_size=newest.tree_size if newest else 0,
                    anchored_root=newest.root_hash if newest else "",
                    found_size=size,
                ),
                actor=Actor.system(tenant, "operator"),
                subject=("tenant", tenant.pk),
            )
            sink.set_aside(tenant.pk, mark)
        # What was delivered before belongs to the anchor that was set aside; the next checkpoint begins a new one.
        AnchorDelivery.objects.filter(tenant_id=tenant.pk).delete()


def compare(sink: AnchorSink, tenant: Tenant) -> Divergence | None:
    """What differs between the tenant's chain and what this sink kept; none where the chain is its sequel."""
    try:
        newest = sink.newest(tenant.pk)
    except ValueError:
        return _say(sink, tenant, "unreadable")
    with scope(tenant.pk):
        if newest is None:
            return _compare_without_anchor(sink, tenant)
        if not newest.is_signed_by(trusted_keys()) or newest.tenant_id != tenant.pk:
            return _say(sink, tenant, "signature")
        size = _size(tenant)
        if size < newest.tree_size:
            return _say(sink, tenant, "behind", newest, found=size)
        return _compare_root(sink, tenant, newest)


def _readable(sink: AnchorSink, tenant: Tenant) -> SignedCheckpoint | None:
    try:
        return sink.newest(tenant.pk)
    except ValueError:
        return None


def _compare_root(sink: AnchorSink, tenant: Tenant, anchor: SignedCheckpoint) -> Divergence | None:
    try:
        tree = walk_after(tenant.pk, newest_trusted(tenant.pk, below=anchor.tree_size)).tree
    except ChainBroken as broken:
        return Divergence(tenant.pk, sink.name, "signature", broken.sentence)
    tree.extend(
        LedgerPlace.objects.filter(tenant_id=tenant.pk, seq__gt=tree.size, seq__lte=anchor.tree_size)
        .order_by("seq")
        .values_list("hash", flat=True)
        .iterator()
    )
    if tree.size == anchor.tree_size and tree.root() == anchor.root_hash:
        return None
    return _say(sink, tenant, "different", anchor)


def _compare_without_anchor(sink: AnchorSink, tenant: Tenant) -> Divergence | None:
    delivered = AnchorDelivery.objects.filter(tenant_id=tenant.pk, sink=sink.name).exclude(delivered_at=None)
    return _say(sink, tenant, "lost_anchor") if delivered.exists() else None


def _lost_tenant(sink: AnchorSink, tenant_id: UUID) -> Divergence:
    return Divergence(
        tenant_id, sink.name, "lost_tenant", _sentences()["lost_tenant"] % {"sink": sink.name, "tenant": tenant_id}
    )


def _say(
    sink: AnchorSink, tenant: Tenant, kind: str, anchor: SignedCheckpoint | None = None, found: int = 0
) -> Divergence:
    values = {
        "sink": sink.name,
        "tenant": tenant.name,
        "slug": tenant.slug,
        "found": found,
        "size": anchor.tree_size if anchor else 0,
        "at": anchor.signed_at if anchor else "",
    }
    return Divergence(tenant.pk, sink.name, kind, _sentences()[kind] % values)


def _sentences() -> dict[str, str]:
    return {
        "unreadable": _(
            "The anchor “%(sink)s” of tenant %(tenant)s cannot be read: it was altered or damaged. "
            "Restore it from its copy, or accept the loss with `manage.py check_ledger --accept-loss %(slug)s`."
        ),
        "signature": _(
            "The last anchor “%(sink)s” of tenant %(tenant)s is not signed by a key of this portal: "
            "the anchor or the keys were exchanged. Restore both from their copies."
        ),
        "behind": _(
            "The ledger of tenant %(tenant)s ends at entry %(found)d, but %(size)d were anchored (“%(sink)s”, %(at)s): "
            "its end was cut off or an old backup was restored. Restore the newest backup; if there is none, "
            "accept the loss with `manage.py check_ledger --accept-loss %(slug)s`."
        ),
        "different": _(
            "The ledger of tenant %(tenant)s is not the one that was anchored (“%(sink)s”, %(size)d entries, %(at)s): "
            "entries were altered, or an old backup was restored and written on. "
            "Run `manage.py check_ledger --full` to see where, and restore the newest backup."
        ),
        "lost_anchor": _(
            "The anchor “%(sink)s” of tenant %(tenant)s is gone, though checkpoints were delivered to it. "
            "Restore it from its copy, or accept the loss with `manage.py check_ledger --accept-loss %(slug)s`."
        ),
        "lost_tenant": _(
            "The anchor “%(sink)s” knows a tenant %(tenant)s that is not in this database: "
            "an old or another database is connected."
        ),
    }


def _size(tenant: Tenant) -> int:
    last = LedgerPlace.objects.filter(tenant_id=tenant.pk).order_by("-seq").first()
    return last.seq if last else 0
