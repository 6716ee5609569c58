"""Versions cut out of a table that grows: the rows stay where they are, pinned by their snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction

from apps.datasets import policies
from apps.datasets.choices import VersionState
from apps.datasets.models import Dataset, DatasetVersion
from apps.datasets.services.completing import complete
from apps.datasets.services.ingestion import cancel_version, fail_version
from foundation import jobs, lake
from foundation.identity import Actor
from foundation.jobs import JobHandle
from foundation.lake.ports import TableAt
from foundation.words import kept as _

if TYPE_CHECKING:
    from foundation.jobs.models import Job

COMPLETE = "datasets.complete"


@transaction.atomic
def cut_version(*, actor: Actor, dataset: Dataset, at: TableAt, source: Mapping[str, Any]) -> DatasetVersion:
    """Begin a version of a growing table as it was at a snapshot; `source` says what fed it."""
    policies.check_can_add(actor, dataset)
    version = DatasetVersion.objects.create(
        tenant=actor.tenant,
        project_id=dataset.project_id,
        dataset=dataset,
        review=False,
        lake_table=at.table,
        lake_snapshot=at.snapshot,
        source=dict(source),
        created_by=actor.user,
    )
    jobs.enqueue(
        COMPLETE,
        actor=actor,
        project_id=version.project_id,
        subject=("dataset_version", version.pk),
        title=_("Making a version of %(name)s") % {"name": dataset.name},
        version_id=str(version.pk),
    )
    return version


def complete_cut(*, job: JobHandle, version_id: UUID) -> None:
    """Count, digest and profile what the version pins. Ringing twice is safe."""
    with job.scope():
        version = DatasetVersion.objects.get(pk=version_id)
    if version.state != VersionState.INGESTING or version.lake_snapshot is None:
        return
    at = TableAt(version.lake_table, version.lake_snapshot)
    complete(job=job, version=version, tables=lake.for_tenant(version.tenant_id), at=at, weigh=True)


@jobs.on_failure(COMPLETE)
def _cut_failed(job: Job, sentence: str, actor: Actor) -> None:
    fail_version(actor=actor, version_id=UUID(job.arguments["version_id"]), sentence=sentence)


@jobs.on_cancel(COMPLETE)
def _cut_cancelled(job: Job, sentence: str, actor: Actor) -> None:
    cancel_version(actor=actor, version_id=UUID(job.arguments["version_id"]), sentence=sentence)
