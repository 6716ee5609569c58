"""Events that no row could be made of: read again after a change, or discarded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from apps.datasets import services as datasets
from apps.streams import policies
from apps.streams.adapters import decoder_of
from apps.streams.choices import MOST_EVENT_BYTES, Late
from apps.streams.events import QuarantineDiscarded, QuarantineReplayed
from apps.streams.models import Stream
from apps.streams.services.marking import replayer
from apps.streams.services.reading import erased_of
from apps.streams.services.setting_aside import made_whole, opened
from apps.streams.services.shaping import Shape, Shaped, fields_in, shape
from foundation import jobs, lake, ledger, live
from foundation.errors import Conflict
from foundation.identity import Actor
from foundation.jobs import JobHandle
from foundation.lake import Lake, LakeUnavailable, MarkMoved, TableAt
from foundation.tenancy import scope

REPLAY = "streams.replay"
_AT_ONCE, _WANTED_BYTES = 5_000, 16 << 20
# What one replay reads; a person may ask for another.
_MOST = 1_000_000


@dataclass(frozen=True)
class Read:
    """What came of some events: rows, and events of people who were erased."""

    rows: int
    left_out: int


@transaction.atomic
def replay_quarantine(*, actor: Actor, stream: Stream) -> None:
    """Read the quarantined events as the stream is told now, by a job; those that still do not fit stay."""
    policies.check_can_manage(actor, stream)
    subject = ("stream", stream.pk)
    if any(not job.is_final and job.name == REPLAY for job in jobs.jobs_of(actor=actor, subject=subject)):
        raise Conflict(_("The quarantined events are being read already."))
    jobs.enqueue(
        REPLAY,
        actor=actor,
        project_id=stream.project_id,
        subject=subject,
        title=_("Reading quarantined events of %(stream)s again") % {"stream": stream.name},
        stream_id=str(stream.pk),
    )


def run_replay(*, job: JobHandle, stream_id: UUID) -> None:
    """Ringing twice is safe: an event leaves the quarantine in the transaction in which its row comes into being."""
    with job.scope():
        stream = Stream.everything.get(pk=stream_id)
    tables = lake.for_tenant(stream.tenant_id)
    if not tables.exists(stream.quarantine):
        return
    made_whole(tables, stream.quarantine)
    at, rows, out, seen = tables.current(stream.quarantine), 0, 0, 0
    total = min(tables.count(at), _MOST)
    for places in _pieces(tables, at):
        job.raise_if_cancelled()
        job.progress(_("Reading events again"), 100 * seen / total)
        read = _again(tables, at, stream, places)
        rows, out, seen = rows + read.rows, out + read.left_out, seen + len(places)
    with job.scope():
        Stream.everything.filter(pk=stream_id).update(replayed=F("replayed") + rows)
        stream.refresh_from_db()
        _record(QuarantineReplayed(stream_id=stream_id, rows=rows, left_out=out), job.actor, stream)
        live.publish(stream.tenant_id, f"stream:{stream_id}", "stream_quarantine", stream.told())


@transaction.atomic
def discard_quarantine(*, actor: Actor, stream: Stream) -> int:
    """Drop what lies in quarantine; how many events that were."""
    policies.check_can_discard(actor, stream)
    datasets.check_datasets_not_held([stream.dataset_id])
    tables = lake.for_tenant(stream.tenant_id)
    if not tables.exists(stream.quarantine):
        return 0
    count = tables.count(tables.current(stream.quarantine))
    _record(QuarantineDiscarded(stream_id=stream.pk, events=count), actor, stream)
    transaction.on_commit(lambda: tables.drop(stream.quarantine))
    live.publish(stream.tenant_id, f"stream:{stream.pk}", "stream_quarantine", stream.told())
    return count


def _pieces(tables: Lake, at: TableAt) -> Iterator[list[str]]:
    """Places of events, so many at a time as are held; the largest kinds are no events and stay."""
    sql = f'SELECT place, size FROM a WHERE size <= {MOST_EVENT_BYTES} ORDER BY "at", place LIMIT {_MOST}'  # noqa: S608
    places: list[str] = []
    size = 0
    for batch in tables.query(sql, {"a": at}):
        for place, more in zip(batch.column("place").to_pylist(), batch.column("size").to_pylist(), strict=True):
            if places and (len(places) >= _AT_ONCE or size + more > _WANTED_BYTES):
                yield places
                places, size = [], 0
            places.append(place)
            size += more
    if places:
        yield places


def _again(tables: Lake, at: TableAt, stream: Stream, places: list[str]) -> Read:
    """Whoever reads them again knows that they are late."""
    # Read before it is looked whether they are there and who was erased: whoever brings them in meanwhile, and
    # whatever erasure begins, moves it.
    seen = tables.mark_of(stream.table, replayer(stream))
    with scope(stream.tenant_id):
        erased = erased_of(stream)
        tokens = datasets.token_key(stream.tenant_id) if stream.makes_tokens else None
    found = read_aside(tables, at, places)
    bodies = opened(stream.tenant_id, stream.pk, found)
    # Of what nobody can open any more the fields that fit are there still.
    known = {
        index: fields_in(row["fields"], stream.columns)
        for index, (row, body) in enumerate(zip(found, bodies, strict=True))
        if body is None and row["fields"]
    }
    decoder = decoder_of(stream.format, bytes(stream.event_schema), stream.message)
    wanted = Shape(stream.columns, "", stream.lateness, Late.KEEP)
    times = [row["ms"] for row in found]
    shaped = shape(decoder, bodies, times, wanted, None, tokens=tokens, erased=erased, known=known)
    still = {index for index, *_why in shaped.aside}
    went = [row["place"] for index, row in enumerate(found) if index not in still]
    if not went or not still_there(tables, stream, went):
        return Read(0, 0)
    bring_in(tables, stream, shaped, went, seen)
    return Read(shaped.rows.num_rows, len(shaped.left_out))


def bring_in(tables: Lake, stream: Stream, shaped: Shaped, places: list[str], seen: str) -> None:
    """In one transaction events become rows and lie in quarantine no more."""
    gone = {stream.quarantine: ("list_contains(?, place)", [places])}
    words: dict[str, Any] = {"writer": replayer(stream), "after": seen, "less": gone}
    try:
        tables.write(stream.table, shaped.rows, mode="append", mark=uuid4().hex, **words)
    except MarkMoved as moved:
        raise LakeUnavailable(moved.sentence) from moved


def read_aside(tables: Lake, at: TableAt, places: list[str]) -> list[dict[str, Any]]:
    """Events as they lie there: place, ms (when they came), body, key and fields."""
    sql = 'SELECT place, epoch_ms("at") AS ms, body, key, fields FROM a WHERE list_contains(?, place)'
    rows: list[dict[str, Any]] = tables.query(f'{sql} ORDER BY "at", place', {"a": at}, [places]).read_all().to_pylist()
    return rows


def still_there(tables: Lake, stream: Stream, places: list[str]) -> bool:
    """Whether an attempt before this one has not brought them in; nothing but a replay or a discard takes them out."""
    if not tables.exists(stream.quarantine):
        return False
    sql = "SELECT count(*) AS n FROM a WHERE list_contains(?, place)"
    left = tables.query(sql, {"a": tables.current(stream.quarantine)}, [places]).read_all().to_pylist()[0]["n"]
    return bool(left == len(places))


def _record(event: ledger.Event, actor: Actor, stream: Stream) -> None:
    ledger.record(event, actor=actor, project_id=stream.project_id, subject=("stream", stream.pk))


@jobs.on_failure(REPLAY)
@jobs.on_cancel(REPLAY)
def _replay_ended(job: Any, sentence: str, actor: Actor) -> None:
    """What was read is in the dataset, the rest in quarantine: nothing is left half done."""
