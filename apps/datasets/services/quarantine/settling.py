"""Rows that lie in a ready version, or in its quarantine, leave the quarantine they came from."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.translation import gettext as _

from apps.datasets.choices import VersionState
from apps.datasets.events import RowsReplayed
from apps.datasets.models import DatasetVersion, Quarantine, quarantine_table
from apps.datasets.services.quarantine.choosing import Choice
from foundation import jobs, lake, ledger, tenancy
from foundation.identity import Actor
from foundation.jobs import JobHandle
from foundation.ledger import RecordedEvent

if TYPE_CHECKING:
    from foundation.jobs.models import Job
    from foundation.tenancy.models import Tenant

SETTLE = "datasets.settle_replay"
# By then the version's own event has begun it.
_LATE = timedelta(minutes=30)


def begin_settling(*, event: RecordedEvent) -> None:
    """A version became ready: where it is a replay, its rows are taken out of where they came from."""
    version = DatasetVersion.objects.get(pk=UUID(event.payload["version_id"]))
    if version.source.get("kind") != "replay":
        return
    _enqueue(Actor.system(version.tenant, "replaying"), version)


def _enqueue(actor: Actor, version: DatasetVersion) -> None:
    jobs.enqueue(
        SETTLE,
        actor=actor,
        project_id=version.project_id,
        subject=("dataset_version", version.pk),
        title=_("Taking replayed rows out of quarantine"),
        version_id=str(version.pk),
    )


def settle_what_is_left(*, now: datetime) -> int:
    """Begin again what failed for good: nobody can change a quarantine whose rows are on their way. How many."""

    def turn(tenant: Tenant) -> int:
        rows = Quarantine.objects.filter(tenant=tenant, replay__state=VersionState.READY, project__archived_at=None)
        late = rows.filter(replay__committed_at__lt=now - _LATE).select_related("replay__dataset")
        system = Actor.system(tenant, "replaying")
        left = [one.replay for one in late if one.replay is not None and not _is_settling(system, one.replay)]
        for version in left:
            _enqueue(system, version)
        return len(left)

    return tenancy.in_each(turn)


def _is_settling(system: Actor, version: DatasetVersion) -> bool:
    found = jobs.jobs_of(actor=system, subject=("dataset_version", version.pk))
    return any(job.name == SETTLE and not job.is_final for job in found)


def settle_replay(*, job: JobHandle, version_id: UUID) -> None:
    """May be done again at any point: rows that are gone already are not counted twice."""
    with job.scope():
        version = DatasetVersion.objects.get(pk=version_id)
        rows = Quarantine.objects.select_related("version").filter(pk=version.source["quarantine"], replay=version)
        quarantine = rows.first()
    if quarantine is None or version.state != VersionState.READY:
        return
    tables, table = lake.for_tenant(version.tenant_id), quarantine_table(quarantine.version)
    choice = Choice(numbers=tuple(version.source["numbers"]), reason=version.source["reason"])
    where, params = choice.condition(quarantine)
    tables.erase_rows(table, where, params)
    at = tables.current(table)
    left = tables.count(at)
    with job.scope():
        held = Quarantine.objects.select_for_update(of=("self",)).filter(pk=quarantine.pk, replay=version).first()
        if held is None:
            return
        quarantine = held
        taken = quarantine.row_count - left
        quarantine.row_count, quarantine.lake_snapshot, quarantine.replay = left, at.snapshot, None
        quarantine.replayed_count += taken
        quarantine.save(update_fields=["row_count", "lake_snapshot", "replay", "replayed_count"])
        said = RowsReplayed(
            dataset_id=quarantine.dataset_id,
            version_id=quarantine.version_id,
            quarantine_id=quarantine.pk,
            into_id=version.pk,
            row_count=taken,
        )
        subject = ("dataset_version", quarantine.version_id)
        ledger.record(said, actor=job.actor, project_id=quarantine.project_id, subject=subject)


@jobs.on_cancel(SETTLE)
def _settling_cancelled(job: Job, sentence: str, actor: Actor) -> None:
    """The rows are in the version and must not stay here too: it is begun again."""
    version = DatasetVersion.objects.get(pk=UUID(job.arguments["version_id"]))
    _enqueue(Actor.system(version.tenant, "replaying"), version)
