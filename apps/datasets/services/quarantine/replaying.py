"""Rows out of quarantine once more: with the rows of the newest version they are the next one, where they pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction

from apps.datasets import policies, selectors
from apps.datasets.choices import VersionState
from apps.datasets.errors import RowsRefused
from apps.datasets.events import ReplayStarted
from apps.datasets.models import Dataset, DatasetVersion, Quarantine, quarantine_table
from apps.datasets.services.completing import complete
from apps.datasets.services.ingestion import cancel_version, fail_version
from apps.datasets.services.quarantine.choosing import Choice, chosen, count_of, untold_to
from apps.datasets.services.quarantine.mending import held
from foundation import jobs, lake, ledger
from foundation.errors import Conflict
from foundation.figures import number
from foundation.identity import Actor
from foundation.jobs import JobHandle
from foundation.lake.ports import Column, Lake, TableAt
from foundation.quoting import identifier
from foundation.words import kept as _
from foundation.words import kept_many as ngettext

if TYPE_CHECKING:
    from foundation.jobs.models import Job

REPLAY = "datasets.replay"


@transaction.atomic
def replay_rows(
    *,
    actor: Actor,
    quarantine: Quarantine,
    numbers: Sequence[int] | None = None,
    reason: str = "",
    everything: bool = False,
) -> DatasetVersion:
    """Begin a version of the newest one's rows and the chosen ones, which are checked anew.

    Those that fail again lie in the new version's quarantine. They leave this one when the new version is ready.
    """
    quarantine = held(actor, quarantine)
    policies.check_can_replay(actor, quarantine)
    policies.check_can_add(actor, quarantine)
    choice = chosen(numbers, reason, everything=everything, untold=untold_to(actor, quarantine))
    count = count_of(quarantine, choice)
    dataset = Dataset.objects.get(pk=quarantine.dataset_id)
    base = selectors.latest_ready(dataset)
    source = {"kind": "replay", "quarantine": str(quarantine.pk), "snapshot": quarantine.lake_snapshot}
    source |= {"rows_of": str(quarantine.version_id), "of": str(base.pk) if base else "", **choice.as_json()}
    source |= selectors.sight_of(actor, quarantine)
    version = DatasetVersion.objects.create(
        tenant=actor.tenant,
        project_id=quarantine.project_id,
        dataset=dataset,
        review=False,
        source=source,
        created_by=actor.user,
    )
    quarantine.replay = version
    quarantine.save(update_fields=["replay"])
    subject = ("dataset_version", version.pk)
    said = ReplayStarted(
        dataset_id=dataset.pk,
        version_id=version.pk,
        quarantine_id=quarantine.pk,
        base_id=base.pk if base else None,
        row_count=count,
    )
    ledger.record(said, actor=actor, project_id=version.project_id, subject=subject)
    jobs.enqueue(
        REPLAY,
        actor=actor,
        project_id=version.project_id,
        subject=subject,
        title=ngettext("Replaying %(rows)s row into %(dataset)s", "Replaying %(rows)s rows into %(dataset)s", count)
        % {"rows": number(count), "dataset": dataset.name},
        version_id=str(version.pk),
    )
    return version


def run_replay(*, job: JobHandle, version_id: UUID) -> None:
    """Ringing twice is safe: a half-written table is dropped first, and the rows stay where they are until the end."""
    with job.scope():
        version = DatasetVersion.objects.select_related("dataset").get(pk=version_id)
        if version.state != VersionState.INGESTING:
            return
        quarantine = Quarantine.objects.select_related("version").get(pk=version.source["quarantine"])
        base = _base(version)
    tables, table = lake.for_tenant(version.tenant_id), version.own_table
    rows = TableAt(quarantine_table(quarantine.version), version.source["snapshot"])
    tables.drop(table)
    job.progress(_("Taking rows out of quarantine"), 10)
    at = _chosen_rows(tables, table, quarantine, rows, version, base)
    merge = None if base is None else _merging(job, version, tables, table, base)
    complete(job=job, version=version, tables=tables, at=at, weigh=True, into=base, merge=merge)


def _base(version: DatasetVersion) -> TableAt | None:
    pk = version.source["of"]
    return selectors.table_at(DatasetVersion.objects.select_related("dataset").get(pk=pk)) if pk else None


def _chosen_rows(
    tables: Lake, table: str, quarantine: Quarantine, rows: TableAt, version: DatasetVersion, base: TableAt | None
) -> TableAt:
    """The rows as a table of the base's columns and types; Conflict where the dataset has others by now."""
    said: dict[str, Any] = version.source
    where, params = Choice(
        numbers=tuple(said["numbers"]), reason=said["reason"], untold=tuple(said.get("untold", ()))
    ).condition(quarantine)
    mine = tables.schema(rows)[len(quarantine.marks) :]
    wanted = tables.schema(base) if base else mine
    if {column.name for column in mine} != {column.name for column in wanted}:
        sentence = _(
            "The dataset has other columns now than when these rows were set aside. Download them, and add them to a "
            "file of the new columns."
        )
        raise Conflict(sentence)
    _check_readable(tables, rows, {one.name: one for one in mine}, wanted, where, params)
    told = ", ".join(
        f"CAST({identifier(column.name)} AS {column.type}) AS {identifier(column.name)}" for column in wanted
    )
    return tables.write_query(table, f"SELECT {told} FROM q WHERE {where}", {"q": rows}, params)


