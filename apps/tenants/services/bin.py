"""The bin of a tenant: what was deleted under Settings and of data, restored or deleted for ever.

Deleting puts into it (`binning`); what is restored passes the checks of whoever would make it anew (`restoring`, and
for things of data their own app, `bin_rooms`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.tenants import policies
from apps.tenants.choices import OF_DATA, BinKind
from apps.tenants.events import GroupDestroyed, IdentityProviderDestroyed, WebhookDestroyed
from apps.tenants.models import BinnedThing
from apps.tenants.services.bin_rooms import room_of
from apps.tenants.services.restoring import restore_group, restore_provider, restore_webhook
from foundation import access, ledger
from foundation.clock import database_now
from foundation.errors import Conflict, PortalError
from foundation.identity import Actor
from foundation.tenancy import in_each
from foundation.tenancy.models import Tenant

log = logging.getLogger("sanad.bin")
_AGAIN = timedelta(days=1)
_RESTORE: dict[BinKind, Callable[..., list[str]]] = {
    BinKind.GROUP: restore_group,
    BinKind.WEBHOOK: restore_webhook,
    BinKind.IDENTITY_PROVIDER: restore_provider,
}
_DESTROYED: dict[BinKind, Callable[[UUID], ledger.Event]] = {
    BinKind.GROUP: lambda pk: GroupDestroyed(group_id=pk),
    BinKind.WEBHOOK: lambda pk: WebhookDestroyed(webhook_id=pk),
    BinKind.IDENTITY_PROVIDER: lambda pk: IdentityProviderDestroyed(provider_id=pk),
}


@dataclass(frozen=True)
class Restored:
    """What came back, and in sentences what did not; `project_id` where it belongs to one."""

    kind: BinKind
    thing_id: UUID
    name: str
    left_out: list[str]
    project_id: UUID | None = None


@dataclass(frozen=True)
class Lying:
    """The row of the bin, and whether the reader may take the thing out."""

    binned: BinnedThing
    may_restore: access.Verdict


@transaction.atomic
def restore(*, actor: Actor, binned: BinnedThing) -> Restored:
    """The thing as it was, under its id; Conflict where its name is taken or it is in the bin no more."""
    policies.check_can_use_bin(actor, binned)
    if policies.needs_fresh_proof(binned):
        access.require_fresh(actor)
    row = _locked(actor, binned)
    kind = BinKind(row.kind)
    if kind in OF_DATA:
        left_out = room_of(kind).restore(actor, row.thing_id)
    else:
        left_out = _RESTORE[kind](actor=actor, binned=row)
    row.delete()
    return Restored(kind, row.thing_id, row.name, left_out, row.project_id)


@transaction.atomic
def delete_for_ever(*, actor: Actor, binned: BinnedThing, confirmation: str) -> None:
    """Nothing brings it back; `confirmation` is its name, typed. That it was stays on the ledger."""
    policies.check_can_use_bin(actor, binned)
    access.require_fresh(actor)
    policies.check_binned_name_typed(binned, confirmation)
    _destroy(actor, _locked(actor, binned))


def lying_in_bin(*, actor: Actor, kind: BinKind, thing_id: UUID) -> Lying | None:
    """How a thing lies in the bin, for the page that it has of its own: the caller has checked who may see that."""
    row = BinnedThing.objects.filter(tenant_id=actor.tenant_id, kind=kind, thing_id=thing_id).first()
    return None if row is None else Lying(row, access.ask(policies.check_can_use_bin, actor, row))


def forget_binned(*, tenant_id: UUID, kind: BinKind, thing_ids: Collection[UUID]) -> None:
    """What these kept in the bin goes: they are destroyed from elsewhere, as by the erasure of a person."""
    BinnedThing.objects.filter(tenant_id=tenant_id, kind=kind, thing_id__in=thing_ids).delete()


def empty_due(*, now: datetime) -> int:
    """Delete for ever what lay in the bins of all tenants until now; how many things that were."""

    def empty(tenant: Tenant) -> int:
        due = BinnedThing.objects.select_for_update(skip_locked=True).filter(tenant=tenant, kept_until__lte=now)
        # What reads through a connection was deleted before it, and goes before it.
        rows = list(due.order_by("kept_until", "deleted_at", "pk"))
        return sum(_end(Actor.system(tenant, "bin"), row, now) for row in rows)

    return in_each(empty)


def _end(actor: Actor, row: BinnedThing, now: datetime) -> bool:
    """Whether it is gone; what has to stay for now, as under a legal hold, is kept in sight and asked again later."""
    try:
        with transaction.atomic():
            _destroy(actor, row)
    except PortalError as refused:
        log.info("%s %s stays in the bin: %s", row.kind, row.thing_id, refused)
        row.kept_until = now + _AGAIN
        row.save(update_fields=["kept_until"])
        return False
    return True


def _destroy(actor: Actor, row: BinnedThing) -> None:
    kind = BinKind(row.kind)
    if kind in OF_DATA:
        room_of(kind).destroy(actor, row.thing_id)
    else:
        ledger.record(_DESTROYED[kind](row.thing_id), actor=actor, subject=(row.kind, row.thing_id))
    row.delete()


def _locked(actor: Actor, binned: BinnedThing) -> BinnedThing:
    """The row as it stands: of two who restore it at once, the second finds none."""
    rows = BinnedThing.objects.select_for_update(of=("self",)).filter(tenant_id=actor.tenant_id, pk=binned.pk)
    found = rows.filter(kept_until__gt=database_now()).first()
    if found is None:
        raise Conflict(
            _("It is in the bin no more: somebody restored it, deleted it for ever, or its days there are over.")
        )
    return found
