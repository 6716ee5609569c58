"""Of which covered columns a reader of masks can have made up the values, or knows them: of these a match would tell.

Rows with a covered key may be held against other rows by whoever sees both masked, since the answer is about nobody
whom they could name. That holds no longer where the cover is their own doing: rows that they brought, and columns that
they covered after having seen them in clear.
"""

from __future__ import annotations

from apps.datasets.models import DatasetVersion
from apps.datasets.selectors.masking import is_covered, may_see_clear
from foundation import access
from foundation.access import Permission
from foundation.identity import Actor


def beyond_guessing(actor: Actor, version: DatasetVersion) -> set[str]:
    """The covered columns of which no value can be the actor's guess; all of them for whoever sees them in clear."""
    covered = {column["name"]: column for column in version.schema if is_covered(column)}
    if not covered or may_see_clear(actor, version):
        return set(covered)
    if _brought_by_masked(actor, version):
        return set()
    return {name for name, column in covered.items() if not column.get("known")}


def _brought_by_masked(actor: Actor, version: DatasetVersion) -> bool:
    """Whether somebody who sees masks brought rows of the dataset so far, or might have: events have many senders."""
    so_far = DatasetVersion.objects.filter(dataset_id=version.dataset_id, created_at__lte=version.created_at)
    if so_far.filter(source__masked=True).exists():
        return True
    return access.can(actor, Permission.STREAM_PUSH, version) and so_far.filter(source__kind="stream").exists()
