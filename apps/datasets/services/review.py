"""A version that was ingested waits until a person who has seen it commits or discards it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Max

from apps.datasets import policies
from apps.datasets.choices import NEXT, VersionState
from apps.datasets.events import VersionCommitted, VersionDiscarded
from apps.datasets.models import Dataset, DatasetVersion
from apps.datasets.services.profiles import drop_profile
from apps.datasets.services.validation.forgetting import forget_quarantine
from foundation import lake, ledger, states
from foundation.identity import Actor


@transaction.atomic
def commit_version(*, actor: Actor, version: DatasetVersion, now: datetime) -> DatasetVersion:
    """Make the version ready for use; it gets its number and never changes again."""
    version = DatasetVersion.objects.select_for_update().select_related("dataset").get(pk=version.pk)
    policies.check_can_commit(actor, version)
    return publish(actor=actor, version=version, now=now)


def publish(*, actor: Actor, version: DatasetVersion, now: datetime) -> DatasetVersion:
    """The step that both a person's commit and an ingestion without review end with."""
    # The dataset's row is the queue in which its versions take their numbers.
    Dataset.objects.select_for_update().get(pk=version.dataset_id)
    newest = DatasetVersion.objects.filter(dataset_id=version.dataset_id).aggregate(Max("number"))["number__max"] or 0
    states.move(version, VersionState.READY, NEXT)
    version.number, version.committed_at = newest + 1, now
    version.save(update_fields=["number", "state", "committed_at"])
    committed = VersionCommitted(
        dataset_id=version.dataset_id,
        version_id=version.pk,
        number=version.number,
        digest=version.digest,
        row_count=version.row_count or 0,
        lake_snapshot=version.lake_snapshot or 0,
    )
    ledger.record(committed, actor=actor, project_id=version.project_id, subject=("dataset_version", version.pk))
    return version


@transaction.atomic
def discard_version(*, actor: Actor, version: DatasetVersion) -> DatasetVersion:
    """Drop a version that was looked at and not wanted; its rows leave the lake, and soon after the disk."""
    version = DatasetVersion.objects.select_for_update().get(pk=version.pk)
    policies.check_can_discard(actor, version)
    states.move(version, VersionState.DISCARDED, NEXT)
    table, version.first_profile = version.lake_table, {}
    version.save(update_fields=["state", "first_profile"])
    discarded = VersionDiscarded(dataset_id=version.dataset_id, version_id=version.pk)
    ledger.record(discarded, actor=actor, project_id=version.project_id, subject=("dataset_version", version.pk))
    forget_quarantine(version)
    transaction.on_commit(lambda: drop_profile(version))
    transaction.on_commit(lambda: lake.for_tenant(actor.tenant_id).drop(table))
    return version
