"""The job behind features of the past: rows in, joined and proven as a training set is, kept for a day."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django.db import transaction

from apps.datasets import selectors as datasets
from apps.datasets import services as dataset_services
from apps.features import selectors
from apps.features.choices import NEXT, BuildState, ColumnRole, KeyType
from apps.features.events import RetrievalCancelled, RetrievalFailed, RetrievalReady
from apps.features.models import FeatureView, OnDemandView, Retrieval
from apps.features.services.asking import KEPT
from apps.features.services.joining import Joined, Labels, as_of, seen_as
from apps.features.services.meaning import check_meet, kind_of_key
from apps.features.services.metering import begin_usage, size_of
from apps.features.services.on_demand.columns import check_alike, widened
from apps.features.services.wanting import (
    HIDDEN,
    check_columns,
    check_names_free,
    check_requests,
    derived_of_retrieval,
    hidden_columns,
)
from apps.tenants import services as tenants
from foundation import jobs, lake, ledger, states
from foundation.clock import now
from foundation.figures import number
from foundation.identity import Actor
from foundation.jobs import JobHandle
from foundation.lake.ports import Lake, TableAt
from foundation.words import kept as _

if TYPE_CHECKING:
    from foundation.jobs.models import Job


def retrieve(*, job: JobHandle, retrieval_id: UUID) -> None:
    """Join and keep the rows; OverQuota where they would not fit, and nothing is kept."""
    with job.scope():
        row = Retrieval.objects.filter(pk=retrieval_id).first()
        if row is None or row.state != BuildState.BUILDING:
            return
        views = [selectors.get_view(actor=job.actor, view_id=UUID(part["view"])) for part in row.views]
        sources = [selectors.view_table(view) for view in views]
        # Also what was removed since: whoever asked before has it.
        ids = [UUID(part["id"]) for part in row.on_demand]
        computed = [selectors.get_on_demand_view(actor=job.actor, on_demand_id=pk, removed=True) for pk in ids]
    tables = lake.for_tenant(row.tenant_id)
    try:
        joined, schema = _joined(job, row, tables, list(zip(views, sources, strict=True)), computed)
    finally:
        tables.drop(f"hl_{row.pk.hex}")
    size = size_of(tables, joined.at)
    with job.scope(), transaction.atomic():
        tenants.reserve_storage(tenant_id=job.tenant_id, project_id=row.project_id, more=size)
        ready = _finish(job.actor, row.pk, joined, columns_of(schema, row, views, computed), size)
        if ready is not None:
            begin_usage(ready, size, job.actor)
            if ready.upload_id is not None:
                dataset_services.let_lent_go(tenant_id=ready.tenant_id, upload_id=ready.upload_id)


def _joined(
    job: JobHandle,
    row: Retrieval,
    tables: Lake,
    views: Sequence[tuple[FeatureView, TableAt]],
    computed: Sequence[OnDemandView],
) -> tuple[Joined, dict[str, str]]:
    table = f"hr_{row.pk.hex}"
    tables.drop(table)
    base = _rows(job, row, tables, texts_among(tables, views, row.views))
    schema = {column.name: column.type for column in tables.schema(base)}
    check_columns(schema, row.event_time, row.views)
    check_names_free(schema, [name for part in (*row.views, *row.on_demand) for name in part["names"]])
    check_requests(schema, list(zip(computed, row.on_demand, strict=True)))
    for (view, at), part in zip(views, row.views, strict=True):
        check_meet(view, part["keys"], schema, {column.name: column.type for column in tables.schema(at)})
    job.progress(_("Joining as of each row's time"), 30)
    early, derived = row.ignores_known_since, derived_of_retrieval(row, {str(one.pk): one for one in computed})
    joined = as_of(
        tables,
        table,
        Labels(kept=tuple(schema), event_time=row.event_time),
        base,
        [(view, seen_as(n, view, row.views[n], early=early), at) for n, (view, at) in enumerate(views)],
        heard=job.raise_if_cancelled,
        proving=partial(job.progress, _("Proving that nothing leaked"), 70),
        through=(lambda rows: widened(rows, hidden_columns(row), derived)) if derived else None,
    )
    check_alike(derived)
    if derived:
        joined.proof["derived"] = [{**one.as_json(), "from": sorted(one.columns)} for one in derived]
    return joined, schema


def texts_among(
    tables: Lake, views: Sequence[tuple[FeatureView, TableAt]], parts: Sequence[Mapping[str, Any]]
) -> set[str]:
    """The columns of rows that hold texts of a view's keys: also where a CSV shows nothing but digits."""
    found = set()
    for (_view, at), part in zip(views, parts, strict=True):
        types = {column.name: column.type for column in tables.schema(at)}
        found |= {column for key, column in part["keys"].items() if kind_of_key(types[key]) == KeyType.TEXT}
    return found


