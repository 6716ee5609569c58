"""Versions made of other versions by SQL, run in the sandbox; inspected and committed as an upload is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from apps.datasets import policies, selectors
from apps.datasets.choices import Mode, VersionState
from apps.datasets.errors import QueryRefused
from apps.datasets.events import DerivationStarted
from apps.datasets.models import Dataset, DatasetVersion
from apps.datasets.services.column_sources import ColumnSources, column_sources
from apps.datasets.services.completing import complete
from apps.datasets.services.growing import check_mode
from apps.tenants import services as tenants
from foundation import jobs, lake, ledger
from foundation.identity import Actor
from foundation.jobs import JobHandle
from foundation.lake.ports import Lake, TableAt
from foundation.words import kept as _

if TYPE_CHECKING:
    import pyarrow as pa

    from apps.projects.models import Project

_TIMEOUT_S, _MEMORY_MB = 600, 2048
_PREVIEW_ROWS, _PREVIEW_TIMEOUT_S = 50, 20


@transaction.atomic
def derive_version(
    *,
    actor: Actor,
    dataset: Dataset,
    sql: str,
    inputs: Mapping[str, UUID],
    review: bool = False,
    mode: str = Mode.FULL,
    key: Sequence[str] = (),
) -> DatasetVersion:
    """Begin a version out of SQL over other versions; what cannot run is refused before it is queued."""
    policies.check_can_add(actor, dataset)
    tenants.check_storage(tenant_id=actor.tenant_id, project_id=dataset.project_id, more=1, reader=actor)
    _check_inputs(inputs)
    check_mode(actor, dataset, mode, key)
    lake.sandbox.describe(actor.tenant_id, sql, _tables(actor, inputs))
    version = DatasetVersion.objects.create(
        tenant=actor.tenant,
        project_id=dataset.project_id,
        dataset=dataset,
        review=review,
        source={
            "kind": "sql",
            "sql": sql,
            "inputs": {alias: str(pk) for alias, pk in inputs.items()},
            "mode": mode,
            "key": list(key),
            **selectors.sight_of(actor, dataset),
        },
        created_by=actor.user,
    )
    started = DerivationStarted(dataset_id=dataset.pk, version_id=version.pk, input_ids=tuple(inputs.values()))
    ledger.record(started, actor=actor, project_id=dataset.project_id, subject=("dataset_version", version.pk))
    jobs.enqueue(
        "datasets.derive",
        actor=actor,
        project_id=dataset.project_id,
        subject=("dataset_version", version.pk),
        title=_("Deriving %(name)s") % {"name": dataset.name},
        version_id=str(version.pk),
    )
    return version


def run_derivation(*, job: JobHandle, version_id: UUID) -> None:
    """Run the SQL into a table of its own. Ringing twice is safe: a half-written table is dropped first."""
    with job.scope():
        version = DatasetVersion.objects.get(pk=version_id)
        inputs = {alias: UUID(pk) for alias, pk in version.source["inputs"].items()}
        sources = _tables(job.actor, inputs)
    if version.state != VersionState.INGESTING:
        return
    tables, table = lake.for_tenant(version.tenant_id), version.own_table
    tables.drop(table)
    job.progress(_("Running the SQL"), 10)
    rows = lake.sandbox.run(
        version.tenant_id, version.source["sql"], sources, timeout_s=_TIMEOUT_S, memory_mb=_MEMORY_MB
    )
    at = tables.write(table, rows)
    check_has_rows(tables, at)
    keep_column_sources(job, version, column_sources(tables=tables, sql=version.source["sql"], inputs=sources))
    # How much SQL makes of its inputs shows only now.
    complete(job=job, version=version, tables=tables, at=at, weigh=True)


def check_has_rows(tables: Lake, at: TableAt) -> None:
    """QueryRefused where the SQL came to nothing."""
    if not tables.count(at):
        raise QueryRefused(_("The SQL gives no rows. Look at its conditions and at the data it reads."))


def keep_column_sources(job: JobHandle, version: DatasetVersion, found: ColumnSources) -> None:
    """Where its columns come from stands with the version, and never changes again."""
    with job.scope():
        row = DatasetVersion.objects.select_for_update().get(pk=version.pk)
        row.source = {**row.source, "column_sources": found}
        row.save(update_fields=["source"])


def preview_query(*, actor: Actor, project: Project, sql: str, inputs: Mapping[str, UUID]) -> pa.Table:
    """The first rows that the SQL would give; nothing is kept."""
    policies.check_can_add(actor, project)
    _check_inputs(inputs)
    rows = lake.sandbox.run(
        actor.tenant_id, sql, _tables(actor, inputs), limit_rows=_PREVIEW_ROWS, timeout_s=_PREVIEW_TIMEOUT_S
    )
    return rows.read_all()


def _check_inputs(inputs: Mapping[str, UUID]) -> None:
    if not inputs:
        sentence = _(
            "The SQL reads no dataset that is here. Call its tables like datasets of this project, or name them among "
            "the inputs."
        )
        raise QueryRefused(sentence, fields={"inputs": [_("None.")]})


def _tables(actor: Actor, inputs: Mapping[str, UUID]) -> dict[str, TableAt]:
    versions = {alias: selectors.get_version(actor=actor, version_id=pk) for alias, pk in inputs.items()}
    policies.check_may_query(actor, versions.values())
    return {alias: selectors.table_at(version) for alias, version in versions.items()}
