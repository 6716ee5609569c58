"""Building a training set: join, count back, prove; only then it is ready."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction

from apps.datasets import selectors as datasets
from apps.features import selectors
from apps.features.choices import NEXT, BuildState, ColumnRole
from apps.features.events import TrainingSetCancelled, TrainingSetFailed, TrainingSetReady
from apps.features.models import TrainingSet
from apps.features.services.joining import Labels, as_of, seen_as
from apps.features.services.metering import begin_usage, size_of
from apps.features.services.on_demand.columns import (
    check_alike,
    derived_of,
    only_needed,
    request_columns,
    widened,
)
from apps.features.services.relations.built import report_on
from apps.tenants import services as tenants
from foundation import jobs, lake, ledger, states, storage
from foundation.identity import Actor
from foundation.jobs import JobHandle
from foundation.lake.ports import TableAt
from foundation.words import kept as _

if TYPE_CHECKING:
    from foundation.jobs.models import Job


def build_training_set(*, job: JobHandle, training_set_id: UUID, in_quota: bool = True) -> None:
    """Join the views to the labels as of each label's time, and store the rows with their proof.

    OverQuota where the rows would not fit, and nothing is kept; not so for what takes another's place (`in_quota`).
    """
    with job.scope():
        training_set = TrainingSet.objects.get(pk=training_set_id)
        base = datasets.table_at(datasets.get_version(actor=job.actor, version_id=training_set.base_version_id))
        views = selectors.views_of(actor=job.actor, training_set=training_set)
        sources = {f"v{index}": selectors.view_table(view) for index, view in enumerate(views)}
        derived = derived_of(training_set)
    if training_set.state != BuildState.BUILDING:
        return
    tables, table = lake.for_tenant(training_set.tenant_id), f"ts_{training_set.pk.hex}"
    tables.drop(table)
    job.progress(_("Joining as of each label's time"), 10)
    joined = as_of(
        tables,
        table,
        labels_of(training_set),
        base,
        [
            (view, seen_as(index, view, part, early=training_set.ignores_known_since), sources[f"v{index}"])
            for index, (view, part) in enumerate(zip(views, training_set.views, strict=True))
        ],
        heard=job.raise_if_cancelled,
        proving=lambda: job.progress(_("Proving that nothing leaked"), 60),
        through=(lambda rows: widened(rows, only_needed(training_set), derived)) if derived else None,
    )
    at, proof = joined.at, joined.proof
    check_alike(derived)
    if derived:
        proof["derived"] = [one.as_json() for one in derived]
    job.progress(_("Computing the digest"), 85)
    digest = tables.digest(at)
    job.progress(_("Measuring what features have to do with the label"), 90)
    report = report_on(tables, training_set, at, proof["rows"])
    size = size_of(tables, at)
    with job.scope(), transaction.atomic():
        if in_quota:
            project_id = training_set.project_id
            # Whoever sees the job reads why it failed: no figure of the whole tenant.
            tenants.reserve_storage(tenant_id=job.tenant_id, project_id=project_id, more=size)
        row = _finish(actor=job.actor, training_set_id=training_set_id, at=at, proof=proof, digest=digest)
        if row is not None:
            storage.put(row.tenant_id, row.report_key, json.dumps(report).encode())
            begin_usage(row, size, job.actor)


def labels_of(training_set: TrainingSet) -> Labels:
    """The rows that a training set takes, and what it keeps of them until they are written."""
    named = {*training_set.base_features, training_set.label, training_set.group, training_set.event_time}
    keys = {column for part in training_set.views for column in part["keys"].values()}
    return Labels(
        kept=tuple(sorted({*named, *keys, *request_columns(training_set)} - {""})),
        label=training_set.label,
        event_time=training_set.event_time,
        start_us=_microseconds(training_set.window_start),
        end_us=_microseconds(training_set.window_end),
        finite=frozenset(column["name"] for column in training_set.columns if _may_be_nan(column)),
    )


def _may_be_nan(column: Mapping[str, Any]) -> bool:
    """Of the base; what views have is missing there already."""
    return column["source"] == "base" and column["type"].upper() in ("FLOAT", "DOUBLE")


def _microseconds(moment: datetime | None) -> int | None:
    return None if moment is None else round(moment.timestamp() * 1_000_000)


@transaction.atomic
def _finish(
    *, actor: Actor, training_set_id: UUID, at: TableAt, proof: dict[str, Any], digest: str
) -> TrainingSet | None:
    """It is ready; None where it has ended meanwhile."""
    row = TrainingSet.objects.select_for_update().get(pk=training_set_id)
    if row.state != BuildState.BUILDING:
        return None
    row.lake_table, row.lake_snapshot, row.row_count = at.table, at.snapshot, proof["rows"]
    row.digest, row.leakage_proof = digest, proof
    states.move(row, BuildState.READY, NEXT)
    row.columns = [*row.columns, *_extra_columns(row)]
    row.save()
    ready = TrainingSetReady(
        training_set_id=row.pk,
        row_count=proof["rows"],
        digest=digest,
        leakage_violations=proof["violations"],
        lake_snapshot=at.snapshot,
    )
    ledger.record(ready, actor=actor, project_id=row.project_id, subject=("training_set", row.pk))
    return row


def _extra_columns(row: TrainingSet) -> list[dict[str, Any]]:
    """Join keys that are no features, and the two times of each view that prove its values."""
    named = {column["name"] for column in row.columns}
    keys = sorted({column for part in row.views for column in part["keys"].values()} - named)
    extra = [{"name": name, "type": "", "role": ColumnRole.KEY.value, "source": "base"} for name in keys]
    for index in range(len(row.views)):
        names = (f"__event_v{index}", f"__known_v{index}")
        extra += [{"name": n, "type": "TIMESTAMP", "role": ColumnRole.PROOF.value, "source": "join"} for n in names]
    return extra


@jobs.on_failure("features.build_training_set")
def _building_failed(job: Job, sentence: str, actor: Actor) -> None:
    _end_unmade(job, BuildState.FAILED, sentence, TrainingSetFailed, actor)


@jobs.on_cancel("features.build_training_set")
def _building_cancelled(job: Job, sentence: str, actor: Actor) -> None:
    _end_unmade(job, BuildState.CANCELLED, sentence, TrainingSetCancelled, actor)


def _end_unmade(
    job: Job, state: BuildState, sentence: str, event: type[TrainingSetFailed | TrainingSetCancelled], actor: Actor
) -> None:
    end_unmade_set(UUID(job.arguments["training_set_id"]), state, sentence, event, actor)


def end_unmade_set(
    training_set_id: UUID,
    state: BuildState,
    sentence: str,
    event: type[TrainingSetFailed | TrainingSetCancelled],
    actor: Actor,
) -> None:
    """Leave nothing half-made; a training set that has ended stays as it is."""
    row = TrainingSet.objects.select_for_update().get(pk=training_set_id)
    if row.state != BuildState.BUILDING:
        return
    states.move(row, state, NEXT)
    row.save(update_fields=["state", *row.say_why(sentence)])
    lake.for_tenant(row.tenant_id).drop(f"ts_{row.pk.hex}")
    ledger.record(
        event(training_set_id=row.pk), actor=actor, project_id=row.project_id, subject=("training_set", row.pk)
    )
