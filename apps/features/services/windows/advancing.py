"""Views over a stream go on with it: what was committed there is taken in, and what it changes is computed anew.

Three things are true one after the other, and each is marked where it is kept: events are in the view's table of
events, what they change in its rows, and the values of their keys online. Whoever is killed between two of them is
followed by one who goes on there; of two at once one finds the mark moved, and leaves it to the other.
"""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.features import selectors
from apps.features.choices import BuildState
from apps.features.errors import Forgotten, Overtaken
from apps.features.models import FeatureView
from apps.features.services.drifting import forget_drift
from apps.features.services.joining import profile_of
from apps.features.services.online import (
    begin_materialisation,
    drop_online,
    note_step_online,
    number_online,
    write_keys,
)
from apps.features.services.windows.declaring import plan_of
from apps.features.services.windows.events import (
    ALIAS,
    Mark,
    events_table,
    mark_of,
    rows_table,
    source_table,
    staging_table,
)
from apps.features.services.windows.plans import Plan
from apps.features.services.windows.progress import Progress
from apps.features.services.windows.taking import (
    compute_added,
    compute_all,
    keys_sql,
    news,
    take_added,
    take_all,
)
from apps.tenants import services as tenants
from foundation import jobs, lake, live, storage
from foundation.clock import now
from foundation.identity import Actor
from foundation.jobs import JobHandle
from foundation.lake import Lake, MarkMoved, TableMissing
from foundation.lake.ports import TableAt

if TYPE_CHECKING:
    from foundation.jobs.models import Job

# So many small files of one step each are merged into one.
_COMPACT_EVERY, _FEWEST_FILES = 24, 12
_MOST_KEYS = 20_000
_GROWN = 1.25
_PAUSE = timedelta(seconds=5)


def advance_view(*, job: JobHandle, view_id: UUID) -> None:
    """Take in all that the stream has committed so far; ends where nothing waits, or somebody else is at it."""
    try:
        while _step(job, view_id):
            job.raise_if_cancelled()
    except MarkMoved:
        return  # whoever was faster goes on until nothing waits


def is_level(tables: Lake, view: FeatureView) -> bool:
    """Whether nothing that its source has lost is in its tables any more."""
    mark, _said = mark_of(tables, view)
    if mark is None or tables.mark_of(rows_table(view)) != str(mark.step):
        return False
    return _added(tables, mark, tables.current(mark.table)) is not None


def _step(job: JobHandle, view_id: UUID) -> bool:
    """One step, from wherever the one before it ended; whether there was anything to do."""
    view = _followed(job, view_id)
    if view is None:
        return False
    began, plan, tables = time.monotonic(), plan_of(view), lake.for_tenant(view.tenant_id)
    mark, moved = _take_in(job, tables, view, plan)
    if mark is None:
        return False
    at = _compute(job, tables, view, plan, mark)
    was = Progress.of(view)
    if not moved and was.step == mark.step and was.online_step == mark.step:
        return False
    told = was.on(tables, view, mark).but(online_step=was.online_step, profiled=was.profiled)
    told = _profiled(tables, view, mark, at, told).but(seconds=round(time.monotonic() - began, 3))
    if not _note(job, view, told, at):
        return False
    if was.online_step < mark.whole:
        # It may tell of rows that were taken away; once more where an earlier attempt ended before it came to this.
        forget_drift(view)
    _put_online(job, tables, view, plan, mark, told)
    if mark.step % _COMPACT_EVERY == 0:
        for table in (events_table(view), rows_table(view)):
            tables.compact(table, fewest=_FEWEST_FILES)
    return moved and _is_more(tables, view, mark)


def _is_more(tables: Lake, view: FeatureView, mark: Mark) -> bool:
    """Whether something came meanwhile: to the source, or by somebody else who then found the rows' mark moved.

    Of rows that were changed and not counted otherwise the next look tells, as it always does.
    """
    newest, _said = mark_of(tables, view)
    return newest != mark or tables.count(tables.current(mark.table)) != mark.rows


def _followed(job: JobHandle, view_id: UUID) -> FeatureView | None:
    with job.scope():
        # In the bin, where nobody wakes it, an erasure does.
        rows = FeatureView.objects.filter(selectors.KEPT, pk=view_id).select_related("entity")
        view = rows.first()
    return view if view is not None and view.follows_stream else None


def _take_in(job: JobHandle, tables: Lake, view: FeatureView, plan: Plan) -> tuple[Mark | None, bool]:
    """How far the source is taken in afterwards, and whether anything was; None where there is no source any more."""
    mark, said = mark_of(tables, view)
    try:
        until = tables.current(source_table(view))
    except TableMissing:
        return mark, False
    if mark is None:
        return take_all(tables, view, plan, until, None, ""), True
    added = _added(tables, mark, until)
    if added is None:
        job.progress(_("Rows of the stream were changed or taken away: taking all of them in anew"), None)
        return take_all(tables, view, plan, until, mark, said), True
    fresh = news(added)
    if fresh is None:
        return mark, False
    with job.scope():
        tenants.check_storage(tenant_id=view.tenant_id, project_id=view.project_id, more=1)
    job.progress(_("Taking in the events that came"), None)
    return take_added(tables, view, plan, fresh, until, mark, said), True


