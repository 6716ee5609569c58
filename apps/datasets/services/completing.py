"""The last steps of a version, wherever its rows came from: counted back, digested, profiled; in review or ready."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.datasets.choices import NEXT, VersionState
from apps.datasets.errors import FileRefused
from apps.datasets.events import VersionReviewed
from apps.datasets.models import DatasetVersion
from apps.datasets.services.classification import describe_columns, inherit_classes, suspect_inputs
from apps.datasets.services.profiles import keep_profile
from apps.datasets.services.review import publish
from apps.datasets.services.tokenising import mark_tokenised
from apps.tenants import services as tenants
from foundation import ledger, states
from foundation.clock import now
from foundation.identity import Actor
from foundation.jobs import JobHandle
from foundation.lake.ports import Lake, TableAt


def complete(*, job: JobHandle, version: DatasetVersion, tables: Lake, at: TableAt, weigh: bool = False) -> None:
    """Make a version of the rows that lie at `at`. May be rung twice: a version that has ended stays as it is.

    `weigh` where nobody could say before how large it would be: its size is that of its files, and the quota is asked.
    """
    found = inspect(tables, at, job)
    if weigh:
        found["byte_count"] = tables.sizes([at.table])[at.table]
    with job.scope(), transaction.atomic():
        if weigh:
            # Whoever sees the job reads why it failed: no figure of the whole tenant.
            more = found["byte_count"]
            tenants.reserve_storage(tenant_id=version.tenant_id, project_id=version.project_id, more=more)
        finish(actor=job.actor, version_id=version.pk, at=at, found=found)


def inspect(tables: Lake, at: TableAt, job: JobHandle) -> dict[str, Any]:
    """What is known of a table once its rows were read back: the count comes from the lake, not from the writer."""
    job.progress(_("Counting back"), 70)
    rows = tables.count(at)
    if rows == 0:
        raise FileRefused(_("The file has a header but no rows. Add at least one row below the header."))
    job.progress(_("Computing the digest"), 75)
    digest = tables.digest(at)
    job.raise_if_cancelled()
    job.progress(_("Profiling the columns"), 85)
    profile = tables.profile(at)
    return {
        "row_count": rows,
        "digest": digest,
        "profile": profile,
        "schema": describe_columns(tables.schema(at), tables, at),
    }


@transaction.atomic
def finish(*, actor: Actor, version_id: UUID, at: TableAt, found: dict[str, Any]) -> None:
    version = DatasetVersion.objects.select_for_update().select_related("dataset").get(pk=version_id)
    if version.state != VersionState.INGESTING:
        return
    version.lake_table, version.lake_snapshot = at.table, at.snapshot
    keep_profile(version, found["profile"])
    for name, value in found.items():
        setattr(version, name, value)
    suspect_inputs(version)
    inherit_classes(version)
    mark_tokenised(version)
    states.move(version, VersionState.REVIEW, NEXT)
    version.save()
    if not version.review:
        publish(actor=actor, version=version, now=now())
        return
    waiting = VersionReviewed(
        dataset_id=version.dataset_id, version_id=version.pk, digest=version.digest, row_count=version.row_count or 0
    )
    ledger.record(waiting, actor=actor, project_id=version.project_id, subject=("dataset_version", version.pk))
