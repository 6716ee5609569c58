"""What an erasure met: noted when it is begun, dated when it is gone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from uuid import UUID

from apps.datasets.choices import LEFT_TO_PEOPLE, ErasedKind
from apps.datasets.models import ErasedThing, Erasure
from apps.datasets.services.erasing.reaching import Reached, Search, reaches, successor_id
from foundation.clock import now
from foundation.identity import Actor
from foundation.jobs import JobHandle

_TABLED = frozenset({ErasedKind.DATASET_VERSION, ErasedKind.FEATURE_VIEW, ErasedKind.TRAINING_SET})


def has_a_table(kind: ErasedKind) -> bool:
    """Whether the thing is destroyed as a whole."""
    return kind in _TABLED


def with_reached(erasure: Erasure, search: Search) -> Search:
    """The search, which also knows what an earlier step or attempt has begun: what is made of that is reached too."""
    rows = ErasedThing.objects.filter(erasure=erasure, kind__in=_TABLED)
    known = frozenset(rows.values_list("thing_id", flat=True))
    return replace(search, reached=search.reached | known)


def note_met(job: JobHandle, erasure: Erasure, found: Sequence[Reached]) -> None:
    """Note what is not destroyed as a whole, before the data is gone by which it is found and counted."""
    with job.scope():
        for one in found:
            if one.kind not in _TABLED:
                _note(erasure, one)


def begin(actor: Actor, erasure: Erasure, found: Sequence[Reached]) -> None:
    """Note what is to be destroyed; from now on nobody reads it."""
    for reach in reaches():
        ours = [one for one in found if one.kind in reach.kinds]
        for one in ours:
            made = successor_id(erasure.pk, one.id)
            _note(erasure, one, successor_id=made if reach.successor(made) else None)
        if ours:
            reach.begin(actor, [one.id for one in ours])


def begun(erasure: Erasure, kinds: Collection[ErasedKind]) -> list[UUID]:
    """What was begun and is not gone yet, by this attempt or one before it."""
    rows = ErasedThing.objects.filter(erasure=erasure, kind__in=set(kinds) & _TABLED, erased_at=None)
    return list(rows.order_by("thing_id").values_list("thing_id", flat=True))


def ended(erasure: Erasure, kinds: Collection[ErasedKind], ids: Collection[UUID]) -> None:
    rows = ErasedThing.objects.filter(erasure=erasure, kind__in=set(kinds), thing_id__in=ids, erased_at=None)
    rows.update(erased_at=now())


def note_wiped(job: JobHandle, erasure: Erasure, kinds: Collection[ErasedKind], wiped: Sequence[Reached]) -> None:
    """Note what was taken out of what stays; what an attempt before this one took is counted already."""
    with job.scope():
        for one in wiped:
            row = _note(erasure, one)
            if one.rows is not None:
                row.row_count = max(row.row_count or 0, one.rows)
            row.note = one.note
            row.save(update_fields=["row_count", "note"])
        rows = ErasedThing.objects.filter(erasure=erasure, kind__in=set(kinds) - _TABLED - LEFT_TO_PEOPLE)
        rows.filter(erased_at=None).update(erased_at=now())


def _note(erasure: Erasure, one: Reached, **more: UUID | None) -> ErasedThing:
    row, _made = ErasedThing.objects.get_or_create(
        tenant_id=erasure.tenant_id,
        erasure=erasure,
        kind=one.kind,
        thing_id=one.id,
        defaults={"name": one.name[:300], "digest": one.digest, "row_count": one.rows, **more},
    )
    return row
