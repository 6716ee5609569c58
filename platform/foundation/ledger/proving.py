"""The entries about given things, each with its hash and whether its content still gives that hash: for reports."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from foundation.ledger import anchors, config, signing
from foundation.ledger.chain import Link
from foundation.ledger.errors import ChainBroken
from foundation.ledger.models import LedgerPlace
from foundation.ledger.recorded import RecordedEvent
from foundation.tenancy import scope
from foundation.tenancy.models import Tenant


@dataclass(frozen=True)
class Entry:
    """A placed event; `holds` is false where its content no longer gives its hash."""

    event: RecordedEvent
    hash: str
    holds: bool


def entries_about(*, tenant_id: UUID, subjects: Iterable[tuple[str, UUID]]) -> list[Entry]:
    """All placed entries about the subjects, in chain order; the caller has checked that the actor may see them."""
    wanted = Q(pk__in=[])
    for kind, ids in _by_kind(subjects).items():
        wanted |= Q(event__subject_kind=kind, event__subject_id__in=ids)
    with scope(tenant_id):
        places = LedgerPlace.objects.filter(wanted, tenant_id=tenant_id).select_related("event").order_by("seq")
        return [_entry(place) for place in places]


def public_keys() -> bytes:
    """The public keys that checkpoints are signed with, past and present, as PEM."""
    key_file = config.current().signing_key_file
    signing.ensure_key(key_file)
    return signing.public_key_file(key_file).read_bytes()


def anchor_lines(tenant: Tenant) -> list[bytes]:
    """The tenant's anchored checkpoints, oldest first, a line each; ChainBroken where the anchor cannot be read."""
    try:
        return [kept.line() for sink in anchors.sinks()[:1] for kept in sink.read(tenant.pk)]
    except ValueError as error:
        raise ChainBroken("The anchor of this tenant was altered or damaged. Restore it from its copy.") from error


def _by_kind(subjects: Iterable[tuple[str, UUID]]) -> dict[str, list[UUID]]:
    found: dict[str, list[UUID]] = {}
    for kind, pk in subjects:
        found.setdefault(kind, []).append(pk)
    return found


def _entry(place: LedgerPlace) -> Entry:
    link = Link(place.tenant_id, place.seq, place.previous_hash, place.hash, place.event)
    return Entry(RecordedEvent.of(place.event, place.seq), place.hash, link.true_hash() == place.hash)


def hash_at(*, tenant_id: UUID, seq: int) -> str:
    """The hash of entry `seq`; empty where there is none."""
    with scope(tenant_id):
        found = LedgerPlace.objects.filter(tenant_id=tenant_id, seq=seq).values_list("hash", flat=True).first()
        return found or ""
