"""The newest values of a view are put online: chunk by chunk, read back and counted, and gone on with after a death.

Counted twice: in the store, of what was written, and in the lake, of the keys that there are. Only where both say the
same it is done.

Whoever writes is written down in the store, and every write is refused there once somebody else is: an older
materialisation never writes over a newer one, and none into what was dropped. When all is there a marker says so; until
then, and after the store has lost it, an answer says that the view is not online.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from apps.features import selectors
from apps.features.choices import (
    MATERIALISATION_NEXT,
    OPEN_MATERIALISATIONS,
    BuildState,
    MaterialisationCause,
    MaterialisationKind,
    MaterialisationState,
)
from apps.features.errors import Forgotten, Overtaken
from apps.features.events import FeatureViewMaterialised, MaterialisationCancelled, MaterialisationFailed
from apps.features.models import FeatureView, Materialisation
from apps.features.services.metering import size_of
from apps.features.services.online.beginning import make, open_of, overtake
from apps.features.services.online.chunks import Work, write_chunks
from apps.features.services.online.keys import drop_online
from apps.features.services.online.markers import step_online, write_marker
from apps.features.services.online.rows import Rows, counted, distinct_keys, keys_since
from foundation import jobs, lake, ledger, states
from foundation.clock import now
from foundation.errors import Unavailable
from foundation.identity import Actor
from foundation.jobs import JobHandle
from foundation.lake.ports import TableAt
from foundation.words import kept as _

if TYPE_CHECKING:
    from foundation.jobs.models import Job

_NAME_BYTES = 16
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def materialise_view(*, job: JobHandle, view_id: UUID, materialisation_id: UUID | None = None) -> None:
    """Write the newest value of every key and what is known to follow it, then say done."""
    with job.scope(), transaction.atomic():
        view, row = _started(view_id, materialisation_id)
    if row is None:
        if view.state != BuildState.READY:
            drop_online(view)  # what an attempt before this one wrote while the view was destroyed
        return
    job.progress(_("Looking which values are the newest"), None)
    work = Work(job, view, row, *_rows(job, view, row))
    try:
        done = _write(work)
    finally:
        with job.scope():
            gone = not FeatureView.objects.filter(pk=view.pk, state=BuildState.READY).exists()
        if gone:
            # A person was erased from it meanwhile, and what was online by then was dropped already.
            drop_online(view)
    if done and not gone:
        _finish(work)


def _started(view_id: UUID, materialisation_id: UUID | None) -> tuple[FeatureView, Materialisation | None]:
    """The materialisation, running; None where it has ended, or there is nothing to put online."""
    rows = FeatureView.objects.select_for_update(of=("self",)).select_related("entity", "tenant")
    view = rows.get(pk=view_id)
    if materialisation_id is None:
        # Asked for by a release that knew of none.
        row = open_of(view) or (make(view, MaterialisationCause.ROWS, None) if view.state == BuildState.READY else None)
    else:
        row = Materialisation.objects.filter(pk=materialisation_id, state__in=OPEN_MATERIALISATIONS).first()
    if row is None:
        return view, None
    if view.state != BuildState.READY:
        overtake(row)
        return view, None
    if row.state == MaterialisationState.WAITING:
        states.move(row, MaterialisationState.RUNNING, MATERIALISATION_NEXT)
        row.started_at = row.as_of = now()
        row.save(update_fields=["state", "started_at", "as_of"])
    return view, row


def _rows(job: JobHandle, view: FeatureView, row: Materialisation) -> tuple[Rows, int | None]:
    """What is to be read; from the first chunk on where the engine parts keys otherwise than it did."""
    tables = lake.for_tenant(view.tenant_id)
    at = TableAt(view.lake_table, row.lake_snapshot or selectors.view_table(view).snapshot)
    as_of_us = _us(row.as_of or now())
    found = counted(tables, at, view, as_of_us)
    keys = None
    if row.since_snapshot is not None:
        keys = keys_since(tables, TableAt(at.table, row.since_snapshot), at, view)
        if keys is None:
            row.since_snapshot, row.kind = None, MaterialisationKind.FULL
    weight, packed = found.weight, size_of(tables, at)
    if keys is not None:
        weight = counted(tables, at, view, as_of_us, keys).weight
        packed = packed * weight.rows // max(1, found.weight.rows)
    chunks = weight.chunks(packed)
    if (row.chunks, row.parting) != (chunks, found.parting):
        row.chunks, row.parting = chunks, found.parting
        _restart(job, row)
    return Rows(tables, at, view, as_of_us, bool(found.later), chunks, weight.at_once, keys), found.newest


def _restart(job: JobHandle, row: Materialisation) -> None:
    row.chunks_done = row.keys_written = 0
    with job.scope():
        row.save(update_fields=["chunks", "chunks_done", "keys_written", "kind", "parting", "since_snapshot"])


def _write(work: Work) -> bool:
    """Whether all chunks are written; False where somebody else writes now."""
    try:
        for _attempt in range(2):
            try:
                _claim(work)
                if not write_chunks(work):
                    return False
                _complete(work)
                return True
            except Forgotten:
                with work.job.scope():
                    if not FeatureView.objects.filter(pk=work.view.pk, state=BuildState.READY).exists():
                        return False
                # What was written is gone with who wrote it.
                _restart(work.job, work.row)
        raise Unavailable(_("The online store lost values while they were written; the job tries again."))
    except Overtaken:
        with work.job.scope(), transaction.atomic():
            row = Materialisation.objects.select_for_update().get(pk=work.row.pk)
            if row.state in OPEN_MATERIALISATIONS:
                overtake(row)
        return False


def _claim(work: Work) -> None:
    if work.row.chunks_done:
        work.store.check(**work.fence)
    else:
        work.store.claim(**work.fence)


def _complete(work: Work) -> None:
    """Keys that the newest rows do not have any more go, and the marker is set; Forgotten where keys are not there."""
    row = work.row
    if row.keys_written != work.rows.keys_there():
        raise Forgotten
    if work.rows.keys is None and row.number > 1:
        work.job.progress(_("Removing keys that have no rows any more"), None)
        work.store.check(**work.fence)
        name_bytes = len(work.online.prefix) + _NAME_BYTES
        row.keys_removed = work.store.sweep(work.online.prefix, head=work.writer.number, name_bytes=name_bytes)
    with work.job.scope():
        # No step goes on while a materialisation is on its way, so this is the last one.
        fresh = FeatureView.objects.filter(pk=work.view.pk).first()
    step = 0 if fresh is None else step_online(fresh)
    told = {"number": row.number, "as_of_us": work.rows.as_of_us, "keys": row.keys_written, "step": step}
    write_marker(work.store, work.online, **told, fence=work.fence)


def _finish(work: Work) -> None:
    """What is online is written down, and told."""
    row, view, job = work.row, work.view, work.job
    full = work.rows.keys is None
    keys = row.keys_written if full else distinct_keys(work.rows.tables, work.rows.at, view)
    room = work.store.room_of(work.sample)
    with job.scope(), transaction.atomic():
        locked = FeatureView.objects.select_for_update().get(pk=view.pk)
        held = Materialisation.objects.select_for_update().get(pk=row.pk)
        if held.state != MaterialisationState.RUNNING or locked.state != BuildState.READY:
            return
        states.move(held, MaterialisationState.DONE, MATERIALISATION_NEXT)
        held.ended_at = locked.online_at = now()
        held.keys_removed = row.keys_removed
        held.watermark = locked.online_event_at = _moment(work.newest_us)
        locked.online_keys = keys
        if work.sample:
            locked.online_bytes = round(room / len(work.sample) * keys)
        held.save()
        locked.save(update_fields=["online_keys", "online_at", "online_bytes", "online_event_at"])
        if full:
            # What only adds to it passes by the minute, and is told by its rows.
            done = FeatureViewMaterialised(view_id=view.pk, key_count=keys, materialisation_id=row.pk)
            ledger.record(done, actor=job.actor, project_id=view.project_id, subject=("feature_view", view.pk))


@jobs.on_cancel("features.materialise_view")
def _materialisation_cancelled(job: Job, sentence: str, actor: Actor) -> None:
    view = _ended(job, MaterialisationState.CANCELLED, sentence)
    cancelled = MaterialisationCancelled(view_id=view.pk)
    ledger.record(cancelled, actor=actor, project_id=view.project_id, subject=("feature_view", view.pk))


@jobs.on_failure("features.materialise_view")
def _materialisation_failed(job: Job, sentence: str, actor: Actor) -> None:
    view = _ended(job, MaterialisationState.FAILED, sentence)
    row = Materialisation.objects.filter(view=view).order_by("-number").first()
    if row is not None:
        failed = MaterialisationFailed(view_id=view.pk, materialisation_id=row.pk)
        ledger.record(failed, actor=actor, project_id=view.project_id, subject=("feature_view", view.pk))


def _ended(job: Job, state: MaterialisationState, sentence: str) -> FeatureView:
    view = FeatureView.objects.select_for_update().get(pk=UUID(job.arguments["view_id"]))
    rows = Materialisation.objects.filter(view=view, state__in=OPEN_MATERIALISATIONS)
    if asked := job.arguments.get("materialisation_id"):
        rows = rows.filter(pk=UUID(asked))
    for row in rows:
        states.move(row, state, MATERIALISATION_NEXT)
        row.ended_at = now()
        row.save(update_fields=["state", "ended_at", *row.say_why(sentence)])
    return view


def _us(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)


def _moment(at_us: int | None) -> datetime | None:
    return None if at_us is None else _EPOCH + timedelta(microseconds=at_us)
