"""The work of a pass: tried on a sample, run in the sandbox over all rows or new ones, completed like any version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from apps.datasets import selectors
from apps.datasets.choices import PassState, TransformationMode, VersionState
from apps.datasets.models import DatasetVersion, TransformationPass
from apps.datasets.services.column_sources import column_sources
from apps.datasets.services.completing import complete
from apps.datasets.services.deriving import check_has_rows, keep_column_sources
from apps.datasets.services.ingestion import cancel_version, fail_version
from apps.datasets.services.passes import TRANSFORM
from foundation import jobs, lake
from foundation.jobs import JobHandle
from foundation.lake.ports import Lake, TableAt
from foundation.words import kept as _

if TYPE_CHECKING:
    from foundation.jobs.models import Job

_TIMEOUT_S, _MEMORY_MB = 600, 2048
_SAMPLE_ROWS, _SAMPLE_TIMEOUT_S, _SAMPLE_MEMORY_MB = 1000, 20, 512


@dataclass(frozen=True)
class _Work:
    version: DatasetVersion
    made: TransformationPass
    sources: dict[str, TableAt]
    # Where only new rows are read: the growing input as it was, and the output made of that.
    since: TableAt | None
    before: TableAt | None
    why_full: str


def run_pass(*, job: JobHandle, version_id: UUID) -> None:
    """Make the version's rows. Ringing twice is safe: what an attempt left half-written is dropped first."""
    with job.scope():
        version = DatasetVersion.objects.get(pk=version_id)
        if version.state != VersionState.INGESTING:
            return
        work = _work(version)
    tables = lake.for_tenant(version.tenant_id)
    job.progress(_("Trying the SQL on a sample"), 5)
    _try(version, work.sources)
    job.raise_if_cancelled()
    at = _write(job, tables, work)
    sources = column_sources(tables=tables, sql=version.source["sql"], inputs=work.sources)
    keep_column_sources(job, version, sources)
    check_has_rows(tables, at)
    complete(job=job, version=version, tables=tables, at=at, weigh=True)


def _try(version: DatasetVersion, sources: dict[str, TableAt]) -> None:
    """The SQL over the first rows of each input: what is wrong with it shows within a second, not after an hour."""
    rows = lake.sandbox.run(
        version.tenant_id,
        version.source["sql"],
        sources,
        sample_rows=_SAMPLE_ROWS,
        limit_rows=_SAMPLE_ROWS,
        timeout_s=_SAMPLE_TIMEOUT_S,
        memory_mb=_SAMPLE_MEMORY_MB,
    )
    rows.read_all()


def _write(job: JobHandle, tables: Lake, work: _Work) -> TableAt:
    version, table, staged = work.version, work.version.own_table, work.version.new_rows_table
    tables.drop(table)
    tables.drop(staged)
    sources, mode, why = dict(work.sources), TransformationMode.FULL, work.why_full
    growing = work.made.definition.growing if work.made.definition else ""
    if work.since is not None and work.before is not None:
        added = tables.added_between(work.since, work.sources[growing])
        if added is None:
            why = _("Rows of “%(input)s” were changed or taken away since then.") % {"input": growing}
        else:
            mode, sources[growing] = TransformationMode.INCREMENTAL, tables.write(staged, added)
    _tell(job, work.made, mode, why)
    job.progress(_("Running the SQL"), 10)
    rows = lake.sandbox.run(
        version.tenant_id, version.source["sql"], sources, timeout_s=_TIMEOUT_S, memory_mb=_MEMORY_MB
    )
    if mode == TransformationMode.INCREMENTAL and work.before is not None:
        # An attempt that was believed dead adds nothing to what this one has begun.
        mine = f"{job.id.hex}:{job.attempt}"
        tables.write(table, tables.read(work.before), mark=mine)
        at = tables.write(table, rows, mode="append", mark=f"{mine}:whole", after=mine)
    else:
        at = tables.write(table, rows)
    tables.drop(staged)
    return at


def _tell(job: JobHandle, made: TransformationPass, mode: TransformationMode, why: str) -> None:
    with job.scope():
        row = TransformationPass.objects.select_for_update().get(pk=made.pk)
        row.mode, row.note = mode, why if mode == TransformationMode.FULL else ""
        row.save(update_fields=["mode", "note"])


def _work(version: DatasetVersion) -> _Work:
    made = TransformationPass.objects.select_related("definition", "transformation").get(version=version)
    versions = _versions(made.inputs)
    sources = {alias: selectors.table_at(one) for alias, one in versions.items()}
    definition = made.definition
    if definition is None or definition.mode != TransformationMode.INCREMENTAL:
        return _Work(version, made, sources, None, None, "")
    last, why = _last(made)
    if last is None:
        return _Work(version, made, sources, None, None, why)
    known = _versions(last.inputs)
    since = selectors.table_at(known[definition.growing])
    return _Work(version, made, sources, since, selectors.table_at(last.version), "")


def _last(made: TransformationPass) -> tuple[Any, str]:
    """The pass whose output new rows can be added to; where there is none, why all rows are read."""
    rows = TransformationPass.objects.select_related("version").filter(
        definition=made.definition, state=PassState.SUCCEEDED, version__state=VersionState.READY
    )
    last = rows.order_by("-version__number").first()
    if last is None:
        return None, _("It is the first time with this definition.")
    newest = selectors.latest_ready(made.transformation.output)
    if newest is None or newest.pk != last.version_id:
        return None, _("Its dataset has a newer version that was not made here.")
    growing = made.definition.growing if made.definition else ""
    moved = [alias for alias, pk in made.inputs.items() if alias != growing and last.inputs.get(alias) != pk]
    if moved:
        return None, _("“%(input)s” is new, too, and every row may depend on it.") % {"input": moved[0]}
    before = DatasetVersion.objects.filter(pk=last.inputs[growing], state=VersionState.READY).first()
    if before is None:
        return None, _("What it last read of “%(input)s” is gone.") % {"input": growing}
    return last, ""


def _versions(inputs: dict[str, str]) -> dict[str, DatasetVersion]:
    rows = {str(row.pk): row for row in DatasetVersion.objects.filter(pk__in=inputs.values()).select_related("dataset")}
    return {alias: rows[pk] for alias, pk in inputs.items()}


@jobs.on_failure(TRANSFORM)
def _pass_failed(job: Job, sentence: str, actor: Any) -> None:
    fail_version(actor=actor, version_id=UUID(job.arguments["version_id"]), sentence=sentence)


@jobs.on_cancel(TRANSFORM)
def _pass_cancelled(job: Job, sentence: str, actor: Any) -> None:
    cancel_version(actor=actor, version_id=UUID(job.arguments["version_id"]), sentence=sentence)
