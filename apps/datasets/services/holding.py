"""Legal holds: what is held is destroyed by nobody, whichever way they come, until a person releases it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from apps.datasets import policies, selectors
from apps.datasets.choices import VersionState
from apps.datasets.events import HoldPlaced, HoldReleased
from apps.datasets.models import Dataset, DatasetVersion, LegalHold
from apps.datasets.services.queueing import hold_dataset, hold_datasets
from foundation import ledger
from foundation.clock import now
from foundation.errors import Conflict, Invalid
from foundation.identity import Actor

_GOING = {VersionState.DESTROYING, VersionState.DESTROYED, VersionState.DISCARDED}


@transaction.atomic
def place_hold(
    *, actor: Actor, dataset: Dataset, version: DatasetVersion | None = None, reason: str, until: date | None = None
) -> LegalHold:
    """Hold one version, or without it the whole dataset with whatever is added to it; `until` is its last day."""
    policies.check_can_hold(actor, dataset)
    if not reason.strip():
        raise Invalid(_("Say why it is held: whoever meets the hold reads it."), fields={"reason": [_("Give it.")]})
    if until is not None and until < now().date():
        raise Invalid(_("This day is over; a hold ends in the future."), fields={"until": [_("Choose a later day.")]})
    hold_dataset(dataset.pk)
    # Whoever destroys a version holds its row: either of the two comes first, and the other one sees it.
    rows = DatasetVersion.objects.select_for_update(of=("self",)).select_related("dataset").filter(dataset=dataset)
    locked = list((rows.filter(pk=version.pk) if version else rows).order_by("pk"))
    if version is not None and locked[0].state in _GOING:
        sentence = _("This version is %(state)s: there are no rows to hold.")
        raise Conflict(sentence % {"state": VersionState(locked[0].state).label})
    hold = LegalHold.objects.create(
        pk=uuid4(),
        tenant=actor.tenant,
        project_id=dataset.project_id,
        dataset=dataset,
        version=version,
        reason=reason.strip(),
        until=until,
        placed_by=actor.user,
        created_at=now(),
    )
    _record(
        HoldPlaced(
            dataset_id=dataset.pk,
            version_id=version.pk if version else None,
            hold_id=hold.pk,
            until=until.isoformat() if until else "",
        ),
        actor,
        hold,
    )
    return hold


@transaction.atomic
def release_hold(*, actor: Actor, hold: LegalHold, reason: str) -> LegalHold:
    """End a hold, with a reason that stays beside it."""
    policies.check_can_hold(actor, hold)
    hold = LegalHold.objects.select_for_update(of=("self",)).get(pk=hold.pk)
    if not selectors.is_in_force(hold):
        raise Conflict(_("This legal hold has ended already."))
    if not reason.strip():
        raise Invalid(_("Say why the hold is released."), fields={"reason": [_("Give it.")]})
    hold.released_by, hold.released_at, hold.release_reason = actor.user, now(), reason.strip()
    hold.save(update_fields=["released_by", "released_at", "release_reason"])
    _record(HoldReleased(dataset_id=hold.dataset_id, version_id=hold.version_id, hold_id=hold.pk), actor, hold)
    return hold


def check_datasets_not_held(dataset_ids: Collection[UUID]) -> None:
    """Conflict where one of these is held as a whole: what came for it and is in no version yet stays too.

    Part of the caller's transaction: until that ends nobody places a hold on them.
    """
    hold_datasets(dataset_ids)
    policies.check_datasets_not_held(dataset_ids)


def _record(event: ledger.Event, actor: Actor, hold: LegalHold) -> None:
    subject = ("dataset_version", hold.version_id) if hold.version_id else ("dataset", hold.dataset_id)
    ledger.record(event, actor=actor, project_id=hold.project_id, subject=subject)
