"""Stored objects under the newest key of their tenant: the job that follows a rotation where it is wished for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from foundation import jobs, ledger
from foundation.identity import Actor
from foundation.jobs import JobHandle
from foundation.storage import keyring, objects
from foundation.storage.events import ObjectsResealed
from foundation.storage.keys import policies

if TYPE_CHECKING:
    from foundation.jobs.models import Job

RESEAL = "storage.reseal_objects"


@transaction.atomic
def ask_for_resealing(*, actor: Actor) -> Job:
    """Seal every stored object of the tenant under its newest key."""
    policies.check_can_change_keys(actor)
    policies.check_has_keys(actor)
    subject = ("keys", actor.tenant_id)
    return jobs.enqueue(RESEAL, actor=actor, title=_("Seal stored objects under the newest key"), subject=subject)


def reseal_objects(*, job: JobHandle) -> None:
    """Object by object; those that are under the newest key already are left alone, so an attempt goes on by itself."""
    number = keyring.newest_number(job.tenant_id)
    keys = objects.list(job.tenant_id)
    count = 0
    for place, key in enumerate(keys):
        job.raise_if_cancelled()
        job.progress(_("Sealing stored objects"), 100 * place / len(keys))
        count += objects.reseal(job.tenant_id, key, number)
    with job.scope():
        event = ObjectsResealed(count=count, number=number)
        ledger.record(event, actor=job.actor, subject=("keys", job.tenant_id))


@jobs.on_cancel(RESEAL)
def _cancelled(job: Job, sentence: str, actor: Actor) -> None:
    """What was sealed anew stays so, and what was not opens under its older key: there is nothing to take back."""
