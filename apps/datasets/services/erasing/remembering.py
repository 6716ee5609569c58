"""Whoever was erased, as what comes in afterwards is held against it: events that waited in a broker meanwhile.

An erasure's row keeps a keyed digest of the value and never the value: that is enough to know it again, and to nobody
who lacks the key. What came until the erasure ended goes with it; what comes later is another matter, and stays.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Max, Q

from apps.datasets.choices import ErasureState
from apps.datasets.models import Erasure
from apps.datasets.services.erasing.sealing import subject_key

# One that has not ended yet.
_ALWAYS = 2**63 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class ErasedPeople:
    """By column, the keyed digest of each value and until when what came is left out, in µs; `until` is the last."""

    columns: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    until: int = 0
    stamp: tuple[object, ...] = ()
    key: bytes = field(default=b"", repr=False)

    def until_of(self, column: str, text: str) -> int:
        """Until when what came of this value is left out; 0 where nobody of this value was erased."""
        return self.columns[column].get(hmac.digest(self.key, text.encode("utf-8", "surrogatepass"), "sha256").hex(), 0)


NOBODY = ErasedPeople()


def erased_people(
    *, tenant_id: UUID, project_id: UUID, dataset_id: UUID, columns: Collection[str], known: ErasedPeople = NOBODY
) -> ErasedPeople:
    """Who was erased, or is being erased, from a dataset by one of these columns; `known` again where that is so still.

    In the tenant's scope.
    """
    here = Q(dataset=None) | Q(dataset=dataset_id)
    rows = Erasure.objects.filter(here, tenant_id=tenant_id, project_id=project_id, column__in=sorted(columns))
    rows = rows.filter(state__in=[ErasureState.ERASING, ErasureState.ERASED])
    # An erasure that failed is neither; one that goes on is begun again.
    going = ArrayAgg("pk", filter=Q(ended_at=None), ordering="pk", default=[])
    told = rows.aggregate(n=Count("pk"), begun=Max("created_at"), ended=Max("ended_at"), going=going)
    # By name: one may fail and another begin between two looks. What has ended stays ended.
    stamp = (told["n"], told["begun"], told["ended"], *told["going"], *sorted(columns))
    if not told["n"] or stamp == known.stamp:
        return known if stamp == known.stamp else NOBODY
    found: dict[str, dict[str, int]] = {}
    for column, digest, ended_at in rows.values_list("column", "subject_digest", "ended_at").iterator():
        until = _ALWAYS if ended_at is None else (ended_at - _EPOCH) // timedelta(microseconds=1)
        of_column = found.setdefault(column, {})
        of_column[digest] = max(until, of_column.get(digest, 0))
    until = max(one for of_column in found.values() for one in of_column.values())
    return ErasedPeople(found, until, stamp, subject_key(tenant_id))
