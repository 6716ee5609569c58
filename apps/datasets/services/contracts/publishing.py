"""What a dataset is now becomes what is promised of it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.datasets import policies, selectors
from apps.datasets.choices import VersionState
from apps.datasets.events import ContractPublished
from apps.datasets.models import Contract, Dataset, DatasetVersion
from apps.datasets.services.contracts.breaking import hold_where_broken
from apps.datasets.services.queueing import hold_dataset
from foundation import ledger
from foundation.errors import Conflict
from foundation.identity import Actor


@transaction.atomic
def publish_contract(*, actor: Actor, dataset: Dataset) -> Contract:
    """Promise the newest version's columns and classes, the expectations, the owner and the freshness as they are.

    Publishing what is promised already changes nothing. Conflict where there is no version yet.
    """
    policies.check_can_promise(actor, dataset)
    # The dataset's row is the queue in which contracts take their numbers.
    dataset = hold_dataset(dataset.pk)
    version = selectors.latest_ready(dataset)
    if version is None:
        raise Conflict(_("There is no version whose columns could be promised. Add one first."))
    suite, newest = selectors.newest_suite(dataset), selectors.newest_contract(dataset)
    schema, promise = _promised(version), dataset.freshness_promise
    said: dict[str, Any] = {
        "schema": schema,
        "suite": suite.digest if suite else "",
        "owner": str(dataset.owner_id or ""),
        "freshness_s": promise.total_seconds() if promise else None,
    }
    digest = hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    if newest is not None and newest.digest == digest:
        return newest
    contract = Contract.objects.create(
        tenant=actor.tenant,
        project_id=dataset.project_id,
        dataset=dataset,
        number=(newest.number if newest else 0) + 1,
        schema=schema,
        suite=suite,
        owner=dataset.owner,
        freshness_promise=promise,
        digest=digest,
        created_by=actor.user,
    )
    published = ContractPublished(dataset_id=dataset.pk, contract_id=contract.pk, number=contract.number, digest=digest)
    ledger.record(published, actor=actor, project_id=dataset.project_id, subject=("dataset", dataset.pk))
    _hold_what_waits(actor, dataset)
    return contract


def _hold_what_waits(actor: Actor, dataset: Dataset) -> None:
    """A version that was read before the promise was made breaks it as much as one that comes after."""
    rows = DatasetVersion.objects.select_for_update(of=("self",)).select_related("dataset", "tenant")
    for version in rows.filter(dataset=dataset, state=VersionState.REVIEW).order_by("pk"):
        hold_where_broken(actor=actor, version=version, profile=version.profile)


def _promised(version: DatasetVersion) -> list[dict[str, Any]]:
    """Columns with type, class, and whether values may be missing: they may where some are."""
    nulls = {column["name"]: column.get("nulls") or 0 for column in version.profile.get("columns", [])}
    return [
        {
            "name": column["name"],
            "type": column["type"],
            "nullable": bool(nulls.get(column["name"], 1)),
            "class": column.get("class", ""),
        }
        for column in version.schema
    ]
