"""Rows that were set aside: the person's are taken out, and what the tables held before is destroyed."""

from __future__ import annotations

from apps.datasets import policies, selectors
from apps.datasets.choices import ErasedKind
from apps.datasets.models import DatasetVersion, Quarantine, quarantine_table
from apps.datasets.services.erasing.reaching import Reach, Reached, Search, as_text
from apps.datasets.services.quarantine import columns_of
from foundation import lake
from foundation.jobs import JobHandle
from foundation.lake import shredding


class QuarantineReach(Reach):
    rank = 15
    kinds = frozenset({ErasedKind.QUARANTINE})

    def look(self, search: Search) -> list[Reached]:
        found = []
        for quarantine in _with_column(search):
            # It goes with its version as a whole.
            if quarantine.version_id not in search.reached and (rows := search.count(quarantine.at)):
                found.append(_of(quarantine, rows))
        return found

    def wipe(self, job: JobHandle, search: Search) -> list[Reached]:
        with job.scope():
            quarantines = _with_column(search)
        tables, wiped = lake.for_tenant(job.tenant_id), []
        condition, params = search.condition(as_text(search.column))
        for quarantine in quarantines:
            table = quarantine_table(quarantine.version)
            if search.count(quarantine.at):
                with job.scope():
                    # A hold may have been placed since the erasure was asked for.
                    policies.check_not_held([quarantine.version])
            if rows := tables.erase_rows(table, condition, params):
                wiped.append(_of(quarantine, rows))
            # Also where an attempt before this one had erased them and was cut off.
            at = tables.current(table)
            left = tables.count(at)
            with job.scope():
                row = Quarantine.objects.select_for_update().get(pk=quarantine.pk)
                row.lake_snapshot, row.row_count = at.snapshot, left
                row.save(update_fields=["lake_snapshot", "row_count"])
        job.raise_if_cancelled()
        if quarantines:
            # The version's table held these rows too before they were set aside.
            versions = [quarantine.version for quarantine in quarantines]
            named = [name for one in versions for name in (quarantine_table(one), one.own_table)]
            shredding.shred_past(actor=job.actor, tables=named)
        return wiped

    def unfinished(self, search: Search) -> list[str]:
        rows = selectors.visible_quarantines(actor=search.actor, project_id=search.project_id)
        under_way = [selectors.replay_under_way(one) for one in rows.filter(version_id__in=search.reached)]
        return [str(version) for version in under_way if version is not None]


def carry_quarantine(job: JobHandle, search: Search, old: DatasetVersion, version: DatasetVersion) -> None:
    """The rows of others that were set aside of a version wait on beside its successor."""
    with job.scope():
        quarantine = Quarantine.objects.select_related("version").filter(version=old, row_count__gt=0).first()
    if quarantine is None or search.column not in {column.name for column in columns_of(quarantine)}:
        return
    tables = lake.for_tenant(job.tenant_id)
    theirs, params = search.condition(as_text(search.column))
    rest = f"SELECT * FROM q WHERE ({theirs}) IS DISTINCT FROM true"  # noqa: S608 - the name is quoted
    at = tables.write_query(quarantine_table(version), rest, {"q": quarantine.at}, params, mode="replace")
    if not (left := tables.count(at)):
        return
    said = {"lake_snapshot": at.snapshot, "first_count": left, "row_count": left, "marks": quarantine.marks}
    said |= {"project_id": old.project_id, "dataset_id": old.dataset_id, "suite_id": quarantine.suite_id}
    with job.scope():
        Quarantine.objects.update_or_create(tenant_id=old.tenant_id, version=version, defaults=said)


def _with_column(search: Search) -> list[Quarantine]:
    """What has rows and the column that the person is looked for by."""
    rows = selectors.visible_quarantines(actor=search.actor, project_id=search.project_id, dataset_id=search.dataset_id)
    found = rows.filter(row_count__gt=0).order_by("created_at")
    return [one for one in found if search.column in {column.name for column in columns_of(one)}]


def _of(quarantine: Quarantine, rows: int) -> Reached:
    return Reached(kind=ErasedKind.QUARANTINE, id=quarantine.pk, name=str(quarantine), rows=rows)
