"""Rows in quarantine corrected cell by cell, or given up."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from apps.datasets import policies, selectors
from apps.datasets.events import QuarantineDiscarded, RowsMended
from apps.datasets.models import DatasetVersion, Quarantine, quarantine_table
from apps.datasets.services.quarantine.choosing import chosen, count_of, untold_to
from apps.datasets.services.quarantine.reading import columns_of
from foundation import lake, ledger
from foundation.errors import Invalid
from foundation.identity import Actor
from foundation.lake.ports import Column
from foundation.quoting import identifier


@transaction.atomic
def mend_rows(
    *,
    actor: Actor,
    quarantine: Quarantine,
    column: str,
    value: str | None,
    numbers: Sequence[int] | None = None,
    reason: str = "",
    everything: bool = False,
) -> int:
    """Set a column to a value (None: missing) in the chosen rows; how many there were.

    They stay in quarantine until they are replayed. Invalid where the value is none of the column's type.
    """
    quarantine = held(actor, quarantine)
    choice = chosen(numbers, reason, everything=everything, untold=untold_to(actor, quarantine))
    target = next((one for one in columns_of(quarantine) if one.name == column), None)
    if target is None:
        sentence = _("There is no column “%(name)s” in these rows.") % {"name": column}
        raise Invalid(sentence, fields={"column": [sentence]})
    _check_value(quarantine, target, value)
    count = count_of(quarantine, choice)
    where, params = choice.condition(quarantine)
    _record(
        RowsMended(
            dataset_id=quarantine.dataset_id,
            version_id=quarantine.version_id,
            quarantine_id=quarantine.pk,
            row_count=count,
        ),
        actor,
        quarantine,
    )
    mended = identifier(quarantine.marks[2])
    values = {
        quarantine.marks[2]: f"list_sort(list_distinct(list_append({mended}, ?)))",
        column: f"CAST(? AS {target.type})",
    }
    table = quarantine_table(quarantine.version)
    at = lake.for_tenant(quarantine.tenant_id).change_rows(table, values, where, [column, value, *params])
    quarantine.lake_snapshot = at.snapshot
    quarantine.save(update_fields=["lake_snapshot"])
    return count


@transaction.atomic
def discard_rows(
    *,
    actor: Actor,
    quarantine: Quarantine,
    reason_given: str,
    numbers: Sequence[int] | None = None,
    reason: str = "",
    everything: bool = False,
) -> int:
    """Give the chosen rows up for good, with a reason; how many there were."""
    quarantine = held(actor, quarantine)
    if not reason_given.strip():
        sentence = _("Say why these rows are given up.")
        raise Invalid(sentence, fields={"reason_given": [sentence]})
    choice = chosen(numbers, reason, everything=everything, untold=untold_to(actor, quarantine))
    count = count_of(quarantine, choice)
    where, params = choice.condition(quarantine)
    quarantine.row_count, quarantine.discarded_count = quarantine.row_count - count, quarantine.discarded_count + count
    said = QuarantineDiscarded(
        dataset_id=quarantine.dataset_id,
        version_id=quarantine.version_id,
        quarantine_id=quarantine.pk,
        row_count=count,
        reason_digest=hashlib.sha256(reason_given.strip().encode()).hexdigest(),
    )
    _record(said, actor, quarantine)
    quarantine.discards = [*quarantine.discards, {"rows": count, "reason": reason_given.strip()[:500]}]
    tables, table = lake.for_tenant(quarantine.tenant_id), quarantine_table(quarantine.version)
    tables.erase_rows(table, where, params)
    quarantine.lake_snapshot = tables.current(table).snapshot
    quarantine.save(update_fields=["row_count", "discarded_count", "discards", "lake_snapshot"])
    return count


def held(actor: Actor, quarantine: Quarantine) -> Quarantine:
    """The quarantine's row, held until the end of the transaction, where the actor may change what is in it.

    What is under legal hold stays as it is, and where it is; until the transaction ends nobody places a hold on it.
    """
    DatasetVersion.objects.select_for_update(no_key=True).get(pk=quarantine.version_id)
    rows = Quarantine.objects.select_for_update(of=("self",)).select_related("version__dataset", "replay__dataset")
    quarantine = rows.get(pk=quarantine.pk)
    policies.check_may_change_rows(actor, quarantine)
    policies.check_not_replaying(selectors.replay_under_way(quarantine))
    return quarantine


def _check_value(quarantine: Quarantine, column: Column, value: str | None) -> None:
    if value is None:
        return
    asked = f"SELECT TRY_CAST(? AS {column.type}) IS NULL AS wrong"
    found = lake.for_tenant(quarantine.tenant_id).query(asked, {}, [value]).read_all().to_pylist()[0]
    if found["wrong"]:
        sentence = _("This is no value of the column “%(column)s”, which holds %(type)s.")
        said = sentence % {"column": column.name, "type": column.type}
        raise Invalid(said, fields={"value": [said]})


def _record(event: ledger.Event, actor: Actor, quarantine: Quarantine) -> None:
    subject = ("dataset_version", quarantine.version_id)
    ledger.record(event, actor=actor, project_id=quarantine.project_id, subject=subject)
