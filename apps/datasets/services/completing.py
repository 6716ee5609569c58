"""The last steps of a version, wherever its rows came from: counted back, digested, profiled; in review or ready."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from apps.datasets import selectors
from apps.datasets.choices import NEXT, VersionState
from apps.datasets.errors import FileRefused
from apps.datasets.events import VersionReviewed, VersionUnchanged
from apps.datasets.models import DatasetVersion
from apps.datasets.services import growing
from apps.datasets.services.classification import describe_columns, inherit_classes, suspect_inputs
from apps.datasets.services.contracts import hold_where_broken
from apps.datasets.services.inheriting import classes_of_inputs
from apps.datasets.services.profiles import keep_profile
from apps.datasets.services.queueing import hold_dataset
from apps.datasets.services.review import publish
from apps.datasets.services.slimming import without_listings
from apps.datasets.services.tokenising import mark_tokenised
from apps.datasets.services.validation import validate
from apps.tenants import services as tenants
from foundation import ledger, states
from foundation.clock import now
from foundation.identity import Actor
from foundation.jobs import JobHandle
from foundation.lake.ports import Lake, TableAt
from foundation.words import kept as _

_KEPT = (VersionState.READY, VersionState.REVIEW)


def complete(
    *,
    job: JobHandle,
    version: DatasetVersion,
    tables: Lake,
    at: TableAt,
    weigh: bool = False,
    into: TableAt | None = None,
    merge: Callable[[TableAt], TableAt] | None = None,
) -> None:
    """Make a version of the rows that lie at `at`. May be rung twice: a version that has ended stays as it is.

    They are held to what is expected of the dataset first, whoever sent them and however. With `merge`, they are new
    rows alone, and it answers where they lie together with those of `into`.
    `weigh` where nobody could say before how large it would be: its size is that of its files, and the quota is asked.
    """
    if growing.grows(version):
        if tables.count(at) == 0 and version.ingestion_id is not None:
            leave_unchanged(job, version)
            return
        base = growing.fix_base(job, version)
        into = selectors.table_at(base) if base else None
    key = version.source.get("key", ())
    at = validate(job=job, version=version, tables=tables, at=at, into=into, key=key)
    if merge is not None:
        at = merge(at)
    came = at.table
    if growing.grows(version):
        at, weigh = growing.grown(job, version, tables, at), True
    found = inspect(tables, at, job)
    with job.scope(), transaction.atomic():
        if weigh:
            found["byte_count"] = _weight(tables, version, came, at)
            # Whoever sees the job reads why it failed: no figure of the whole tenant.
            more = found["byte_count"]
            tenants.reserve_storage(tenant_id=version.tenant_id, project_id=version.project_id, more=more)
        finish(actor=job.actor, version_id=version.pk, at=at, found=found)
    if came != at.table:
        tables.drop(came)


def _weight(tables: Lake, version: DatasetVersion, came: str, at: TableAt) -> int:
    """What the version adds on disk: the rows that came, and those before where they were copied into its table."""
    table = at.table if at.table.endswith(version.pk.hex) else came
    size = tables.sizes([table]).get(table, 0)
    others = DatasetVersion.objects.filter(lake_table=table, state__in=_KEPT).exclude(pk=version.pk)
    # Of a table that others were cut out of before, what came since.
    return max(0, size - (others.aggregate(n=Sum("byte_count"))["n"] or 0))


def leave_unchanged(job: JobHandle, version: DatasetVersion) -> None:
    """End a version for which nothing new was found: there is none."""
    with job.scope(), transaction.atomic():
        row = DatasetVersion.objects.select_for_update().get(pk=version.pk)
        if row.state == VersionState.INGESTING:
            states.move(row, VersionState.UNCHANGED, NEXT)
            row.source = without_listings(row.source)
            row.save(update_fields=["state", "source"])
            said = VersionUnchanged(dataset_id=row.dataset_id, version_id=row.pk)
            ledger.record(said, actor=job.actor, project_id=row.project_id, subject=("dataset_version", row.pk))
    growing.let_go(version)


def inspect(tables: Lake, at: TableAt, job: JobHandle) -> dict[str, Any]:
    """What is known of a table once its rows were read back: the count comes from the lake, not from the writer."""
    job.progress(_("Counting back"), 70)
    rows = tables.count(at)
    if rows == 0:
        raise FileRefused(_("The file has a header but no rows. Add at least one row below the header."))
    job.progress(_("Computing the digest and profiling the columns"), 75)
    found = tables.inspect(at)
    job.raise_if_cancelled()
    return {
        "row_count": rows,
        "digest": found.digest,
        "profile": found.profile,
        "schema": describe_columns(tables.schema(at), found.values),
    }


@transaction.atomic
def finish(*, actor: Actor, version_id: UUID, at: TableAt, found: dict[str, Any]) -> None:
    hold_dataset(DatasetVersion.objects.values_list("dataset_id", flat=True).get(pk=version_id))
    version = DatasetVersion.objects.select_for_update(of=("self",)).select_related("dataset").get(pk=version_id)
    if version.state != VersionState.INGESTING:
        return
    growing.check_base_is_there(version)
    version.lake_table, version.lake_snapshot = at.table, at.snapshot
    keep_profile(version, found["profile"])
    for name, value in found.items():
        setattr(version, name, value)
    suspect_inputs(version)
    inherit_classes(version)
    mark_tokenised(version)
    classes_of_inputs(version)
    states.move(version, VersionState.REVIEW, NEXT)
    version.save()
    held = hold_where_broken(actor=actor, version=version, profile=found["profile"])
    if not version.review and held is None:
        publish(actor=actor, version=version, now=now())
        return
    waiting = VersionReviewed(
        dataset_id=version.dataset_id, version_id=version.pk, digest=version.digest, row_count=version.row_count or 0
    )
    ledger.record(waiting, actor=actor, project_id=version.project_id, subject=("dataset_version", version.pk))
