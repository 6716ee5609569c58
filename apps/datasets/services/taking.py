"""A version of another dataset, also of another project, taken over whole as a version of one's own.

It is made as SQL makes versions: so its chain leads to what it came from, an erasure goes through it, and whoever
deletes the other project is told of it. Its rows never leave the lake.
"""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from apps.datasets import policies, selectors
from apps.datasets.choices import VersionState
from apps.datasets.models import Dataset, DatasetVersion
from apps.datasets.services.deriving import derive_version
from foundation.errors import Conflict
from foundation.identity import Actor
from foundation.words import kept as _


@transaction.atomic
def take_version(*, actor: Actor, dataset: Dataset, version_id: UUID, review: bool = True) -> DatasetVersion:
    """Begin a version with the rows of this very version; its columns' classes come with it."""
    given = selectors.get_version(actor=actor, version_id=version_id)
    policies.check_can_read(actor, given)
    if given.state != VersionState.READY:
        sentence = _("%(version)s is not committed; take over one that is.")
        raise Conflict(sentence % {"version": given})
    name = selectors.sql_name(given.dataset)
    # Of the name letters, digits and underscores alone are left.
    sql = f'SELECT * FROM "{name}"'  # noqa: S608
    version = derive_version(actor=actor, dataset=dataset, sql=sql, inputs={name: given.pk}, review=review)
    version.source = {**version.source, "whole": True}
    version.save(update_fields=["source"])
    return version
