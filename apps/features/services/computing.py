"""The rows of a feature view: its SQL run apart from everything else, its result kept in the lake."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from apps.datasets import selectors as datasets
from apps.datasets import services as dataset_services
from apps.features.choices import NEXT, BuildState
from apps.features.errors import DefinitionRefused
from apps.features.events import FeatureViewCancelled, FeatureViewFailed, FeatureViewReady
from apps.features.models import FeatureView
from apps.features.services import windows
from apps.features.services.hindsight.looking import look_at_view
from apps.features.services.joining import SHOWN, JoinedView, marked_sql, profile_of
from apps.features.services.metering import begin_usage, size_of
from apps.features.services.naming import column_list
from apps.features.services.online import begin_materialisation
from apps.features.services.unreal import made_missing
from apps.tenants import services as tenants
from foundation import jobs, lake, ledger, states, storage
from foundation.identity import Actor
from foundation.jobs import JobHandle
from foundation.lake.ports import Lake, TableAt
from foundation.quoting import identifier
from foundation.words import kept as _
from runtime.entity_keys import MOST_BYTES

if TYPE_CHECKING:
    from foundation.jobs.models import Job

_TIMEOUT_S, _MEMORY_MB = 600, 2048


def compute_view(*, job: JobHandle, view_id: UUID, in_quota: bool = True) -> None:
    """Run the SQL in the sandbox and keep the rows; then put the newest values online.

    OverQuota where the rows would not fit, and nothing is kept. What takes another's place, since a person was erased,
    is neither held up by a quota nor looked at anew for what its SQL brings from later: not `in_quota`.
    """
    with job.scope():
        view = FeatureView.objects.select_related("entity").get(pk=view_id)
        inputs = {
            alias: datasets.table_at(datasets.get_version(actor=job.actor, version_id=UUID(version_id)))
            for alias, version_id in view.inputs.items()
        }
    if view.state != BuildState.BUILDING:
        return
    tables = lake.for_tenant(view.tenant_id)
    made = windows.rows_from_nothing if view.windows else _rows_of_sql
    at, count, sources = made(job=job, tables=tables, view=view, inputs=inputs)
    if in_quota:
        job.progress(_("Looking whether a row knows what came later"), 70)
        limits = {"timeout_s": _TIMEOUT_S, "memory_mb": _MEMORY_MB}
        view.hindsight = look_at_view(tables, view, inputs, at, goes_on=job.raise_if_cancelled, **limits)
        job.raise_if_cancelled()
        # That may take longer than anybody keeps the snapshot of rows that are not ready.
        at = tables.current(at.table)
    found = tables.inspect(at)
    size = size_of(tables, at, windows.events_table(view))
    with job.scope(), transaction.atomic():
        if in_quota:
            project_id = view.project_id
            # Whoever sees the job reads why it failed: no figure of the whole tenant.
            tenants.reserve_storage(tenant_id=job.tenant_id, project_id=project_id, more=size)
        view.features = [{**feature, "from": sources.get(feature["name"])} for feature in view.features]
        named_by = (*view.entity.join_keys, view.event_time, view.created_column)
        view.named_by = {name: sources.get(name) for name in named_by if name}
        profile = profile_of(found)
        if _finish(actor=job.actor, view=view, at=at, count=count, digest=found.digest, profile=profile):
            begin_usage(view, size, job.actor)


def _rows_of_sql(
    *, job: JobHandle, tables: Lake, view: FeatureView, inputs: Mapping[str, TableAt]
) -> tuple[TableAt, int, windows.Sources]:
    """The rows of the view's SQL, how many there are, and where their columns come from.

    What is no number is missing; how many there were is told with the features.
    """
    table = windows.rows_table(view)
    tables.drop(table)
    job.progress(_("Running the SQL"), 10)
    rows = lake.sandbox.run(view.tenant_id, view.sql, inputs, timeout_s=_TIMEOUT_S, memory_mb=_MEMORY_MB)
    unreal: Counter[str] = Counter()
    at = tables.write(table, made_missing(rows, unreal, view.feature_names))
    job.raise_if_cancelled()
    job.progress(_("Checking keys and times"), 60)
    count = _checked_count(tables, at, view)
    at = _marked(tables, at, view)
    job.raise_if_cancelled()
    view.features = [
        {**feature, **({"unreal": unreal[feature["name"]]} if unreal[feature["name"]] else {})}
        for feature in view.features
    ]
    return at, count, dataset_services.column_sources(tables=tables, sql=view.sql, inputs=inputs)


def _checked_count(tables: Lake, at: TableAt, view: FeatureView) -> int:
    keys = view.entity.join_keys
    empty = " OR ".join(f"{identifier(name)} IS NULL" for name in (*keys, view.event_time))
    long = " OR ".join(f"strlen({identifier(name)}::VARCHAR) > {MOST_BYTES}" for name in keys)
    counts = f"count(*), count(*) FILTER (WHERE {empty}), count(*) FILTER (WHERE {long})"
    sql = f"SELECT {counts} FROM rows"  # noqa: S608 - names are quoted
    total, nameless, too_long = tables.query(sql, {"rows": at}).read_all().to_pylist()[0].values()
    if nameless:
        raise DefinitionRefused(
            _("%(count)d of %(total)d rows have no %(columns)s. Leave them out with a WHERE in the SQL.")
            % {"count": nameless, "total": total, "columns": column_list((*keys, view.event_time))}
        )
    if too_long:
        raise DefinitionRefused(
            _(
                "%(count)d of %(total)d rows have a key of more than %(most)d bytes in %(columns)s. Is it the "
                "right column?"
            )
            % {"count": too_long, "total": total, "most": MOST_BYTES, "columns": column_list(keys)}
        )
    if total == 0:
        raise DefinitionRefused(_("The SQL gives no rows. Look at its conditions and at the data it reads."))
    return total


def _marked(tables: Lake, at: TableAt, view: FeatureView) -> TableAt:
    """The rows with a mark of which of them a join sees, where it does not see all."""
    spec = JoinedView(
        "rows", {key: key for key in view.entity.join_keys}, view.event_time, view.created_column, (), None
    )
    sql = f"SELECT count(*) FROM ({marked_sql(spec, 'rows')}) WHERE NOT {SHOWN}"  # noqa: S608 - names are quoted
    view.marked = bool(tables.query(sql, {"rows": at}).read_all().column(0)[0].as_py())
    if not view.marked:
        return at
    spec = replace(spec, features=tuple(view.feature_names))
    return tables.write_query(at.table, marked_sql(spec, "rows"), {"rows": at}, mode="replace")


@transaction.atomic
def _finish(*, actor: Actor, view: FeatureView, at: TableAt, count: int, digest: str, profile: dict) -> bool:
    """It is ready, unless it has ended meanwhile."""
    found = {name: getattr(view, name) for name in ("features", "named_by", "marked", "follow", "hindsight")}
    view = FeatureView.objects.select_for_update().get(pk=view.pk)
    if view.state != BuildState.BUILDING:
        return False
    for name, value in found.items():
        setattr(view, name, value)
    view.lake_table, view.lake_snapshot, view.row_count = at.table, at.snapshot, count
    view.digest = digest
    storage.put(view.tenant_id, view.profile_key, json.dumps(profile).encode())
    states.move(view, BuildState.READY, NEXT)
    view.save()
    ready = FeatureViewReady(view_id=view.pk, row_count=count, digest=digest, lake_snapshot=at.snapshot)
    ledger.record(ready, actor=actor, project_id=view.project_id, subject=("feature_view", view.pk))
    begin_materialisation(actor=actor, view=view)
    return True


@jobs.on_failure("features.compute_view")
def _computing_failed(job: Job, sentence: str, actor: Actor) -> None:
    _end_unmade(job, BuildState.FAILED, sentence, FeatureViewFailed, actor)


@jobs.on_cancel("features.compute_view")
def _computing_cancelled(job: Job, sentence: str, actor: Actor) -> None:
    _end_unmade(job, BuildState.CANCELLED, sentence, FeatureViewCancelled, actor)


def _end_unmade(
    job: Job, state: BuildState, sentence: str, event: type[FeatureViewFailed | FeatureViewCancelled], actor: Actor
) -> None:
    end_unmade_view(UUID(job.arguments["view_id"]), state, sentence, event, actor)


def end_unmade_view(
    view_id: UUID,
    state: BuildState,
    sentence: str,
    event: type[FeatureViewFailed | FeatureViewCancelled],
    actor: Actor,
) -> None:
    """Leave nothing half-made; a view that has ended stays as it is."""
    view = FeatureView.objects.select_for_update().get(pk=view_id)
    if view.state != BuildState.BUILDING:
        return
    states.move(view, state, NEXT)
    view.save(update_fields=["state", *view.say_why(sentence)])
    for table in windows.tables_of(view.pk):
        lake.for_tenant(view.tenant_id).drop(table)
    ledger.record(event(view_id=view.pk), actor=actor, project_id=view.project_id, subject=("feature_view", view.pk))
