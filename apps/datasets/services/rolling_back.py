"""A way back: a new version with exactly the rows of an earlier one, as the newest."""

from __future__ import annotations

from uuid import uuid4

from django.db import transaction

from apps.datasets import policies, selectors
from apps.datasets.choices import NEXT, VersionState
from apps.datasets.events import VersionReviewed, VersionRolledBack
from apps.datasets.models import DatasetVersion
from apps.datasets.services.classification import inherit_classes
from apps.datasets.services.contracts import hold_where_broken
from apps.datasets.services.profiles import keep_profile
from apps.datasets.services.queueing import hold_dataset
from apps.datasets.services.review import publish
from foundation import ledger, states
from foundation.clock import now
from foundation.identity import Actor


@transaction.atomic
def roll_back(*, actor: Actor, to: DatasetVersion) -> DatasetVersion:
    """The earlier version's rows as the newest version: they stay where they lie in the lake, and nothing is copied.

    What people have said of the columns since then stands. Conflict where it is the newest already; where it breaks
    the dataset's contract it waits until those who build on it have seen it.
    """
    policies.check_can_add(actor, to.dataset)
    # The dataset's row first, as whoever publishes has it; then nobody destroys the version meanwhile.
    hold_dataset(to.dataset_id)
    old = DatasetVersion.objects.select_for_update(of=("self",)).select_related("dataset").get(pk=to.pk)
    policies.check_can_roll_back(old, selectors.latest_ready(old.dataset))
    at = selectors.table_at(old)
    version = DatasetVersion(
        pk=uuid4(),
        tenant_id=old.tenant_id,
        project_id=old.project_id,
        dataset=old.dataset,
        review=False,
        lake_table=at.table,
        lake_snapshot=at.snapshot,
        row_count=old.row_count,
        # Its bytes are those of the earlier version, and metered there.
        byte_count=0,
        digest=old.digest,
        schema=[{**column, "class": ""} for column in old.schema],
        source={"kind": "rollback", "of": str(old.pk)},
        created_by=actor.user,
    )
    inherit_classes(version)
    for column, before in zip(version.schema, old.schema, strict=True):
        column["class"] = column["class"] or before.get("class", "")
    states.move(version, VersionState.REVIEW, NEXT)
    version.save(force_insert=True)
    keep_profile(version, old.profile)
    back = VersionRolledBack(dataset_id=version.dataset_id, version_id=version.pk, of_id=old.pk)
    ledger.record(back, actor=actor, project_id=version.project_id, subject=("dataset_version", version.pk))
    if hold_where_broken(actor=actor, version=version, profile=old.profile) is None:
        return publish(actor=actor, version=version, now=now())
    waiting = VersionReviewed(
        dataset_id=version.dataset_id, version_id=version.pk, digest=version.digest, row_count=version.row_count or 0
    )
    ledger.record(waiting, actor=actor, project_id=version.project_id, subject=("dataset_version", version.pk))
    return version