def _added(tables: Lake, mark: Mark, until: TableAt) -> Any:
    """What came since the mark; None where rows were changed or taken away, and all has to be read anew."""
    since = TableAt(mark.table, mark.snapshot)
    try:
        return tables.added_between(since, until) if tables.count(since) == mark.rows else None
    except TableMissing:
        return None  # nobody kept what was read last: it was long ago


def _compute(job: JobHandle, tables: Lake, view: FeatureView, plan: Plan, mark: Mark) -> TableAt:
    """The rows with all steps up to the mark in them."""
    said = tables.mark_of(rows_table(view))
    done = int(said) if said else 0
    if done == mark.step:
        return tables.current(rows_table(view))
    job.progress(_("Computing the rows that changed"), None)
    if done < mark.whole:
        # The events were begun anew since: what is gone from them has to go from here, too.
        return compute_all(tables, view, plan, mark)
    at = compute_added(tables, view, plan, mark, done)
    tables.drop(staging_table(view))
    return at


def _profiled(tables: Lake, view: FeatureView, mark: Mark, at: TableAt, told: Progress) -> Progress:
    """What is in the columns, looked at anew once they have grown by a quarter; at once where rows were taken away."""
    rows = tables.count(at)
    if mark.whole != mark.step and rows < told.profiled * _GROWN:
        return told
    storage.put(view.tenant_id, view.profile_key, json.dumps(profile_of(tables.inspect(at))).encode())
    return told.but(profiled=rows)


def _note(job: JobHandle, view: FeatureView, told: Progress, at: TableAt) -> bool:
    """Let readers see the new rows; whether the view is still there to be read."""
    rows = lake.for_tenant(view.tenant_id).count(at)
    with job.scope():
        kept = FeatureView.objects.filter(selectors.KEPT, pk=view.pk)
        # Of rows that go on changing no digest is kept: what is made of them has its own.
        changed = kept.update(lake_snapshot=at.snapshot, row_count=rows, digest="", follow=told.said())
        live.publish(view.tenant_id, f"feature_view:{view.pk}", "windows", told.said())
    return bool(changed)


def _put_online(job: JobHandle, tables: Lake, view: FeatureView, plan: Plan, mark: Mark, told: Progress) -> None:
    """The values of the keys that came since they were last put there; all of them where rows were taken away."""
    with job.scope():
        fresh = FeatureView.objects.select_related("entity").get(pk=view.pk)
    taken_away = told.online_step < mark.whole
    if fresh.state != BuildState.READY or (fresh.online_at is None and not taken_away):
        return  # the whole view is on its way there, or will be once it is restored
    if taken_away:
        # Also what is on its way, for it reads the rows that are gone: somebody may have been erased from them.
        _begin_anew(job, fresh)
    else:
        try:
            _write_changed(job, tables, fresh, plan, told, mark.step)
        except (Overtaken, Forgotten):
            return  # all values are on their way; what came since follows with the next step
    with job.scope():
        ready = FeatureView.objects.filter(pk=view.pk, state=BuildState.READY)
        newest = {"online_event_at": datetime.fromisoformat(told.newest_event)} if told.newest_event else {}
        gone = not ready.update(online_at=now(), follow=told.but(online_step=mark.step).said(), **newest)
    if gone:
        drop_online(fresh)


def _begin_anew(job: JobHandle, view: FeatureView) -> None:
    drop_online(view)
    with job.scope(), transaction.atomic():
        FeatureView.objects.filter(pk=view.pk).update(online_at=None)
        begin_materialisation(actor=job.actor, view=view)


def _write_changed(job: JobHandle, tables: Lake, view: FeatureView, plan: Plan, told: Progress, step: int) -> None:
    with job.scope():
        number = number_online(view)
    events = {ALIAS: tables.current(events_table(view))}
    for batch in tables.query(keys_sql(plan, told.online_step), events):
        for start in range(0, batch.num_rows, _MOST_KEYS):
            piece = batch.slice(start, _MOST_KEYS)
            keys = {name: piece.column(name).to_pylist() for name in view.entity.join_keys}
            write_keys(view, number, keys, as_of=now())
            job.raise_if_cancelled()
    note_step_online(view, number, step)


@jobs.on_admission("features.advance_view")
def _admission(job: Job, take: bool) -> str:
    """A stream commits every second: a few commits are taken in at once."""
    view = FeatureView.objects.filter(pk=UUID(job.arguments["view_id"])).first()
    if view is None or not view.follow:
        return ""
    since = now() - datetime.fromisoformat(Progress.of(view).advanced_at)
    # One from the future was written before the clock went back, and nobody waits for that.
    return _("It goes on a few seconds after its last step.") if timedelta() <= since < _PAUSE else ""


@jobs.on_cancel("features.advance_view")
@jobs.on_failure("features.advance_view")
def _advancing_ended(job: Job, sentence: str, actor: Actor) -> None:
    """The rows stay as they are, and the page says why; the next commit tries again."""
    view = FeatureView.objects.filter(pk=UUID(job.arguments["view_id"]), state=BuildState.READY).first()
    if view is not None and view.follow:
        FeatureView.objects.filter(pk=view.pk).update(follow=Progress.of(view).but(failure=sentence).said())
