"""The suites of a dataset: saved whole, one after the other, and tried before they are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.datasets import policies, selectors
from apps.datasets.choices import ExpectationKind
from apps.datasets.events import SuiteSaved
from apps.datasets.models import Dataset, DatasetVersion, Suite
from apps.datasets.services.queueing import hold_dataset
from apps.datasets.services.validation import measuring, user_sql
from apps.datasets.services.validation.expectations import Expectation, checked, read
from foundation import lake, ledger
from foundation.clock import now
from foundation.errors import Conflict, Invalid, NotFound
from foundation.identity import Actor
from foundation.lake.ports import TableAt

# A person waits for the answer, and a process of the portal with them.
_TRY_S = 30.0
_SQL_KINDS = {ExpectationKind.SQL_CONDITION, ExpectationKind.SQL_ROWS}
# What comes of them says how many rows there are, or how many lack a value.
_TELL_NO_VALUE = {ExpectationKind.NOT_NULL, ExpectationKind.ROW_COUNT}


@transaction.atomic
def save_suite(
    *, actor: Actor, dataset: Dataset, expectations: object, reason: str = "", after: int | None = None
) -> Suite:
    """What is expected from now on, as the next suite of the dataset; versions that are there stay as they are.

    With `after`, Conflict where somebody saved another one since that number (0: none) was read. Saving what is there
    already changes nothing.
    """
    policies.check_can_expect(actor, dataset)
    # The dataset's row is the queue in which suites take their numbers.
    hold_dataset(dataset.pk)
    newest = selectors.newest_suite(dataset)
    wanted = checked(expectations, kept=expectations_of(newest))
    if after is not None and after != (newest.number if newest else 0):
        sentence = _("Somebody saved other expectations since you began. Look at them, and make your change again.")
        raise Conflict(sentence, details={"number": newest.number if newest else 0})
    _check_others(actor, dataset, wanted)
    there = {one.id: _said(one) for one in expectations_of(newest)}
    _check_may_ask(actor, dataset, [one for one in wanted if _said(one) not in there.values()])
    _check_sql(actor, dataset, wanted)
    kept = [one.as_json() for one in wanted]
    digest = digest_of(kept)
    seen = _seen_clear(actor, dataset, wanted, newest)
    if newest is not None and newest.digest == digest and (newest.seen_clear is None or newest.seen_clear == seen):
        return newest
    suite = Suite.objects.create(
        tenant=actor.tenant,
        project_id=dataset.project_id,
        dataset=dataset,
        number=(newest.number if newest else 0) + 1,
        expectations=kept,
        digest=digest,
        seen_clear=seen,
        reason=reason.strip()[:1000],
        created_by=actor.user,
    )
    said = SuiteSaved(
        dataset_id=dataset.pk,
        suite_id=suite.pk,
        number=suite.number,
        digest=digest,
        expectation_count=len(kept),
    )
    ledger.record(said, actor=actor, project_id=dataset.project_id, subject=("dataset", dataset.pk))
    return suite


def restore_suite(*, actor: Actor, dataset: Dataset, number: int) -> Suite:
    """What was expected once, as the next suite."""
    old = selectors.visible_suites(actor=actor, dataset_id=dataset.pk).filter(number=number).first()
    if old is None:
        raise NotFound(_("This dataset has no expectations numbered %(number)d.") % {"number": number})
    reason = _("Restored from %(number)d.") % {"number": number}
    return save_suite(actor=actor, dataset=dataset, expectations=old.expectations, reason=reason)


def try_suite(*, actor: Actor, dataset: Dataset, expectations: object) -> tuple[DatasetVersion, measuring.Measured]:
    """What these expectations find in the newest ready version; nothing is kept."""
    policies.check_can_expect(actor, dataset)
    version = selectors.latest_ready(dataset)
    if version is None:
        raise Conflict(_("There is no version to try them on yet. Add one first."))
    wanted = checked(expectations)
    _check_others(actor, dataset, wanted)
    _check_may_ask(actor, dataset, wanted, answered=True)
    earlier = selectors.ready_before(version)
    asked = measuring.Asked(
        tenant_id=actor.tenant_id,
        tables=lake.for_tenant(actor.tenant_id),
        at=selectors.table_at(version),
        now=now(),
        others=others_of(actor, dataset.project_id, wanted),
        before=before_of(earlier),
        sql_s=_TRY_S,
    )
    return version, measuring.measure(wanted, asked)


@dataclass(frozen=True, kw_only=True)
class SuiteChange:
    """One difference between two suites: `change` is added, removed, changed or moved."""

    change: str
    expectation: Expectation


def changes_between(before: Suite | None, after: Suite) -> list[SuiteChange]:
    """What came, changed or went; where nothing did, what stands at another place."""
    old = {one.id: one for one in expectations_of(before)}
    new = {one.id: one for one in expectations_of(after)}
    found = [SuiteChange(change="added", expectation=one) for key, one in new.items() if key not in old]
    found += [SuiteChange(change="changed", expectation=one) for key, one in new.items() if old.get(key, one) != one]
    found += [SuiteChange(change="removed", expectation=one) for key, one in old.items() if key not in new]
    if found or list(old) == list(new):
        return found
    moved = [one for one, other in zip(new.values(), old.values(), strict=True) if one != other]
    return [SuiteChange(change="moved", expectation=one) for one in moved]


def expectations_of(suite: Suite | None) -> list[Expectation]:
    return read(suite.expectations) if suite else []


def before_of(version: DatasetVersion | None) -> measuring.Before | None:
    if version is None:
        return None
    return measuring.Before(row_count=version.row_count or 0, profile=version.profile)


def others_of(actor: Actor, project_id: UUID, suite: Sequence[Expectation]) -> dict[str, TableAt]:
    """Where the datasets lie now that foreign keys lead to, by expectation; without those the actor may not see."""
    wanted = {one.id: UUID(one.parameters["dataset"]) for one in suite if one.kind is ExpectationKind.FOREIGN_KEY}
    found: dict[UUID, TableAt] = {}
    rows = selectors.visible_datasets(actor=actor, project_id=project_id).filter(pk__in=set(wanted.values()))
    for dataset in rows:
        if version := selectors.latest_ready(dataset):
            found[dataset.pk] = selectors.table_at(version)
    return {key: found[pk] for key, pk in wanted.items() if pk in found}


def digest_of(kept: Any) -> str:
    """SHA-256 over canonical JSON."""
    return hashlib.sha256(json.dumps(kept, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _check_others(actor: Actor, dataset: Dataset, suite: Sequence[Expectation]) -> None:
    for one in suite:
        if one.kind is not ExpectationKind.FOREIGN_KEY:
            continue
        rows = selectors.visible_datasets(actor=actor, project_id=dataset.project_id)
        if not rows.filter(pk=UUID(one.parameters["dataset"])).exists():
            sentence = _("A foreign key leads to a dataset that is not in this project. Choose one of its datasets.")
            raise Invalid(sentence, fields={"expectations": [sentence]})
        if len(one.columns) != len(one.parameters["columns"]):
            sentence = _("A foreign key needs as many columns there as here.")
            raise Invalid(sentence, fields={"expectations": [sentence]})


def _check_may_ask(actor: Actor, dataset: Dataset, suite: Sequence[Expectation], *, answered: bool = False) -> None:
    """How many rows meet a pattern or lie in a range tells a masked value, asked often enough: sign by sign.

    `answered` at once: then also whether a guess that was put to the rows is there twice. Of what is saved no answer
    comes to whoever sees masks (`selectors.untold`).
    """
    version = selectors.latest_ready(dataset)
    seen = _seen(actor, version)
    whole = version is not None and len(seen) == len(version.column_names)
    for one in suite:
        if one.kind in _TELL_NO_VALUE or (one.kind is ExpectationKind.UNIQUE and not answered):
            continue
        unseen = not whole if one.kind in _SQL_KINDS else not seen.issuperset(one.columns)
        if unseen or _leads_to_masked(actor, dataset, one):
            policies.check_sees_clear(actor, dataset)


def _seen_clear(actor: Actor, dataset: Dataset, wanted: Sequence[Expectation], newest: Suite | None) -> list[str]:
    """Of these, those that stand for somebody who sees personal values in clear: the actor, or who saved them before.

    What a column will hold one day nobody knows when a rule is written; this is what is asked then.
    """
    if selectors.may_see_clear(actor, dataset):
        return [one.id for one in wanted]
    before = expectations_of(newest)
    confirmed = {one.id for one in before} if newest is None or newest.seen_clear is None else set(newest.seen_clear)
    kept = [_said(one) for one in before if one.id in confirmed]
    return [one.id for one in wanted if _said(one) in kept]


def _seen(actor: Actor, version: DatasetVersion | None) -> set[str]:
    """The columns that the actor sees in clear; of one that no version has yet nobody knows what it will hold."""
    return set(version.column_names).difference(selectors.masks(actor, version)) if version else set()


def _leads_to_masked(actor: Actor, dataset: Dataset, one: Expectation) -> bool:
    """Whether a foreign key leads to columns that the actor sees masked."""
    if one.kind is not ExpectationKind.FOREIGN_KEY:
        return False
    rows = selectors.visible_datasets(actor=actor, project_id=dataset.project_id)
    other = rows.filter(pk=UUID(one.parameters["dataset"])).first()
    return other is not None and not _seen(actor, selectors.latest_ready(other)).issuperset(one.parameters["columns"])


def _said(one: Expectation) -> tuple[object, ...]:
    return one.kind, one.columns, dict(one.parameters)


def _check_sql(actor: Actor, dataset: Dataset, suite: Sequence[Expectation]) -> None:
    """SQL that cannot run over the newest version is refused when it is saved, where there is a version."""
    version = selectors.latest_ready(dataset)
    for one in suite if version else ():
        if one.kind in _SQL_KINDS and version is not None:
            user_sql.check(one, actor.tenant_id, selectors.table_at(version))
