"""Every key of a tenant under the key-encryption key that the portal has now: the job of a rotation from outside."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from foundation import clock, jobs, ledger
from foundation.identity import Actor
from foundation.jobs import JobHandle
from foundation.storage import key_stores, keyring, wrapping
from foundation.storage.choices import BroughtSource
from foundation.storage.events import KeysRewrapped
from foundation.storage.keys import policies
from foundation.storage.keys.destroying import destroy_after_commit
from foundation.storage.models import BroughtKey, TenantKey

if TYPE_CHECKING:
    from foundation.jobs.models import Job

REWRAP = "storage.rewrap_keys"


@transaction.atomic
def ask_for_rewrap(*, actor: Actor, now: datetime | None = None) -> Job:
    """Put the tenant's keys under the present key-encryption key; with `now` those that are there already, too."""
    policies.check_can_change_keys(actor)
    subject = ("keys", actor.tenant_id)
    made_before = now.isoformat() if now else None
    return jobs.enqueue(REWRAP, actor=actor, title=_("Wrap the keys anew"), subject=subject, made_before=made_before)


def rewrap_keys(*, job: JobHandle, made_before: str | None) -> None:
    """Key by key, each in a transaction of its own: cancelled or cut off, the next attempt goes on where it was."""
    with job.scope():
        waiting = list(TenantKey.objects.filter(destroyed_at=None).order_by("purpose", "number").values_list("pk"))
    count = 0
    for place, (key_id,) in enumerate(waiting):
        job.raise_if_cancelled()
        job.progress(_("Wrapping keys"), 100 * place / len(waiting))
        with job.scope():
            row = TenantKey.objects.select_for_update().get(pk=key_id)
            if row.destroyed_at is None and _is_due(row, made_before):
                _rewrap(row)
                count += 1
    with job.scope():
        for own in BroughtKey.objects.filter(source=BroughtSource.UPLOAD, withdrawn_at=None):
            with key_stores.in_words():
                key_stores.of_mark(own.store).renew(own.name)
        mark = key_stores.current().mark
        ledger.record(KeysRewrapped(count=count, mark=mark), actor=job.actor, subject=("keys", job.tenant_id))


@jobs.on_cancel(REWRAP)
def _cancelled(job: Job, sentence: str, actor: Actor) -> None:
    """What is wrapped anew stays so, and what is not opens as before: the chain of keys is whole at any moment."""
    mark = key_stores.current().mark
    count = TenantKey.objects.filter(mark=mark, wrapped_at__gte=job.created_at).count()
    ledger.record(KeysRewrapped(count=count, mark=mark), actor=actor, subject=("keys", job.tenant_id))


def _is_due(row: TenantKey, made_before: str | None) -> bool:
    if not row.name or row.mark != key_stores.current().mark:
        return True
    return made_before is not None and row.wrapped_at < datetime.fromisoformat(made_before)


def _rewrap(row: TenantKey) -> None:
    before = (row.mark, row.name)
    wrapping.rewrap(row)
    row.wrapped_at = clock.now()
    row.save(update_fields=["wrapped", "name", "mark", "brought", "exposed", "wrapped_at"])
    keyring.forget(row.tenant_id)
    destroy_after_commit([before])
