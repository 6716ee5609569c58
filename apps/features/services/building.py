"""Building a training set: join, count back, prove; only then it is ready."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.datasets import selectors as datasets
from apps.features import selectors
from apps.features.choices import NEXT, BuildState, ColumnRole
from apps.features.errors import DefinitionRefused, LeakageFound
from apps.features.events import TrainingSetCancelled, TrainingSetFailed, TrainingSetReady
from apps.features.models import FeatureView, TrainingSet
from apps.features.services.joining import JoinedView, join_sql, proof_sql
from apps.features.services.metering import begin_usage, size_of
from apps.features.services.on_demand.columns import derived_of, request_columns, write_with_derived
from apps.features.services.relations.built import report_on
from apps.tenants import services as tenants
from foundation import jobs, lake, ledger, states, storage
from foundation.identity import Actor
from foundation.jobs import JobHandle
from foundation.lake.ports import Lake, TableAt
from foundation.quoting import identifier

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
    joined = [spec_of(training_set, index, view) for index, view in enumerate(views)]
    tables, table = lake.for_tenant(training_set.tenant_id), f"ts_{training_set.pk.hex}"
    tables.drop(table)
    job.progress(_("Joining as of each label's time"), 10)
    inputs = {"base": base, **sources}
    at = write_with_derived(tables, table, join_of(training_set, joined), inputs, training_set, derived)
    job.raise_if_cancelled()
    job.progress(_("Proving that nothing leaked"), 60)
    proof = _proof(tables, training_set, base, at, joined, sources, views)
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


def spec_of(training_set: TrainingSet, index: int, view: FeatureView) -> JoinedView:
    """The view at this place of the set, as a join takes it."""
    part = training_set.views[index]
    return JoinedView(
        alias=f"v{index}",
        keys=part["keys"],
        event_time=view.event_time,
        created=view.created_column,
        features=tuple(part["features"]),
        ttl_us=view.ttl_seconds * 1_000_000 if view.ttl_seconds else None,
        marked=view.marked,
    )


def join_of(training_set: TrainingSet, joined: list[JoinedView]) -> str:
    """The statement of the join over `base` and the views by their aliases."""
    return join_sql(
        base_columns=[
            *training_set.base_features,
            *filter(None, [training_set.group]),
            *request_columns(training_set),
        ],
        label=training_set.label,
        event_time=training_set.event_time,
        start_us=_microseconds(training_set.window_start),
        end_us=_microseconds(training_set.window_end),
        views=joined,
    )


def _microseconds(moment: datetime | None) -> int | None:
    return None if moment is None else round(moment.timestamp() * 1_000_000)


def _proof(
    tables: Lake,
    training_set: TrainingSet,
    base: TableAt,
    at: TableAt,
    joined: list[JoinedView],
    sources: dict[str, TableAt],
    views: list[FeatureView],
) -> dict[str, Any]:
    """Counted on the rows as they were written, view by view."""
    rows, labels = tables.count(at), _labels(tables, training_set, base)
    _check_each_label_once(rows, labels["labelled"])
    counts = []
    for spec, view in zip(joined, views, strict=True):
        sql = proof_sql(event_time=training_set.event_time, view=spec)
        found = tables.query(sql, {"joined": at, "source": sources[spec.alias]}).read_all().to_pylist()[0]
        counts.append({"view": str(view), "view_id": str(view.pk), "digest": view.digest, **found})
    violations = sum(count["violations"] for count in counts)
    mismatches = sum(count["mismatches"] for count in counts)
    _check_nothing_leaked(violations, mismatches)
    return {
        **labels,
        "rows": rows,
        "views": counts,
        "violations": violations,
        "mismatches": mismatches,
        "by_time": bool(training_set.event_time),
    }


def _check_each_label_once(rows: int, labelled: int) -> None:
    if rows == 0:
        raise DefinitionRefused(
            _("No row of the data has a label inside the window. Widen the window or choose another label.")
        )
    if rows != labelled:
        raise LeakageFound(
            _("%(labels)d labelled rows went into the join and %(rows)d came out; a join must keep each exactly once.")
            % {"labels": labelled, "rows": rows}
        )


def _check_nothing_leaked(violations: int, mismatches: int) -> None:
    if violations or mismatches:
        raise LeakageFound(
            _(
                "%(violations)d values are younger than their label and %(mismatches)d differ from "
                "the second method; nothing is kept."
            )
            % {"violations": violations, "mismatches": mismatches}
        )


def _labels(tables: Lake, training_set: TrainingSet, base: TableAt) -> dict[str, int]:
    label = identifier(training_set.label)
    limits = _window(training_set)
    sql = (
        f"SELECT count(*) AS in_window, count({label}) AS labelled, count(*) - count({label}) AS without_label "  # noqa: S608
        f"FROM base WHERE {' AND '.join(limits)}"
    )
    return tables.query(sql, {"base": base}).read_all().to_pylist()[0]


def _window(training_set: TrainingSet) -> list[str]:
    limits = ["true"]
    if training_set.event_time:
        t = f"epoch_us({identifier(training_set.event_time)})"
        limits += [f"{t} >= {start}" for start in [_microseconds(training_set.window_start)] if start is not None]
        limits += [f"{t} < {end}" for end in [_microseconds(training_set.window_end)] if end is not None]
    return limits


def limits_of(training_set: TrainingSet) -> list[str]:
    """Conditions on the rows of the base that a training set takes."""
    return [f"{identifier(training_set.label)} IS NOT NULL", *_window(training_set)]


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
    row.failure = sentence
    row.save(update_fields=["state", "failure"])
    lake.for_tenant(row.tenant_id).drop(f"ts_{row.pk.hex}")
    ledger.record(
        event(training_set_id=row.pk), actor=actor, project_id=row.project_id, subject=("training_set", row.pk)
    )