def _check_readable(
    tables: Lake, rows: TableAt, mine: dict[str, Column], wanted: Sequence[Column], where: str, params: list[Any]
) -> None:
    """RowsRefused where a value is none of the type that the column has in the newest version."""
    for column in wanted:
        if mine[column.name].type == column.type:
            continue
        value = identifier(column.name)
        wrong = f"{value} IS NOT NULL AND TRY_CAST({value} AS {column.type}) IS NULL"
        sql = f"SELECT count(*) AS n FROM q WHERE ({where}) AND {wrong}"
        if count := tables.query(sql, {"q": rows}, params).read_all().to_pylist()[0]["n"]:
            sentence = _(
                "In %(rows)s of these rows “%(column)s” cannot be read as %(type)s, which it is in the newest version."
            )
            raise RowsRefused(sentence % {"rows": number(count), "column": column.name, "type": column.type})


def _merging(job: JobHandle, version: DatasetVersion, tables: Lake, table: str, base: TableAt) -> Any:
    columns = ", ".join(identifier(column.name) for column in tables.schema(base))

    def merge(good: TableAt) -> TableAt:
        if not tables.count(good):
            raise RowsRefused(_("Not one of these rows is as expected yet. They stay in quarantine."))
        with job.scope():
            _check_still_newest(version)
        both = f"SELECT {columns} FROM a UNION ALL SELECT {columns} FROM b"
        return tables.write_query(table, both, {"a": base, "b": good}, mode="replace")

    return merge


def _check_still_newest(version: DatasetVersion) -> None:
    """What came meanwhile would be missing from a version that is made of the one before it."""
    newest = selectors.latest_ready(version.dataset)
    if newest is not None and str(newest.pk) != version.source["of"]:
        sentence = _("Another version came meanwhile: %(version)s. The rows stay in quarantine; replay them again.")
        raise Conflict(sentence % {"version": newest})


@jobs.on_failure(REPLAY)
def _replay_failed(job: Job, sentence: str, actor: Actor) -> None:
    fail_version(actor=actor, version_id=UUID(job.arguments["version_id"]), sentence=sentence)


@jobs.on_cancel(REPLAY)
def _replay_cancelled(job: Job, sentence: str, actor: Actor) -> None:
    cancel_version(actor=actor, version_id=UUID(job.arguments["version_id"]), sentence=sentence)
