"""Versions of what came so far: made by hand, by the clock or by rows."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.datasets import services as datasets
from apps.streams import policies
from apps.streams.choices import Cut
from apps.streams.events import StreamCut
from apps.streams.models import Stream
from apps.streams.services.marking import progress_of
from apps.streams.services.tokens import tokenised_of
from foundation import clock, lake, ledger
from foundation.errors import Conflict, PortalError
from foundation.identity import Actor
from foundation.lake import TableAt
from foundation.tenancy import for_each, scope, why_locked
from foundation.tenancy.models import Tenant

if TYPE_CHECKING:
    from apps.datasets.models import DatasetVersion

log = logging.getLogger("sanad.streams")
_EVERY = {Cut.HOUR: timedelta(hours=1), Cut.DAY: timedelta(days=1)}
# What clocks of several machines differ by.
_SKEW = timedelta(minutes=1)


def cut_stream(*, actor: Actor, stream: Stream, now: datetime) -> DatasetVersion:
    """A version of the dataset's table as it is now; Conflict where no row came since the last one."""
    policies.check_can_manage(actor, stream)
    tables = lake.for_tenant(stream.tenant_id)
    if not tables.exists(stream.table):
        raise Conflict(_("No event has come yet: there is nothing to make a version of."))
    at = tables.current(stream.table)
    progress, _mark = progress_of(tables, stream.table, stream.writer)
    return _cut(actor, stream, at, progress.places, tables.count(at), now)


def cut_at_last(*, actor: Actor, stream: Stream) -> None:
    """What came since the last version becomes one, before its stream is gone: else nobody could read or erase it."""
    try:
        cut_stream(actor=actor, stream=stream, now=clock.now())
    except Conflict:
        return  # nothing came since


@transaction.atomic
def _cut(actor: Actor, stream: Stream, at: TableAt, places: object, rows: int, now: datetime) -> DatasetVersion:
    stream = Stream.everything.select_for_update(of=("self",)).select_related("dataset").get(pk=stream.pk)
    if not rows or (stream.cut_snapshot is not None and rows == stream.rows_at_cut):
        raise Conflict(_("No row has come since the last version."))
    source: dict[str, Any] = {"kind": "stream", "stream": str(stream.pk), "place": stream.name}
    source |= {"offsets": places, "rows": rows}
    if tokens := tokenised_of(stream.dataset_id):
        source["options"] = {"tokenise": tokens}
    version = datasets.cut_version(actor=actor, dataset=stream.dataset, at=at, source=source)
    stream.cut_snapshot, stream.cut_at, stream.rows_at_cut = at.snapshot, now, rows
    stream.save(update_fields=["cut_snapshot", "cut_at", "rows_at_cut"])
    cut = StreamCut(stream_id=stream.pk, version_id=version.pk)
    ledger.record(cut, actor=actor, project_id=stream.project_id, subject=("stream", stream.pk))
    return version


def cut_due_streams(*, now: datetime) -> int:
    """Cut every stream whose time has come, or that has grown by as many rows as was said; how many."""

    def turn(tenant: Tenant) -> int:
        if why_locked(tenant):
            return 0
        return sum(_cut_if_due(tenant, stream_id, now) for stream_id in _due(tenant, now))

    return for_each(turn)


def _due(tenant: Tenant, now: datetime) -> list[UUID]:
    with scope(tenant.pk):
        rows = Stream.objects.exclude(cut=Cut.HAND).filter(project__archived_at=None, rows__gt=0)
        return [stream.pk for stream in rows if _is_due(stream, now)]


def _is_due(stream: Stream, now: datetime) -> bool:
    if stream.cut == Cut.ROWS:
        return stream.rows - stream.rows_at_cut >= stream.cut_rows
    passed = now - (stream.cut_at or stream.created_at)
    # The last one is of a later hour than now: the clock was ahead then, and nobody is to wait until it is there again.
    return not -_SKEW <= passed < _EVERY[Cut(stream.cut)]


def _cut_if_due(tenant: Tenant, stream_id: UUID, now: datetime) -> int:
    system = Actor.system(tenant, "streams")
    with scope(tenant.pk):
        stream = Stream.objects.select_related("dataset", "project").filter(pk=stream_id).first()
        if stream is None:
            return 0  # somebody deleted it meanwhile
        try:
            cut_stream(actor=system, stream=stream, now=now)
        except Conflict:
            return 0  # nothing came since
        except PortalError as refusal:
            # One that may not grow now holds up none of the others; it is asked again with the next turn.
            log.warning("No version of the stream %s is cut: %s", stream_id, refusal)
            return 0
    return 1
