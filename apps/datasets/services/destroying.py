"""A version destroyed for good: rows, file, profile and every key that opens them; what it was stays on record."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.datasets import policies, selectors
from apps.datasets.choices import NEXT, VersionState
from apps.datasets.events import VersionDestroyed, VersionDestroyRequested
from apps.datasets.models import DatasetVersion, Quarantine
from apps.datasets.services.parting import part, tables_of, writer_of
from apps.datasets.services.profiles import drop_profile
from apps.datasets.services.queueing import hold_dataset
from apps.datasets.services.uploads import drop_chunks
from foundation import access, jobs, ledger, states
from foundation.clock import now
from foundation.errors import Conflict
from foundation.identity import Actor
from foundation.jobs import JobHandle
from foundation.jobs.choices import JobState
from foundation.lake import shredding
from foundation.words import words_of

if TYPE_CHECKING:
    from foundation.jobs.models import Job

DESTROY = "datasets.destroy"


@transaction.atomic
def ask_to_destroy(
    *, actor: Actor, version: DatasetVersion, confirmation: str, break_chain: bool = False
) -> DatasetVersion:
    """Destroy the version's rows for good, by a job; from now on nobody reads them.

    `confirmation` is its name as it is shown. Refused while an approval case rests on it, and, without `break_chain`,
    where anything was made from it.
    """
    version = DatasetVersion.objects.select_for_update(of=("self",)).select_related("dataset").get(pk=version.pk)
    policies.check_can_destroy(actor, version)
    policies.check_not_written_to(version, writer_of(version.tenant_id, version.lake_table))
    access.require_fresh(actor)
    policies.check_not_held([version])
    policies.check_name_typed(version, confirmation)
    users = selectors.made_from(actor=actor, version=version)
    policies.check_nobody_decides(users)
    policies.check_chain_may_break(users, confirmed=break_chain)
    begin_destroying(actor=actor, version=version, made_from_it=len(users))
    _enqueue(actor, version)
    return version


def begin_destroying(*, actor: Actor, version: DatasetVersion, made_from_it: int) -> None:
    """The step after which nobody reads the version; the caller holds its row and sees to the rest."""
    if version.state == VersionState.DESTROYING:
        return
    policies.check_not_held([version])
    states.move(version, VersionState.DESTROYING, NEXT)
    version.destroyed_by = actor.user
    version.save(update_fields=["state", "destroyed_by"])
    asked = VersionDestroyRequested(
        dataset_id=version.dataset_id, version_id=version.pk, digest=version.digest, made_from_it=made_from_it
    )
    ledger.record(asked, actor=actor, project_id=version.project_id, subject=("dataset_version", version.pk))


def destroy_version(*, job: JobHandle, version_id: UUID) -> None:
    """Cut off at any point, the next attempt ends it: what is gone already is gone."""
    with job.scope():
        version = DatasetVersion.objects.get(pk=version_id)
    if version.state != VersionState.DESTROYING:
        return
    job.progress(_("Deleting files"), 10)
    drop_files(version)
    part(job, [version.pk])
    job.raise_if_cancelled()
    job.progress(_("Destroying rows and their keys"), 30)
    shredding.shred(actor=job.actor, tables=tables_of([version.pk]))
    with job.scope():
        end_destroying(job.actor, version.pk)
        jobs.ask_again(tenant_id=job.tenant_id)


def drop_files(version: DatasetVersion) -> None:
    """What of the version lies outside the lake: its profile, and the file it was read from."""
    drop_profile(version)
    if upload := version.source.get("upload"):
        drop_chunks(version.tenant_id, UUID(upload))


def end_destroying(actor: Actor, version_id: UUID) -> None:
    """Its rows and their keys are gone; what it was stays on record."""
    version = DatasetVersion.objects.select_for_update().get(pk=version_id)
    if version.state != VersionState.DESTROYING:
        return
    states.move(version, VersionState.DESTROYED, NEXT)
    version.destroyed_at, version.first_profile = now(), {}
    version.failure, version.failure_words = "", {}
    Quarantine.objects.filter(version=version).delete()
    # The number of the snapshot stays: the ledger names it, and reports hold the two against each other.
    version.lake_table = ""
    version.save()
    gone = VersionDestroyed(dataset_id=version.dataset_id, version_id=version.pk, digest=version.digest)
    ledger.record(gone, actor=actor, project_id=version.project_id, subject=("dataset_version", version.pk))


def _enqueue(actor: Actor, version: DatasetVersion) -> None:
    subject = ("dataset_version", version.pk)
    if any(not job.is_final for job in jobs.jobs_of(actor=actor, subject=subject)):
        raise Conflict(_("There is work on this version just now; wait until it has ended."))
    jobs.enqueue(
        DESTROY,
        actor=actor,
        project_id=version.project_id,
        subject=subject,
        title=_("Destroying %(version)s") % {"version": version},
        version_id=str(version.pk),
    )


@jobs.on_admission(DESTROY)
def _admission(job: Job, take: bool) -> str:
    """One after the other in a dataset: those that share a table would each have all others move out of it."""
    version = DatasetVersion.objects.get(pk=UUID(job.arguments["version_id"]))
    if take:
        hold_dataset(version.dataset_id)
    begun = jobs.visible_jobs(actor=Actor.system(job.tenant, "destroying")).filter(name=DESTROY, state=JobState.RUNNING)
    ids = [UUID(other.arguments["version_id"]) for other in begun.exclude(pk=job.pk)]
    other = DatasetVersion.objects.filter(pk__in=ids, dataset_id=version.dataset_id).select_related("dataset").first()
    return _("%(version)s is being destroyed; this one comes after it.") % {"version": other} if other else ""


@jobs.on_failure(DESTROY)
@jobs.on_cancel(DESTROY)
def _destroying_failed(job: Job, sentence: str, actor: Actor) -> None:
    """Nobody reads it any more, whatever is left of it; whoever may can have it tried again."""
    rows = DatasetVersion.objects.filter(pk=UUID(job.arguments["version_id"]), state=VersionState.DESTROYING)
    rows.update(failure=sentence, failure_words=words_of(sentence))