def _rows(job: JobHandle, row: Retrieval, tables: Lake, texts: Collection[str]) -> TableAt:
    if row.base_version_id is not None:
        with job.scope():
            return datasets.table_at(datasets.get_version(actor=job.actor, version_id=row.base_version_id))
    table = f"hl_{row.pk.hex}"
    tables.drop(table)
    job.progress(_("Reading the rows that were sent"), 5)
    with job.scope():
        upload = dataset_services.lent(cast(UUID, row.upload_id))

    def told(rows: int) -> None:
        job.raise_if_cancelled()
        job.progress(_("Reading the rows that were sent: %(rows)s") % {"rows": number(rows)}, None)

    return dataset_services.write_lent(tables=tables, table=table, upload=upload, told=told, texts=texts)


def columns_of(
    schema: dict[str, str], row: Retrieval, views: Sequence[FeatureView], computed: Sequence[OnDemandView]
) -> list[dict[str, Any]]:
    """The columns of the rows that were sent, and the features behind them; those that prove are not told of."""
    keys = {column for part in row.views for column in part["keys"].values()}
    roles = {row.event_time: ColumnRole.EVENT_TIME} | dict.fromkeys(keys, ColumnRole.KEY)
    columns = [
        {"name": name, "type": kind, "role": roles.get(name, ColumnRole.LABEL).value, "source": "base"}
        for name, kind in schema.items()
    ]
    parts: list[tuple[FeatureView | OnDemandView, Any, str]]
    parts = [(view, part, "view") for view, part in zip(views, row.views, strict=True)]
    parts += [(view, part, "on_demand") for view, part in zip(computed, row.on_demand, strict=True)]
    for view, part, word in parts:
        of_view = {feature["name"]: feature["type"] for feature in view.features}
        for feature, name in zip(part["features"], part["names"], strict=True):
            if not name.startswith(HIDDEN):
                said = {"name": name, "type": of_view[feature], "role": ColumnRole.FEATURE.value, "source": str(view)}
                columns.append({**said, "feature": feature, word: str(view.pk)})
    return columns


def _finish(actor: Actor, pk: UUID, joined: Joined, columns: list[dict[str, Any]], size: int) -> Retrieval | None:
    """It is ready; None where it has ended meanwhile."""
    row = Retrieval.objects.select_for_update().filter(pk=pk, state=BuildState.BUILDING).first()
    if row is None:
        transaction.on_commit(partial(lake.for_tenant(actor.tenant_id).drop, f"hr_{pk.hex}"))
        return None
    row.lake_table, row.lake_snapshot, row.row_count = joined.at.table, joined.at.snapshot, joined.proof["rows"]
    row.leakage_proof, row.columns, row.kept_until, row.byte_count = joined.proof, columns, now() + KEPT, size
    states.move(row, BuildState.READY, NEXT)
    row.save()
    ready = RetrievalReady(
        retrieval_id=row.pk, row_count=joined.proof["rows"], leakage_violations=joined.proof["violations"]
    )
    ledger.record(ready, actor=actor, project_id=row.project_id, subject=("retrieval", row.pk))
    return row


@jobs.on_failure("features.retrieve")
def _retrieving_failed(job: Job, sentence: str, actor: Actor) -> None:
    _end(job, BuildState.FAILED, sentence, RetrievalFailed, actor)


@jobs.on_cancel("features.retrieve")
def _retrieving_cancelled(job: Job, sentence: str, actor: Actor) -> None:
    _end(job, BuildState.CANCELLED, sentence, RetrievalCancelled, actor)


def _end(
    job: Job, state: BuildState, sentence: str, event: type[RetrievalFailed | RetrievalCancelled], actor: Actor
) -> None:
    row = Retrieval.objects.select_for_update().filter(pk=UUID(job.arguments["retrieval_id"])).first()
    if row is None or row.state != BuildState.BUILDING:
        return
    states.move(row, state, NEXT)
    row.save(update_fields=["state", *row.say_why(sentence)])
    for prefix in ("hr_", "hl_"):
        lake.for_tenant(row.tenant_id).drop(f"{prefix}{row.pk.hex}")
    if row.upload_id is not None:
        dataset_services.let_lent_go(tenant_id=row.tenant_id, upload_id=row.upload_id)
    ledger.record(event(retrieval_id=row.pk), actor=actor, project_id=row.project_id, subject=("retrieval", row.pk))
