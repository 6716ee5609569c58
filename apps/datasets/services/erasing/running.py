"""The work of an erasure, in steps that may each be done again: cut off at any point, the next attempt goes on."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from apps.datasets.choices import ErasureState
from apps.datasets.models import Erasure
from apps.datasets.services.erasing import ending, things
from apps.datasets.services.erasing.reaching import (
    Reached,
    Search,
    look_everywhere,
    reaches,
    unfinished_anywhere,
    with_successor,
)
from apps.datasets.services.erasing.sealing import open_value
from foundation.errors import Unavailable
from foundation.jobs import JobHandle
from foundation.lake import shredding
from foundation.storage import keys


def run_erasure(*, job: JobHandle, erasure_id: UUID) -> None:
    """Successors first, then nobody reads the old, then they are destroyed; once more until nobody has the person."""
    with job.scope():
        erasure = Erasure.objects.get(pk=erasure_id)
        if erasure.state != ErasureState.ERASING:
            return
        search = _search(job, erasure)
    # Once more, until nothing has the person: one may have come while the others were destroyed.
    while _erase_found(job, erasure, search):
        job.raise_if_cancelled()
    job.progress(_("Looking through inference logs"), 80)
    for reach in reaches():
        things.note_wiped(job, erasure, reach.kinds, reach.wipe(job, search))
    _check_nothing_is_made(job, erasure, search)
    with job.scope():
        ending.end(job.actor, erasure)
    keys.finish_destroying(tenant_id=job.tenant_id, purpose=erasure.key_purpose)


def _search(job: JobHandle, erasure: Erasure) -> Search:
    return Search(
        actor=job.actor,
        project_id=erasure.project_id,
        column=erasure.column,
        value=open_value(erasure),
        dataset_id=erasure.dataset_id,
    )


def _erase_found(job: JobHandle, erasure: Erasure, search: Search) -> bool:
    """Destroy what has the person now and what an earlier attempt has begun; whether there was any."""
    job.progress(_("Looking where the person is"), 5)
    with job.scope():
        search = things.with_reached(erasure, search)
        found = look_everywhere(search)
    things.note_met(job, erasure, found)
    mine = [one for one in found if things.has_a_table(one.kind)]
    _rebuild(job, erasure, search.beyond(found), mine)
    job.raise_if_cancelled()
    with job.scope():
        things.begin(job.actor, erasure, mine)
    return _destroy_begun(job, erasure)


def _rebuild(job: JobHandle, erasure: Erasure, search: Search, found: Sequence[Reached]) -> None:
    needed = with_successor(found)
    for place, reach in enumerate(reaches()):
        ours = [one for one in found if one.kind in reach.kinds and one.id in needed]
        if ours:
            job.progress(_("Writing %(count)s successors without the person") % {"count": len(ours)}, 10 + 10 * place)
            reach.rebuild(job, erasure.pk, search, ours)


def _destroy_begun(job: JobHandle, erasure: Erasure) -> bool:
    with job.scope():
        begun = {reach: ids for reach in reaches() if (ids := things.begun(erasure, reach.kinds))}
        tables = [table for reach, ids in begun.items() for table in reach.tables(ids)]
    if not begun:
        return False
    job.progress(_("Deleting files and values online"), 50)
    for reach, ids in begun.items():
        reach.clear(job, ids)
    job.raise_if_cancelled()
    job.progress(_("Destroying rows and their keys"), 60)
    shredding.shred(actor=job.actor, tables=tables)
    with job.scope():
        for reach, ids in begun.items():
            reach.end(job.actor, ids)
            things.ended(erasure, reach.kinds, ids)
    return True


def _check_nothing_is_made(job: JobHandle, erasure: Erasure, search: Search) -> None:
    """What read the rows before they were destroyed would bring them back: the work waits, and looks once more."""
    with job.scope():
        names = unfinished_anywhere(things.with_reached(erasure, search))
    if names:
        sentence = _("Still being made of the person's rows: %(names)s. The erasure waits and then looks once more.")
        raise Unavailable(sentence % {"names": ", ".join(names)})
