"""The lowest room: versions that have the person's rows, and versions that SQL made of these."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from apps.datasets import selectors
from apps.datasets.choices import ErasedKind, VersionState
from apps.datasets.events import DerivationStarted, SuccessorStarted
from apps.datasets.models import DatasetVersion, Quarantine
from apps.datasets.services.completing import finish, inspect
from apps.datasets.services.destroying import begin_destroying, drop_files, end_destroying
from apps.datasets.services.erasing.quarantines import carry_quarantine
from apps.datasets.services.erasing.reaching import Reach, Reached, Search, as_text, successor_id
from apps.datasets.services.ingestion import fail_version
from apps.datasets.services.parting import part, tables_of
from foundation import lake, ledger
from foundation.errors import PortalError, Unavailable
from foundation.identity import Actor
from foundation.jobs import JobHandle
from foundation.lake.ports import TableAt

_OVER = frozenset({VersionState.FAILED, VersionState.CANCELLED, VersionState.DISCARDED})
_TIMEOUT_S, _MEMORY_MB = 600, 2048


class VersionReach(Reach):
    rank = 10
    kinds = frozenset({ErasedKind.DATASET_VERSION})

    def look(self, search: Search) -> list[Reached]:
        rows = selectors.visible_versions(actor=search.actor)
        rows = rows.filter(project_id=search.project_id, state__in=[VersionState.READY, VersionState.REVIEW])
        found: list[Reached] = []
        for version in rows.order_by("created_at"):
            named = search.dataset_id in {None, version.dataset_id}
            has_column = named and search.column in version.column_names
            count = search.count(selectors.table_at(version)) if has_column else 0
            if count or _inputs(version) & search.beyond(found).reached:
                found.append(_reached(version, count if has_column else None))
        return found

    def rebuild(self, job: JobHandle, erasure_id: UUID, search: Search, found: Sequence[Reached]) -> None:
        for one in found:
            _succeed(job, erasure_id, search, one)

    def successor(self, successor_id: UUID) -> str:
        made = DatasetVersion.objects.select_related("dataset").filter(pk=successor_id, state=VersionState.READY)
        return str(made[0]) if made else ""

    def begin(self, actor: Actor, ids: Collection[UUID]) -> None:
        rows = DatasetVersion.objects.select_for_update(of=("self",)).select_related("dataset").filter(pk__in=ids)
        for version in rows.order_by("pk"):
            if version.state != VersionState.DESTROYED:
                users = selectors.made_from(actor=actor, version=version)
                begin_destroying(actor=actor, version=version, made_from_it=len(users))

    def clear(self, job: JobHandle, ids: Collection[UUID]) -> None:
        with job.scope():
            versions = list(DatasetVersion.objects.filter(pk__in=ids))
        for version in versions:
            drop_files(version)
        part(job, [*ids, *self._over(ids)])

    def tables(self, ids: Collection[UUID]) -> list[str]:
        """Also those of versions that failed or were discarded there: nobody can look into them for the person."""
        return tables_of({*ids, *self._over(ids)})

    def _over(self, ids: Collection[UUID]) -> list[UUID]:
        projects = DatasetVersion.objects.filter(pk__in=ids).values("project_id")
        over = DatasetVersion.objects.filter(project_id__in=projects, state__in=_OVER)
        return list(over.values_list("pk", flat=True))

    def end(self, actor: Actor, ids: Collection[UUID]) -> None:
        # Their tables went with those of these versions.
        Quarantine.objects.filter(version_id__in=self._over(ids)).delete()
        for pk in ids:
            end_destroying(actor, pk)

    def unfinished(self, search: Search) -> list[str]:
        rows = selectors.visible_versions(actor=search.actor)
        rows = rows.filter(project_id=search.project_id, state=VersionState.INGESTING)
        return [str(version) for version in rows if (_inputs(version) | _base(version)) & search.reached]


def _base(version: DatasetVersion) -> set[UUID]:
    """The version whose rows it takes over."""
    return {UUID(pk)} if (pk := version.built_on) else set()


def _inputs(version: DatasetVersion) -> set[UUID]:
    """Of SQL alone: what was replayed holds the person's rows itself, or does not."""
    return {UUID(pk) for pk in version.source.get("inputs", {}).values()}


