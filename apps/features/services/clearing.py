"""A training set that failed or was cancelled is cleared away: into the bin, at whose end what is left of it goes.

No other takes its number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.features import policies
from apps.features.choices import NEXT, BuildState
from apps.features.events import TrainingSetBinned, TrainingSetRemoved, TrainingSetUnbinned
from apps.features.models import TrainingSet
from apps.features.services.metering import end_usage
from apps.projects.services import hold_open, lock_project
from apps.tenants import services as tenants
from apps.tenants.choices import BinKind
from foundation import access, jobs, ledger, states, storage
from foundation.clock import now
from foundation.errors import Conflict
from foundation.identity import Actor
from foundation.jobs import JobHandle
from foundation.lake import shredding
from foundation.words import words_of

if TYPE_CHECKING:
    from foundation.jobs.models import Job

REMOVE = "features.remove_training_set"


@transaction.atomic
def ask_to_remove_training_set(*, actor: Actor, training_set: TrainingSet) -> TrainingSet:
    """It leaves every list for the bin; one whose end there failed is ended once more."""
    row = TrainingSet.objects.select_for_update().get(pk=training_set.pk)
    policies.check_can_clear(actor, row)
    access.require_fresh(actor)
    if any(not job.is_final for job in jobs.jobs_of(actor=actor, subject=("training_set", row.pk))):
        raise Conflict(_("There is work on this version just now; wait until it has ended."))
    if row.state == BuildState.DESTROYING:
        _enqueue(actor, row)
        return row
    row.binned_from = row.state
    states.move(row, BuildState.BINNED, NEXT)
    row.save(update_fields=["state", "binned_from"])
    tenants.keep_in_place(actor=actor, kind=BinKind.TRAINING_SET, thing=row, project_id=row.project_id)
    _record(TrainingSetBinned(training_set_id=row.pk), actor, row)
    return row


class TrainingSetBin(tenants.BinRoom):
    """A training set in the bin: no list has it."""

    def restore(self, actor: Actor, thing_id: UUID) -> list[str]:
        row = _locked_in_bin(thing_id)
        policies.check_can_define(actor, row.project)
        hold_open(actor=actor, project_id=row.project_id)
        states.move(row, BuildState(row.binned_from), NEXT)
        row.binned_from = ""
        row.save(update_fields=["state", "binned_from"])
        _record(TrainingSetUnbinned(training_set_id=row.pk), actor, row)
        return []

    def destroy(self, actor: Actor, thing_id: UUID) -> None:
        """By a job, with the keys of whatever it had written."""
        row = _locked_in_bin(thing_id)
        states.move(row, BuildState.DESTROYING, NEXT)
        row.save(update_fields=["state"])
        _enqueue(actor, row)


def remove_training_set(*, job: JobHandle, training_set_id: UUID) -> None:
    """Cut off at any point, the next attempt ends it: what is gone already is gone."""
    with job.scope():
        row = TrainingSet.objects.get(pk=training_set_id)
    if row.state != BuildState.DESTROYING or row.digest:
        return
    storage.delete(row.tenant_id, row.report_key)
    shredding.shred(actor=job.actor, tables=[f"ts_{row.pk.hex}"])
    with job.scope(), transaction.atomic():
        _end(job.actor, training_set_id)


def _end(actor: Actor, training_set_id: UUID) -> None:
    row = TrainingSet.objects.select_for_update().get(pk=training_set_id)
    if row.state != BuildState.DESTROYING:
        return
    states.move(row, BuildState.DESTROYED, NEXT)
    row.destroyed_at, row.lake_table = now(), ""
    row.save(update_fields=["state", "destroyed_at", "lake_table", *row.say_why("")])
    end_usage(row)
    _record(TrainingSetRemoved(training_set_id=row.pk), actor, row)


def _locked_in_bin(training_set_id: UUID) -> TrainingSet:
    rows = TrainingSet.objects.filter(pk=training_set_id, state=BuildState.BINNED)
    project_id = rows.values_list("project_id", flat=True).first()
    if project_id is not None:
        lock_project(project_id=project_id)
    found = rows.select_for_update(of=("self",)).select_related("project").first()
    if found is None:
        raise Conflict(_("It was destroyed meanwhile: a person was erased from what it was made of."))
    return found


def _enqueue(actor: Actor, row: TrainingSet) -> None:
    jobs.enqueue(
        REMOVE,
        actor=actor,
        project_id=row.project_id,
        subject=("training_set", row.pk),
        title=_("Removing %(view)s") % {"view": row},
        training_set_id=str(row.pk),
    )


def _record(event: ledger.Event, actor: Actor, row: TrainingSet) -> None:
    ledger.record(event, actor=actor, project_id=row.project_id, subject=("training_set", row.pk))


@jobs.on_failure(REMOVE)
@jobs.on_cancel(REMOVE)
def _removing_failed(job: Job, sentence: str, actor: Actor) -> None:
    """No list has it any more, whatever is left of it; whoever may can have it tried again."""
    pk = UUID(job.arguments["training_set_id"])
    said = {"failure": sentence, "failure_words": words_of(sentence)}
    TrainingSet.objects.filter(pk=pk, state=BuildState.DESTROYING).update(**said)
