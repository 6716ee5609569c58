"""The bin of a tenant: deleted groups, webhooks and identity providers, restored or deleted for ever.

Deleting puts into it (`binning`); what is restored passes the checks of whoever would make it anew (`restoring`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.tenants import policies
from apps.tenants.choices import BinKind
from apps.tenants.events import GroupDestroyed, IdentityProviderDestroyed, WebhookDestroyed
from apps.tenants.models import BinnedThing
from apps.tenants.services.restoring import restore_group, restore_provider, restore_webhook
from foundation import access, ledger
from foundation.clock import database_now
from foundation.errors import Conflict
from foundation.identity import Actor
from foundation.tenancy import in_each
from foundation.tenancy.models import Tenant

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
    """What came back, and in sentences what did not."""

    kind: BinKind
    thing_id: UUID
    name: str
    left_out: list[str]


@transaction.atomic
def restore(*, actor: Actor, binned: BinnedThing) -> Restored:
    """The thing as it was, under its id; Conflict where its name is taken or it is in the bin no more."""
    policies.check_can_use_bin(actor, binned.kind)
    access.require_fresh(actor)
    row = _locked(actor, binned)
    kind = BinKind(row.kind)
    left_out = _RESTORE[kind](actor=actor, binned=row)
    row.delete()
    return Restored(kind, row.thing_id, row.name, left_out)


@transaction.atomic
def delete_for_ever(*, actor: Actor, binned: BinnedThing, confirmation: str) -> None:
    """Nothing brings it back; `confirmation` is its name, typed. That it was stays on the ledger."""
    policies.check_can_use_bin(actor, binned.kind)
    access.require_fresh(actor)
    policies.check_binned_name_typed(binned, confirmation)
    _destroy(actor, _locked(actor, binned))


def empty_due(*, now: datetime) -> int:
    """Delete for ever what lay in the bins of all tenants until now; how many things that were."""

    def empty(tenant: Tenant) -> int:
        due = BinnedThing.objects.select_for_update(skip_locked=True).filter(tenant=tenant, kept_until__lte=now)
        rows = list(due.order_by("kept_until", "pk"))
        for row in rows:
            _destroy(Actor.system(tenant, "bin"), row)
        return len(rows)

    return in_each(empty)


def _destroy(actor: Actor, row: BinnedThing) -> None:
    destroyed = _DESTROYED[BinKind(row.kind)](row.thing_id)
    ledger.record(destroyed, actor=actor, subject=(row.kind, row.thing_id))
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