def _reached(version: DatasetVersion, rows: int | None) -> Reached:
    return Reached(
        kind=ErasedKind.DATASET_VERSION,
        id=version.pk,
        name=str(version),
        rows=rows,
        digest=version.digest,
        inputs=tuple(_inputs(version)),
        newest=selectors.latest_ready(version.dataset) == version,
    )


def _succeed(job: JobHandle, erasure_id: UUID, search: Search, one: Reached) -> None:
    """The version's successor: its SQL over the successors of its inputs, or the same rows without the person's.

    There is none where no row is left, or where nothing is left that it could be made of.
    """
    pk = successor_id(erasure_id, one.id)
    with job.scope():
        old = DatasetVersion.objects.select_related("dataset").get(pk=one.id)
        source = _source_of(erasure_id, search, old)
        if source is None or old.row_count == one.rows:
            return
        version, made = DatasetVersion.objects.get_or_create(
            pk=pk,
            defaults={
                "tenant_id": old.tenant_id,
                "project_id": old.project_id,
                "dataset_id": old.dataset_id,
                "review": False,
                "source": source,
                "created_by": job.actor.user,
            },
        )
        if made:
            _record_start(job.actor, version, old)
    if version.state != VersionState.INGESTING:
        return
    try:
        _fill(job, search, old, version)
    except Unavailable:
        raise
    except PortalError as refusal:
        with job.scope():
            fail_version(actor=job.actor, version_id=pk, sentence=refusal.sentence)


def _record_start(actor: Actor, version: DatasetVersion, old: DatasetVersion) -> None:
    inputs = tuple(_inputs(version))
    begun: ledger.Event = SuccessorStarted(dataset_id=old.dataset_id, version_id=version.pk, of_id=old.pk)
    if inputs:
        begun = DerivationStarted(dataset_id=old.dataset_id, version_id=version.pk, input_ids=inputs)
    ledger.record(begun, actor=actor, project_id=old.project_id, subject=("dataset_version", version.pk))


def _source_of(erasure_id: UUID, search: Search, old: DatasetVersion) -> dict[str, object] | None:
    """What the successor says of where it comes from; None where it cannot be made."""
    if not _inputs(old) & search.reached:
        return {"kind": "erasure", "of": str(old.pk)} if search.column in old.column_names else None
    inputs = {}
    for alias, given in old.source["inputs"].items():
        pk = UUID(given)
        pk = successor_id(erasure_id, pk) if pk in search.reached else pk
        if not DatasetVersion.objects.filter(pk=pk, state__in=[VersionState.READY, VersionState.REVIEW]).exists():
            return None
        inputs[alias] = str(pk)
    return {"kind": "sql", "sql": old.source["sql"], "inputs": inputs, "instead_of": str(old.pk)}


def _fill(job: JobHandle, search: Search, old: DatasetVersion, version: DatasetVersion) -> None:
    tables, table = lake.for_tenant(old.tenant_id), version.own_table
    tables.drop(table)
    if version.source["kind"] == "sql":
        rows = lake.sandbox.run(
            old.tenant_id, version.source["sql"], _sources(job, version), timeout_s=_TIMEOUT_S, memory_mb=_MEMORY_MB
        )
        at = tables.write(table, rows)
    else:
        theirs, params = search.condition(as_text(search.column))
        rest = f"SELECT * FROM a WHERE ({theirs}) IS DISTINCT FROM true"  # noqa: S608 - the name is quoted
        at = tables.write_query(table, rest, {"a": selectors.table_at(old)}, params)
        carry_quarantine(job, search, old, version)
    found = inspect(tables, at, job)
    # What people said of the columns stays true of the rest.
    found["schema"], found["byte_count"] = old.schema, old.byte_count
    with job.scope():
        finish(actor=job.actor, version_id=version.pk, at=at, found=found)


def _sources(job: JobHandle, version: DatasetVersion) -> dict[str, TableAt]:
    with job.scope():
        rows = DatasetVersion.objects.select_related("dataset").in_bulk(
            [UUID(v) for v in version.source["inputs"].values()]
        )
        return {alias: selectors.table_at(rows[UUID(pk)]) for alias, pk in version.source["inputs"].items()}
